//! A client of raw octets.

use std::io::{self, Read, Write};
use std::net::TcpStream;

/// A client of raw octets.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
}

/// One response as it came.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) head: String,
    pub(crate) content: Vec<u8>,
}

impl Reply {
    pub(crate) fn status(&self) -> u16 {
        self.head[9..12].parse().unwrap()
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.content).unwrap()
    }
}

impl Client {
    pub(crate) fn send(&mut self, octets: impl AsRef<[u8]>) {
        self.stream.write_all(octets.as_ref()).unwrap();
    }

    pub(crate) fn get(&mut self, path: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n"));
    }

    /// Reads one response head.
    pub(crate) fn head(&mut self) -> String {
        let mut head = Vec::new();
        let mut octet = [0];
        while !head.ends_with(b"\r\n\r\n") {
            let count = self.stream.read(&mut octet).unwrap();
            assert_eq!(count, 1, "ended in a head: {:?}", String::from_utf8_lossy(&head));
            head.push(octet[0]);
        }
        String::from_utf8(head).unwrap()
    }

    /// Reads one response with its content.
    pub(crate) fn reply(&mut self) -> Reply {
        let mut reply = Reply { head: self.head(), content: Vec::new() };
        let length = reply.field("content-length").expect("a length").parse().unwrap();
        reply.content.resize(length, 0);
        self.stream.read_exact(&mut reply.content).unwrap();
        reply
    }

    /// Reads until the end, and fails on a reset.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).unwrap();
        rest
    }

    /// Reads until the connection ends, and says whether it was reset, and after how many octets.
    pub(crate) fn until_reset(&mut self) -> (bool, u64) {
        let mut buffer = vec![0; 65_536];
        let mut octets = 0;
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return (false, octets),
                Ok(count) => octets += count as u64,
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return (true, octets),
                Err(error) => panic!("{error}"),
            }
        }
    }
}
