//! Listening on a Unix socket: what may be removed to make room for it, and who may connect.
//!
//! Comes in: a path and a mode. Goes out: a listening socket, and a guard that removes its file.

use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use socket2::{Domain, SockAddr, Socket, Type};

/// The mode of a Unix socket's file: its owner and its group may connect, nobody else.
pub const UNIX_MODE: u32 = 0o660;

/// Removes the file of a Unix socket when dropped, if it is still the one that was made.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Another server may have taken the path over: its socket is not ours to remove.
        if identity(&self.path).is_ok_and(|found| found == self.identity) {
            // There is nobody left to tell, and a stale file is taken over at the next start.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Says why a Unix socket could not be listened on.
#[derive(Debug)]
pub(super) enum UnixFault {
    /// Something that is not a socket is in the way.
    NotASocket,
    /// Another process answers on it.
    InUse,
    /// The system refused.
    Io(io::Error),
}

impl From<io::Error> for UnixFault {
    fn from(error: io::Error) -> Self {
        UnixFault::Io(error)
    }
}

/// Listens at `path`, taking the place of a socket nobody listens on, and never of anything else.
pub(super) fn listen(path: &Path, mode: u32, backlog: i32) -> Result<(UnixListener, SocketFile), UnixFault> {
    remove_stale(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // The file takes the mode of the descriptor at the moment it is made, so it is never open to more than
    // its owner.
    rustix::fs::fchmod(&socket, Mode::from_raw_mode(0o600)).map_err(io::Error::from)?;
    socket.bind(&SockAddr::unix(path)?)?;
    let file = SocketFile { path: path.to_owned(), identity: identity(path)? };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    socket.listen(backlog)?;
    socket.set_nonblocking(true)?;
    Ok((UnixListener::from(std::os::fd::OwnedFd::from(socket)), file))
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    std::fs::symlink_metadata(path).map(|facts| (facts.dev(), facts.ino()))
}

/// Removes a socket that refuses connections: its server is gone.
fn remove_stale(path: &Path) -> Result<(), UnixFault> {
    let facts = match std::fs::symlink_metadata(path) {
        Ok(facts) => facts,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if !facts.file_type().is_socket() {
        return Err(UnixFault::NotASocket);
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(std::fs::remove_file(path)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // A full backlog answers "try again": somebody listens.
        Ok(_) => Err(UnixFault::InUse),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(UnixFault::InUse),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_has_its_mode_and_goes_when_dropped() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s");
        let (listener, file) = listen(&path, 0o660, 8).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o660);
        UnixStream::connect(&path).unwrap();
        drop((listener, file));
        assert!(!path.exists());
    }

    #[test]
    fn a_stale_socket_is_taken_over() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        listen(&path, 0o600, 8).unwrap();
    }

    #[test]
    fn a_live_socket_and_a_plain_file_are_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s");
        let live = UnixListener::bind(&path).unwrap();
        assert!(matches!(listen(&path, 0o600, 8), Err(UnixFault::InUse)));
        drop(live);
        let plain = directory.path().join("notes.txt");
        std::fs::write(&plain, "mine").unwrap();
        assert!(matches!(listen(&plain, 0o600, 8), Err(UnixFault::NotASocket)));
        assert_eq!(std::fs::read(&plain).unwrap(), b"mine");
    }

    #[test]
    fn a_path_taken_over_by_another_is_not_removed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s");
        let (first, file) = listen(&path, 0o600, 8).unwrap();
        drop(first);
        // Kept open under another name, so that its inode number is not given to the second socket.
        std::fs::rename(&path, directory.path().join("old")).unwrap();
        let second = UnixListener::bind(&path).unwrap();
        drop(file);
        assert!(path.exists());
        drop(second);
    }
}
