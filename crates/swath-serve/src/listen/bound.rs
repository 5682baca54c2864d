//! Sockets that listen, their addresses, and why one could not be had.
//!
//! Comes in: an address, or a socket passed on by a service manager. Goes out: a listener to accept from.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use rustix::net::SocketFlags;
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::address::ListenAddress;
use super::unix::{self, SocketFile, UnixFault};
use crate::connection::{Peer, Scheme};
use crate::limits::Limits;

/// The connections the kernel keeps for us until they are accepted; it lowers this to its own `somaxconn`.
const BACKLOG: i32 = 4096;

/// A listening socket that another process opened and passed on, as systemd does.
#[derive(Debug)]
pub enum Inherited {
    /// A TCP socket.
    Tcp(TcpListener),
    /// A Unix socket; its file belongs to whoever made it, and is not removed.
    Unix(UnixListener),
}

/// Where a listener can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoundAddress {
    /// A TCP address, with the port it got.
    Tcp {
        /// What is spoken there.
        scheme: Scheme,
        /// The address.
        address: SocketAddr,
    },
    /// The path of a Unix socket; empty when it has none.
    Unix(PathBuf),
}

impl BoundAddress {
    /// Returns the TCP address, if it is one.
    pub fn socket_address(&self) -> Option<SocketAddr> {
        match self {
            BoundAddress::Tcp { address, .. } => Some(*address),
            BoundAddress::Unix(_) => None,
        }
    }
}

