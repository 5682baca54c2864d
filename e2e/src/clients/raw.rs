//! HTTP/1.1 by hand, for what no client library would send or do.
//!
//! In: octets to send, when to read and how much. Out: answers taken apart, and how the connection ended.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long a read may wait: well above every time-out that the tests set on the server.
const PATIENCE: Duration = Duration::from_secs(20);

/// An answer whose content has been read as far as Content-Length says.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The fields in their order, names in lower case.
    pub fields: Vec<(String, String)>,
    /// The content; empty for HEAD.
    pub content: Vec<u8>,
}

impl Answer {
    /// The value of the first field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// How a connection ended from the server's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In good order.
    Closed,
    /// By a reset.
    Reset,
}

/// A connection to the server under test.
pub struct Raw {
    stream: TcpStream,
    /// Octets that came with the ones that were asked for.
    ahead: Vec<u8>,
}

impl Raw {
    /// Connects.
    ///
    /// # Panics
    ///
    /// If the server does not accept.
    #[must_use]
    pub fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).unwrap_or_else(|why| panic!("{address}: {why}"))
    }

    /// Connects, or gives the reason why not.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn try_connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, ahead: Vec::new() })
    }

    /// Connects with a receive buffer of `octets` or little more, so that what is in flight stays small.
    ///
    /// # Panics
    ///
    /// If the server does not accept, or the buffer cannot be set.
    #[must_use]
    pub fn connect_with_buffer(address: SocketAddr, octets: usize) -> Self {
        use socket2::{Domain, Socket, Type};
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
        // Before connecting: the window that is announced first depends on it.
        socket.set_recv_buffer_size(octets).expect("a small buffer");
        socket.connect_timeout(&address.into(), PATIENCE).unwrap_or_else(|why| panic!("{address}: {why}"));
        let stream: TcpStream = socket.into();
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        Self { stream, ahead: Vec::new() }
    }

    /// Lets reads wait for `patience` at most.
    ///
    /// # Panics
    ///
    /// If the system refuses.
    #[must_use]
    pub fn patient_for(self, patience: Duration) -> Self {
        self.stream.set_read_timeout(Some(patience)).expect("a time-out");
        self
    }

    /// Sends octets as they are.
    ///
    /// # Errors
    ///
    /// What the system says, if the server has closed already.
    pub fn send(&mut self, octets: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(octets.as_ref())
    }

    /// Sends a GET of `target` with these field lines (each with its CRLF).
    ///
    /// # Panics
    ///
    /// If the server has closed already.
    pub fn get(&mut self, target: &str, fields: &str) {
        self.send(format!("GET {target} HTTP/1.1\r\nHost: swath.test\r\n{fields}\r\n"))
            .expect("the request is sent");
    }

    /// Reads one answer to a request that was not HEAD.
    ///
    /// # Errors
    ///
    /// As [`Raw::head`], or if the content ends early.
    pub fn answer(&mut self) -> io::Result<Answer> {
        let mut answer = self.head()?;
        let length = answer.field("content-length").and_then(|digits| digits.parse().ok()).unwrap_or(0);
        let length = if matches!(answer.status, 204 | 304) { 0 } else { length };
        answer.content = self.exactly(length)?;
        Ok(answer)
    }

    /// Reads one head, and none of the content.
    ///
    /// # Errors
    ///
    /// If the connection ends, is reset or stays silent before the head is there, or it is none.
    pub fn head(&mut self) -> io::Result<Answer> {
        let end = loop {
            if let Some(end) = self.ahead.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            self.more()?;
        };
        let head = String::from_utf8_lossy(&self.ahead[..end]).into_owned();
        self.ahead.drain(..end + 4);
        parse(&head).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, head))
    }

    /// Reads exactly `length` octets.
    ///
    /// # Errors
    ///
    /// If the connection ends, is reset or stays silent before.
    pub fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.ahead.len() < length {
            self.more()?;
        }
        Ok(self.ahead.drain(..length).collect())
    }

    /// Reads until the server ends the connection.
    ///
    /// # Panics
    ///
    /// If it does not, or the end is neither a close nor a reset.
    #[must_use]
    pub fn rest(mut self) -> (Vec<u8>, End) {
        let mut octets = std::mem::take(&mut self.ahead);
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return (octets, End::Closed),
                Ok(read) => octets.extend_from_slice(&buffer[..read]),
                Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
                Err(why) if why.kind() == io::ErrorKind::ConnectionReset => return (octets, End::Reset),
                Err(why) => panic!("neither closed nor reset after {} octets: {why}", octets.len()),
            }
        }
    }

    fn more(&mut self) -> io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.ahead.extend_from_slice(&buffer[..read]);
                Ok(())
            }
        }
    }
}

fn parse(head: &str) -> Option<Answer> {
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    let fields = lines.filter_map(|line| line.split_once(':'));
    let fields = fields.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    Some(Answer { status, fields, content: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn served(octets: &'static [u8]) -> Raw {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || listener.accept().expect("a peer").0.write_all(octets));
        Raw::connect(address)
    }

    #[test]
    fn two_answers_behind_each_other_are_told_apart() {
        let mut raw = served(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        let first = raw.answer().expect("an answer");
        assert_eq!((first.status, first.content.as_slice()), (200, &b"ab"[..]));
        assert_eq!(raw.answer().expect("an answer").status, 404);
        assert_eq!(raw.rest(), (Vec::new(), End::Closed));
    }

    #[test]
    fn content_that_ends_early_is_an_error() {
        let mut raw = served(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab");
        assert_eq!(raw.answer().expect_err("cut short").kind(), io::ErrorKind::UnexpectedEof);
    }
}
