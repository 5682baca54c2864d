//! A small origin: a thread for each connection, content that tells its place, and a hook for what goes wrong.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a request looked like.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) fields: Vec<(String, String)>,
    /// Which connection it came over, counted from zero.
    pub(crate) connection: usize,
}

impl Asked {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// First and last position of the Range asked for.
    pub(crate) fn range(&self, length: usize) -> Option<(usize, usize)> {
        let (first, last) = self.field("range")?.strip_prefix("bytes=")?.split_once('-')?;
        let last = last.parse().unwrap_or(usize::MAX).min(length - 1);
        Some((first.parse().ok()?, last))
    }
}

type Answer = dyn Fn(&Asked, &mut TcpStream) -> bool + Send + Sync;

/// Listens until the process ends.
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    pub(crate) asked: Arc<Mutex<Vec<Asked>>>,
}

impl Origin {
    /// Answers each request by this function; it returns whether the connection stays open.
    pub(crate) fn new(answer: impl Fn(&Asked, &mut TcpStream) -> bool + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (log, answer): (_, Arc<Answer>) = (Arc::clone(&asked), Arc::new(answer));
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().enumerate() {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                thread::spawn(move || converse(stream.unwrap(), connection, &log, &*answer));
            }
        });
        Self { address, asked }
    }

    /// Serves this content as an honest server does.
    pub(crate) fn honest(content: Vec<u8>) -> Self {
        Self::new(move |asked, stream| honest(asked, stream, &content, "\"v1\""))
    }

    pub(crate) fn url(&self, path: &str) -> url::Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn converse(mut stream: TcpStream, connection: usize, log: &Mutex<Vec<Asked>>, answer: &Answer) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(asked) = read(&mut reader, connection) {
        log.lock().unwrap().push(asked.clone());
        if !answer(&asked, &mut stream) {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>, connection: usize) -> Option<Asked> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let path = lines.first()?.split(' ').nth(1)?.to_owned();
    let fields = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Some(Asked { path, fields, connection })
}

/// Content that differs at every place.
pub(crate) fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// The head of an honest answer, and which octets follow it.
pub(crate) fn head(asked: &Asked, content: &[u8], tag: &str) -> (String, std::ops::Range<usize>) {
    let length = content.len();
    let unchanged = asked.field("if-range").is_none_or(|own| own == tag);
    if asked.field("if-match").is_some_and(|own| own != tag) {
        return ("HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n".to_owned(), 0..0);
    }
    match asked.range(length).filter(|_| unchanged) {
        Some((first, last)) if first <= last => (
            format!(
                "HTTP/1.1 206 Partial Content\r\nETag: {tag}\r\nContent-Range: bytes {first}-{last}/{length}\r\nContent-Length: {}\r\n\r\n",
                last - first + 1
            ),
            first..last + 1,
        ),
        Some(_) => (
            format!(
                "HTTP/1.1 416 Range Not Satisfiable\r\nETag: {tag}\r\nContent-Range: bytes */{length}\r\nContent-Length: 0\r\n\r\n"
            ),
            0..0,
        ),
        None => (format!("HTTP/1.1 200 OK\r\nETag: {tag}\r\nContent-Length: {length}\r\n\r\n"), 0..length),
    }
}

/// Answers as an honest server does.
pub(crate) fn honest(asked: &Asked, stream: &mut TcpStream, content: &[u8], tag: &str) -> bool {
    let (head, octets) = head(asked, content, tag);
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&content[octets])).is_ok()
}
