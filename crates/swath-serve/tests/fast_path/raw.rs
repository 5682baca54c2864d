//! A connection of raw octets: in: what is sent; out: everything that came until the end.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use crate::mutations::fast_path_body::alike::alike;

/// How long an answer may take; the server is on this machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends octets, ends this side, and gives all that comes back: with Dates, boundaries and their like made the same.
pub(crate) fn converse(address: SocketAddr, octets: &[u8]) -> String {
    let mut stream = connect(address);
    // A server that has refused what came first does not take the rest.
    let _ = stream.write_all(octets);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answers = Vec::new();
    let ended = stream.read_to_end(&mut answers).err().map(|error| error.kind());
    let answers = alike(&answers);
    match ended {
        None => answers,
        Some(kind) => format!("{answers}[{kind:?}]"),
    }
}