impl fmt::Display for BoundAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BoundAddress::Tcp { scheme, address } => write!(f, "{scheme}://{address}/"),
            BoundAddress::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Says why an address cannot be listened on, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another process has it.
    #[error(
        "cannot listen on {0}: another process does; stop it, or choose another port with --listen (port 0 takes a free one)"
    )]
    InUse(ListenAddress),
    /// This user may not have it.
    #[error(
        "cannot listen on {0}: permission denied; choose a port above 1023, or have the service manager pass the socket"
    )]
    Denied(ListenAddress),
    /// No interface of this machine has it.
    #[error(
        "cannot listen on {0}: no network interface here has that address; use 127.0.0.1 for this machine alone, or 0.0.0.0 for every network"
    )]
    NotHere(ListenAddress),
    /// HTTPS was asked for, and there is no certificate.
    #[error(
        "cannot listen on {0}: https needs a certificate; give --tls-cert and --tls-key, or --tls-self-signed"
    )]
    NeedsCertificate(ListenAddress),
    /// Something that is not a socket is in the way.
    #[error(
        "cannot listen on {0}: the path is taken by something that is not a socket, which is left alone; choose another path"
    )]
    NotASocket(ListenAddress),
    /// The system refused for another reason.
    #[error("cannot listen on {0}: {1}")]
    Io(ListenAddress, #[source] io::Error),
    /// A socket that was passed on cannot be used.
    #[error("cannot listen on a socket that was passed on: {0}")]
    Inherited(#[source] io::Error),
}

/// A socket that listens; connections are accepted from it without blocking.
#[derive(Debug)]
pub struct Listener {
    socket: ListeningSocket,
    address: BoundAddress,
    // Removes the file of a Unix socket, after the socket is closed.
    _file: Option<SocketFile>,
}

#[derive(Debug)]
enum ListeningSocket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// Listens on `asked`. `certificate` says whether TLS can be spoken; `mode` is for the file of a Unix
    /// socket.
    pub fn bind(
        asked: &ListenAddress,
        certificate: bool,
        mode: u32,
        limits: &Limits,
    ) -> Result<Listener, ListenError> {
        let fault = |error: io::Error| explain(asked, error);
        match asked {
            ListenAddress::Tcp { scheme, address } => {
                let scheme = scheme.unwrap_or(if certificate { Scheme::Https } else { Scheme::Http });
                if scheme == Scheme::Https && !certificate {
                    return Err(ListenError::NeedsCertificate(asked.clone()));
                }
                let socket = tcp(*address).map_err(fault)?;
                tune(&socket, limits).map_err(fault)?;
                let address = socket.local_addr().map_err(fault)?;
                let address = BoundAddress::Tcp { scheme, address };
                Ok(Listener { socket: ListeningSocket::Tcp(socket), address, _file: None })
            }
            ListenAddress::Unix(path) => {
                let (socket, file) = unix::listen(path, mode, BACKLOG).map_err(|error| match error {
                    UnixFault::InUse => ListenError::InUse(asked.clone()),
                    UnixFault::NotASocket => ListenError::NotASocket(asked.clone()),
                    UnixFault::Io(error) => explain(asked, error),
                })?;
                let address = BoundAddress::Unix(path.clone());
                Ok(Listener { socket: ListeningSocket::Unix(socket), address, _file: Some(file) })
            }
        }
    }

    /// Takes over a socket that another process opened; over TCP it speaks TLS if there is a `certificate`.
    pub fn inherit(
        inherited: Inherited,
        certificate: bool,
        limits: &Limits,
    ) -> Result<Listener, ListenError> {
        match inherited {
            Inherited::Tcp(socket) => {
                let scheme = if certificate { Scheme::Https } else { Scheme::Http };
                socket.set_nonblocking(true).map_err(ListenError::Inherited)?;
                tune(&socket, limits).map_err(ListenError::Inherited)?;
                let address = socket.local_addr().map_err(ListenError::Inherited)?;
                let address = BoundAddress::Tcp { scheme, address };
                Ok(Listener { socket: ListeningSocket::Tcp(socket), address, _file: None })
            }
            Inherited::Unix(socket) => {
                socket.set_nonblocking(true).map_err(ListenError::Inherited)?;
                let name = socket.local_addr().map_err(ListenError::Inherited)?;
                let address = BoundAddress::Unix(name.as_pathname().map(PathBuf::from).unwrap_or_default());
                Ok(Listener { socket: ListeningSocket::Unix(socket), address, _file: None })
            }
        }
    }

    /// Returns where it can be reached.
    pub fn address(&self) -> &BoundAddress {
        &self.address
    }

    /// Returns what is spoken on its connections.
    pub fn scheme(&self) -> Scheme {
        match self.address {
            BoundAddress::Tcp { scheme, .. } => scheme,
            BoundAddress::Unix(_) => Scheme::Http,
        }
    }

    /// Says whether a peer waits to be accepted.
    pub(crate) fn has_peer(&self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut fds = [PollFd::from_borrowed_fd(self.as_fd(), PollFlags::IN)];
        poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|ready| ready > 0)
    }

    /// Accepts one connection; `WouldBlock` when there is none.
    pub(crate) fn accept(&self) -> io::Result<(Accepted, Peer)> {
        // One call gives a socket that does not block and is not passed on to children.
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let (socket, from) = rustix::net::acceptfrom_with(self.as_fd(), flags)?;
        match self.socket {
            ListeningSocket::Unix(_) => Ok((Accepted::Unix(socket.into()), Peer::Unix)),
            ListeningSocket::Tcp(_) => {
                let from = from.and_then(|from| SocketAddr::try_from(from).ok());
                // A peer that is gone before its address was read.
                let from = from.ok_or(io::ErrorKind::ConnectionAborted)?;
                Ok((Accepted::Tcp(socket.into()), Peer::Tcp(from)))
            }
        }
    }
}

/// A connection as it was accepted, not yet known to any runtime.
#[derive(Debug)]
pub(crate) enum Accepted {
    Tcp(std::net::TcpStream),
    Unix(std::os::unix::net::UnixStream),
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.socket {
            ListeningSocket::Tcp(socket) => socket.as_fd(),
            ListeningSocket::Unix(socket) => socket.as_fd(),
        }
    }
}

impl AsRawFd for Listener {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

fn tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Connections of a server that ran here before may linger: they do not keep this one from starting.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(OwnedFd::from(socket).into())
}

/// Sets what accepted connections take over from their listener, so that accepting costs one call.
fn tune(socket: &TcpListener, limits: &Limits) -> io::Result<()> {
    unpace(socket)?;
    let socket = SockRef::from(socket);
    // Heads and the last segment of a range leave at once: every write is as large as it will get.
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_notsent_lowat(limits.unsent_bytes)
}

