//! Names resolved by the link that is going to be used: each network has its own view, and its own nearest server.
//!
//! In: a name. Out: addresses. The system's own resolver cannot be told which link to ask by; systemd-resolved can, over its
//! varlink socket (`io.systemd.Resolve`). Where that is not there, or knows nothing, the system's resolver is asked.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use std::{fs, io, vec};

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tower_service::Service;

/// Where systemd-resolved listens.
const SOCKET: &str = "/run/systemd/resolve/io.systemd.Resolve";
/// The longest reply that is read: hundreds of addresses.
const REPLY_MAX: u64 = 64 << 10;
/// The most addresses that are tried.
const ADDRESSES_MAX: usize = 64;
/// How long it may take before the system's resolver is asked: it asks several servers itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// Resolves names, by a link where one is named.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    link: Option<u32>,
    socket: PathBuf,
    system: GaiResolver,
}

#[derive(Serialize)]
struct Call<'a> {
    method: &'a str,
    parameters: Question<'a>,
}

#[derive(Serialize)]
struct Question<'a> {
    name: &'a str,
    ifindex: u32,
}

#[derive(Deserialize)]
struct Reply {
    error: Option<String>,
    #[serde(default)]
    parameters: Addresses,
}

#[derive(Default, Deserialize)]
struct Addresses {
    #[serde(default)]
    addresses: Vec<Address>,
}

#[derive(Deserialize)]
struct Address {
    address: Vec<u8>,
}

impl Names {
    pub(crate) fn new(interface: Option<&str>) -> Self {
        Self { link: interface.and_then(index), socket: PathBuf::from(SOCKET), system: GaiResolver::new() }
    }

    async fn resolve(mut self, name: Name) -> io::Result<vec::IntoIter<SocketAddr>> {
        if let Some(link) = self.link {
            let asked = ask(&self.socket, name.as_str(), link);
            if let Ok(Ok(addresses)) = tokio::time::timeout(PATIENCE, asked).await
                && !addresses.is_empty()
            {
                return Ok(addresses.into_iter());
            }
        }
        let found: Vec<_> = self.system.call(name).await?.take(ADDRESSES_MAX).collect();
        Ok(found.into_iter())
    }
}

impl Service<Name> for Names {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(self.clone().resolve(name))
    }
}

/// The number by which the kernel knows a link.
fn index(interface: &str) -> Option<u32> {
    let path = Path::new("/sys/class/net").join(interface).join("ifindex");
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

async fn ask(socket: &Path, name: &str, link: u32) -> io::Result<Vec<SocketAddr>> {
    let mut stream = UnixStream::connect(socket).await?;
    let call =
        Call { method: "io.systemd.Resolve.ResolveHostname", parameters: Question { name, ifindex: link } };
    let mut octets = serde_json::to_vec(&call)?;
    // Messages of varlink end with a zero octet.
    octets.push(0);
    stream.write_all(&octets).await?;
    let mut reply = Vec::new();
    let mut limited = stream.take(REPLY_MAX);
    while !reply.contains(&0) {
        if limited.read_buf(&mut reply).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(addresses(&reply))
}

/// Reads a reply; one that tells an error has no addresses.
fn addresses(reply: &[u8]) -> Vec<SocketAddr> {
    let end = reply.iter().position(|octet| *octet == 0).unwrap_or(reply.len());
    let Ok(reply) = serde_json::from_slice::<Reply>(reply.get(..end).unwrap_or_default()) else {
        return Vec::new();
    };
    if reply.error.is_some() {
        return Vec::new();
    }
    let addresses = reply.parameters.addresses.into_iter().filter_map(|one| {
        let octets = one.address.as_slice();
        let ip = <[u8; 4]>::try_from(octets).map(IpAddr::from).ok();
        ip.or_else(|| <[u8; 16]>::try_from(octets).map(IpAddr::from).ok())
    });
    // The port is that of the URL; who connects fills it in.
    addresses.take(ADDRESSES_MAX).map(|ip| SocketAddr::new(ip, 0)).collect()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, Write as _};
    use std::os::unix::net::UnixListener;
    use std::str::FromStr as _;

    use proptest::prelude::*;

    use super::*;

    fn resolve(names: Names, name: &str) -> io::Result<Vec<SocketAddr>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let name = Name::from_str(name).unwrap();
        runtime.block_on(names.resolve(name)).map(Iterator::collect)
    }

    #[test]
    fn the_link_is_named_in_the_question() {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("resolve");
        let listener = UnixListener::bind(&socket).unwrap();
        let asked = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut question = Vec::new();
            std::io::BufReader::new(stream.try_clone().unwrap()).read_until(0, &mut question).unwrap();
            let reply = r#"{"parameters":{"addresses":[{"ifindex":7,"family":2,"address":[192,0,2,1]},{"ifindex":7,"family":10,"address":[32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,1]},{"family":9,"address":[1]}],"name":"a.example"}}"#;
            stream.write_all(reply.as_bytes()).and_then(|()| stream.write_all(&[0])).unwrap();
            question
        });
        let names = Names { link: Some(7), socket, system: GaiResolver::new() };
        let found = resolve(names, "a.example").unwrap();
        assert_eq!(found, ["192.0.2.1:0".parse().unwrap(), "[2001:db8::1]:0".parse().unwrap()]);
        let question = String::from_utf8(asked.join().unwrap()).unwrap();
        assert_eq!(
            question,
            "{\"method\":\"io.systemd.Resolve.ResolveHostname\",\"parameters\":{\"name\":\"a.example\",\"ifindex\":7}}\0"
        );
    }

    #[test]
    fn without_an_answer_the_system_is_asked() {
        let names = Names { link: Some(7), socket: PathBuf::from("/nowhere"), system: GaiResolver::new() };
        assert!(resolve(names, "localhost").unwrap().iter().all(|address| address.ip().is_loopback()));
        assert_eq!(addresses(br#"{"error":"io.systemd.Resolve.NoNameServers","parameters":{}}"#), []);
    }

    #[test]
    fn the_kernel_numbers_links() {
        assert!(index("lo").is_some());
        assert_eq!(index("no-such-link"), None);
    }

    proptest! {
        #[test]
        fn anything_is_read_without_harm(reply in proptest::collection::vec(any::<u8>(), 0..200)) {
            addresses(&reply);
        }
    }
}
