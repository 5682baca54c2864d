//! A server whose every answer a test writes itself, and that remembers what it was asked.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use crate::running::PATIENCE;

/// Gives the octets of an answer for the head of a request and its number; the connection is closed after it.
type Answer = dyn Fn(&str, usize) -> Vec<u8> + Send + Sync;

/// A server that lives as long as the test.
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Origin {
    /// Starts it.
    pub(crate) fn start(answer: impl Fn(&str, usize) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let address = listener.local_addr().expect("an address");
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer): (_, Arc<Answer>) = (Arc::clone(&heads), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || serve(stream, &seen, &*answer));
            }
        });
        Self { address, heads }
    }

    /// A server of these octets under this tag, with ranges, that answers each request after `pause`.
    pub(crate) fn of(content: Vec<u8>, etag: &'static str, pause: Duration) -> Self {
        Self::start(move |head, _| {
            thread::sleep(pause);
            ranged(head, &content, etag, "")
        })
    }

    /// Where it is.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The heads of all requests so far, in lower case.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("it is whole").clone()
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>, answer: &Answer) {
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let mut head = Vec::new();
    let mut octet = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut octet) {
            Ok(1) => head.push(octet[0]),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let number = {
        let mut seen = seen.lock().expect("it is whole");
        seen.push(head.clone());
        seen.len() - 1
    };
    // A client that has heard enough is no failure of the server.
    let _ = stream.write_all(&answer(&head, number));
}

/// The value of a field in a head of lower case.
pub(crate) fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// An honest answer: the first range asked for, or the whole; 412 and If-Range as they should be.
pub(crate) fn ranged(head: &str, content: &[u8], etag: &str, more: &str) -> Vec<u8> {
    let own = format!("etag: {etag}\r\n{more}connection: close\r\n");
    let own = if etag.is_empty() { format!("{more}connection: close\r\n") } else { own };
    if field(head, "if-match").is_some_and(|tag| tag != etag) {
        return format!("HTTP/1.1 412 Precondition Failed\r\n{own}content-length: 0\r\n\r\n").into_bytes();
    }
    if field(head, "if-none-match").is_some_and(|tag| tag == etag) {
        return format!("HTTP/1.1 304 Not Modified\r\n{own}\r\n").into_bytes();
    }
    let asked = field(head, "range").filter(|_| field(head, "if-range").is_none_or(|tag| tag == etag));
    let length = content.len();
    let span = asked.and_then(|asked| {
        let spec = asked.strip_prefix("bytes=")?.split(',').next()?;
        let (first, last) = spec.split_once('-')?;
        match first.parse::<usize>() {
            Ok(first) => Some((first, last.parse().unwrap_or(usize::MAX).min(length.checked_sub(1)?))),
            Err(_) => Some((length.saturating_sub(last.parse().ok()?), length.checked_sub(1)?)),
        }
    });
    match span {
        Some((first, last)) if first <= last => {
            let part = &content[first..=last];
            let head = format!(
                "HTTP/1.1 206 Partial Content\r\n{own}content-range: bytes {first}-{last}/{length}\r\ncontent-length: {}\r\n\r\n",
                part.len()
            );
            [head.as_bytes(), part].concat()
        }
        Some(_) => format!(
            "HTTP/1.1 416 Range Not Satisfiable\r\n{own}content-range: bytes */{length}\r\ncontent-length: 0\r\n\r\n"
        )
        .into_bytes(),
        None => {
            let head = format!("HTTP/1.1 200 OK\r\n{own}content-length: {length}\r\n\r\n");
            [head.as_bytes(), content].concat()
        }
    }
}

/// Octets of which no two places look alike.
pub(crate) fn octets(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..count).map(next).collect()
}
