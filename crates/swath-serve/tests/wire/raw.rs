//! A client that sends octets as they are: in: octets; out: answers, read by their own length, and the end.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long an answer may take; the server is on this machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// Holds a connection and what has come over it.
pub(crate) struct Raw {
    stream: TcpStream,
    come: Vec<u8>,
}

/// Holds one answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    fields: Vec<(String, String)>,
    pub(crate) content: Vec<u8>,
}

impl Reply {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

impl Raw {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream, come: Vec::new() }
    }

    /// Sends octets; a server that has closed already does not take them, and the reply will say so.
    pub(crate) fn send(&mut self, octets: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(octets.as_ref());
    }

    /// Tells whether anything has come.
    pub(crate) fn has_answer(&mut self) -> bool {
        self.stream.set_nonblocking(true).unwrap();
        let has = self.stream.peek(&mut [0]).is_ok();
        self.stream.set_nonblocking(false).unwrap();
        has
    }

    /// Reads one answer; `None` when the connection has ended. After HEAD and with 304 there is no content to read.
    pub(crate) fn reply(&mut self, without_content: bool) -> Option<Reply> {
        let (mut reply, head) = loop {
            if let Some(parsed) = parse(&self.come) {
                break parsed;
            }
            if !self.more() {
                assert!(self.come.is_empty(), "ended within a head: {}", self.come.escape_ascii());
                return None;
            }
        };
        let length = reply.field("content-length").map_or(0, |value| value.parse().unwrap());
        let end = if without_content { head } else { head + length };
        while self.come.len() < end {
            assert!(self.more(), "ended within content");
        }
        reply.content = self.come[head..end].to_vec();
        self.come.drain(..end);
        Some(reply)
    }

    fn more(&mut self) -> bool {
        let mut octets = [0; 4096];
        match self.stream.read(&mut octets) {
            Ok(0) => false,
            Ok(count) => {
                self.come.extend_from_slice(&octets[..count]);
                true
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("neither an answer nor an end within {PATIENCE:?}: {error}"),
        }
    }
}

fn parse(octets: &[u8]) -> Option<(Reply, usize)> {
    let mut lines = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut lines);
    let httparse::Status::Complete(head) = response.parse(octets).unwrap() else { return None };
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let fields =
        response.headers.iter().map(|line| (line.name.to_ascii_lowercase(), text(line.value))).collect();
    Some((Reply { status: response.code.unwrap(), fields, content: Vec::new() }, head))
}
