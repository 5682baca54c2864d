//! A connection of raw octets: in: what is sent; out: everything that came until the end.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

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

/// Replaces what differs from one answer to the next by nature: the time, and boundaries that nobody can guess.
fn alike(octets: &[u8]) -> String {
    let text = octets.escape_ascii().to_string().replace("\\r\\n", "\n");
    let mut boundaries = Vec::new();
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            if let Some((_, boundary)) = line.split_once("multipart/byteranges; boundary=") {
                boundaries.push(boundary.to_owned());
            }
            if line.starts_with("date: ") || line.starts_with("Date: ") {
                "date: now".to_owned()
            } else {
                line.to_owned()
            }
        })
        .collect();
    let mut text = lines.join("\n");
    // The one thing that differs: where there is no content the engine writes its length last.
    text = text
        .split("\n\n")
        .map(|head| match head.split_once("\ncontent-length: 0\n") {
            Some((before, after)) => format!("{before}\n{after}\ncontent-length: 0"),
            None => head.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("\n\n");
    for boundary in boundaries {
        assert!(boundary.len() >= 16, "{boundary}");
        text = text.replace(&boundary, &"B".repeat(boundary.len()));
    }
    text
}