/// Keeps connections over loopback from being paced.
///
/// Where the system's congestion control is a kind of BBR, a timer lets each segment out at the rate that a link is believed to take. Over
/// loopback there is no link, and the interrupts cost half of the CPU of what is sent. Any other choice of the administrator's stays, and
/// so does this one for peers elsewhere. It has to be made before there is a connection: one that was paced stays so.
#[cfg(target_os = "linux")]
fn unpace(socket: &TcpListener) -> io::Result<()> {
    use rustix::net::sockopt::{set_tcp_congestion, tcp_congestion};

    if socket.local_addr()?.ip().is_loopback() && tcp_congestion(socket)?.starts_with("bbr") {
        // Every kernel has it and allows it to everyone; without it connections are slower, not wrong.
        let _ = set_tcp_congestion(socket, "reno");
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn unpace(_: &TcpListener) -> io::Result<()> {
    Ok(())
}

fn explain(asked: &ListenAddress, error: io::Error) -> ListenError {
    match error.kind() {
        io::ErrorKind::AddrInUse => ListenError::InUse(asked.clone()),
        io::ErrorKind::PermissionDenied => ListenError::Denied(asked.clone()),
        io::ErrorKind::AddrNotAvailable => ListenError::NotHere(asked.clone()),
        _ => ListenError::Io(asked.clone(), error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bind(text: &str, certificate: bool) -> Result<Listener, ListenError> {
        Listener::bind(&text.parse().unwrap(), certificate, 0o600, &Limits::default())
    }

    #[test]
    fn port_zero_is_known_before_serving() {
        let listener = bind("127.0.0.1:0", false).unwrap();
        assert_ne!(listener.address().socket_address().unwrap().port(), 0);
        assert!(listener.address().to_string().starts_with("http://127.0.0.1:"));
    }

    #[test]
    fn a_bare_address_speaks_tls_once_there_is_a_certificate() {
        assert_eq!(bind("127.0.0.1:0", true).unwrap().scheme(), Scheme::Https);
        assert_eq!(bind("http://127.0.0.1:0", true).unwrap().scheme(), Scheme::Http);
        assert!(matches!(bind("https://127.0.0.1:0", false), Err(ListenError::NeedsCertificate(_))));
    }

    #[test]
    fn a_taken_port_and_a_foreign_address_say_what_to_do() {
        let first = bind("127.0.0.1:0", false).unwrap();
        let taken = first.address().socket_address().unwrap().to_string();
        let error = bind(&taken, false).unwrap_err();
        assert!(matches!(error, ListenError::InUse(_)), "{error}");
        assert!(error.to_string().contains("choose another port"));
        assert!(matches!(bind("192.0.2.1:0", false), Err(ListenError::NotHere(_))));
    }

    #[test]
    fn connections_take_over_what_the_listener_was_set_to() {
        let listener = bind("127.0.0.1:0", false).unwrap();
        let _client = std::net::TcpStream::connect(listener.address().socket_address().unwrap()).unwrap();
        assert!(listener.has_peer());
        let (Accepted::Tcp(stream), Peer::Tcp(_)) = listener.accept().unwrap() else { panic!("not TCP") };
        let socket = SockRef::from(&stream);
        assert!(socket.tcp_nodelay().unwrap());
        assert_eq!(socket.tcp_notsent_lowat().unwrap(), Limits::default().unsent_bytes);
        assert!(socket.nonblocking().unwrap());
        assert!(!listener.has_peer());
        assert_eq!(listener.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn nothing_is_paced_over_loopback_and_other_choices_stay() {
        use rustix::net::sockopt::{set_tcp_congestion, tcp_congestion};

        for (address, chosen, expected) in
            [("127.0.0.1:0", "bbr", "reno"), ("0.0.0.0:0", "bbr", "bbr"), ("127.0.0.1:0", "cubic", "cubic")]
        {
            let socket = TcpListener::bind(address).unwrap();
            // Where the kernel has no such control, or does not allow it, it has not chosen it either.
            let asked = set_tcp_congestion(&socket, chosen);
            tune(&socket, &Limits::default()).unwrap();
            let found = tcp_congestion(&socket).unwrap();
            assert!(!found.starts_with("bbr") || address.starts_with("0."), "{address}: {found}");
            if asked.is_ok() {
                assert_eq!(found, expected, "{address}");
            }
        }
    }

    #[test]
    fn an_inherited_socket_is_served_where_it_listens() {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let listener = Listener::inherit(Inherited::Tcp(socket), false, &Limits::default()).unwrap();
        assert_eq!(listener.address().socket_address(), Some(address));
    }
}
