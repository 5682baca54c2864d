//! A small origin server that is right in everything, so that a test can make it wrong in one thing.
//!
//! In: a function from a request to a response, usually [`honest`] with a small deviation. Out: a URL on a loopback
//! port. What is right comes from `byteranges`.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};

use byteranges::{
    Asked, AskedMethod, Boundary, EntityTag, HttpDate, Piece, Policy, Representation, compose, decide,
};
use http::HeaderValue;

/// How many octets the resource has.
pub(crate) const LENGTH: u64 = 20_000;
/// How many its coded form has.
const CODED: u64 = 3_000;

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) minor: u8,
    pub(crate) fields: Vec<(String, Vec<u8>)>,
    /// Which connection it came on, and which request on it this is; both count from 0.
    pub(crate) place: (usize, usize),
    /// Whether a field name had a space before its colon.
    pub(crate) space: bool,
}

impl Request {
    /// The value of a field that stands once.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let mut named = self.fields.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        let (_, value) = named.next()?;
        named.next().is_none().then(|| String::from_utf8_lossy(value).into_owned())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
    }

    /// Tells whether the Range is exactly this.
    pub(crate) fn range(&self, value: &str) -> bool {
        self.get("range").is_some_and(|own| own == value)
    }

    /// The same request without a field.
    pub(crate) fn without(&self, name: &str) -> Self {
        let mut other = self.clone();
        other.fields.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        other
    }

    /// The same request with another value for a field.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.without(name);
        other.fields.push((name.to_owned(), value.as_bytes().to_vec()));
        other
    }

    /// The same request by another method.
    pub(crate) fn by(&self, method: &str) -> Self {
        Self { method: method.to_owned(), ..self.clone() }
    }

    pub(crate) fn is_plain(&self) -> bool {
        let conditions =
            ["range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];
        self.method == "GET" && self.target == "/clip" && !conditions.iter().any(|name| self.has(name))
    }
}

/// One response to be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) content: Vec<u8>,
    /// Whether content is sent where none may be.
    pub(crate) unbidden: Vec<u8>,
    /// Whether the connection is closed after it.
    pub(crate) close: bool,
    /// Whether the connection stays open though the client asked to close.
    pub(crate) stay: bool,
}

impl Response {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self
    }

    pub(crate) fn with(self, name: &str, value: impl Into<String>) -> Self {
        let mut other = self.without(name);
        other.fields.push((name.to_owned(), value.into()));
        other
    }

    /// The same with other content, and its length.
    pub(crate) fn holding(mut self, content: Vec<u8>) -> Self {
        self.content = content;
        let length = self.content.len();
        self.with("Content-Length", length.to_string())
    }
}

/// An answer without content.
pub(crate) fn bare(status: u16) -> Response {
    Response { status, ..Response::default() }.with("Date", now()).with("Content-Length", "0")
}

fn now() -> String {
    HttpDate::from_system_time(SystemTime::now()).unwrap().to_string()
}

/// What the resource says of itself.
#[derive(Clone)]
pub(crate) struct Facts {
    pub(crate) etag: Option<&'static str>,
    pub(crate) weak: bool,
    pub(crate) modified: bool,
    pub(crate) coded_etag: &'static str,
    pub(crate) policy: Policy,
    pub(crate) length: u64,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            etag: Some("v1"),
            weak: false,
            modified: true,
            coded_etag: "v1-gzip",
            policy: Policy::default(),
            length: LENGTH,
        }
    }
}

/// The octet of the resource at an offset.
pub(crate) fn octet(at: u64) -> u8 {
    u8::try_from(at % 251).unwrap()
}

/// Answers as the RFCs have it.
pub(crate) fn honest(request: &Request) -> Response {
    honest_with(request, &Facts::default())
}

/// Answers as the RFCs have it, for a resource with other facts.
pub(crate) fn honest_with(request: &Request, facts: &Facts) -> Response {
    let hosts = request.fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("host")).count();
    if request.space || hosts > 1 || (hosts == 0 && request.minor == 1) {
        return Response { close: true, ..bare(400) };
    }
    let target = match request.target.strip_prefix("http://") {
        Some(rest) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => &request.target,
    };
    let response = match (request.method.as_str(), target) {
        ("OPTIONS", _) => bare(204)
            .without("Content-Length")
            .with("Allow", "GET, HEAD, OPTIONS")
            .with("Access-Control-Allow-Headers", "range, if-range, if-match"),
        ("GET" | "HEAD", "/clip") => clip(request, facts),
        ("GET" | "HEAD", _) => bare(404).holding(b"not here\n".to_vec()),
        _ => bare(405).with("Allow", "GET, HEAD, OPTIONS"),
    };
    match request.has("origin") {
        true => response
            .with("Access-Control-Allow-Origin", "*")
            .with("Access-Control-Expose-Headers", "accept-ranges, content-range, etag"),
        false => response,
    }
}

fn representation(coded: bool, facts: &Facts) -> Representation {
    let value = HeaderValue::from_static;
    let modified = SystemTime::now() - Duration::from_secs(86_400);
    let tag = match coded {
        true => Some(facts.coded_etag),
        false => facts.etag,
    };
    let etag = tag.and_then(|tag| match facts.weak {
        true => EntityTag::weak(tag.as_bytes()),
        false => EntityTag::strong(tag.as_bytes()),
    });
    // Whole days keep the date the same over one audit.
    let seconds = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / 86_400 * 86_400;
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    Representation {
        etag,
        last_modified: HttpDate::from_system_time(modified).filter(|_| facts.modified),
        changed: Some(modified),
        content_type: Some(value("video/mp4")),
        content_encoding: coded.then(|| value("gzip")),
        vary: Some(value("Accept-Encoding")),
        cache_control: Some(value("max-age=60")),
        ..Representation::new(if coded { CODED } else { facts.length })
    }
}

fn clip(request: &Request, facts: &Facts) -> Response {
    let coded = request.get("accept-encoding").is_some_and(|value| value.contains("gzip"));
    let representation = representation(coded, facts);
    let method = if request.method == "HEAD" { AskedMethod::Head } else { AskedMethod::Get };
    let mut asked = Asked::new(method);
    for (name, value) in &request.fields {
        asked.push(name.as_bytes(), value);
    }
    let now = SystemTime::now();
    let decision = decide(&asked, &representation, &facts.policy, now);
    let boundary = || Boundary::from_random(0x00c0_ffee);
    let answer = compose(&decision, &asked, &representation, &facts.policy, now, boundary).into_response();
    let (head, body) = answer.into_parts();
    let mut content = Vec::new();
    for piece in body.pieces() {
        match piece {
            Piece::Literal(octets) => content.extend_from_slice(octets),
            // The coded form need not be one: nobody here decodes it. It only must differ from the plain one.
            Piece::Range(range) => content
                .extend((range.first()..=range.last()).map(|at| octet(if coded { at + 7 } else { at }))),
        }
    }
    let fields = head.headers.iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    Response { status: head.status.as_u16(), fields: fields.collect(), content, ..Response::default() }
}

/// How an origin answers.
pub(crate) type Play = fn(&Request) -> Response;

/// A running origin; dropping it lets it take no more connections.
pub(crate) struct Origin {
    pub(crate) url: String,
    address: SocketAddr,
    stop: Arc<AtomicBool>,
}

impl Origin {
    pub(crate) fn start(play: Play) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let count = AtomicUsize::new(0);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let connection = count.fetch_add(1, Ordering::Relaxed);
                let stream = stream.unwrap();
                thread::spawn(move || serve(stream, connection, play));
            }
        });
        Self { url: format!("http://{address}/clip"), address, stop }
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the listener.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(mut stream: TcpStream, connection: usize, play: Play) {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut unread = Vec::new();
    for number in 0.. {
        let request = match read(&mut stream, &mut unread, (connection, number)) {
            Ok(Some(request)) => request,
            Ok(None) => return,
            Err(()) => {
                let _ = stream.write_all(&written(&bare(400), true, "GET"));
                return;
            }
        };
        let response = play(&request);
        let asked = request.get("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let close = response.close || request.minor == 0 || (asked && !response.stay);
        let open = response.close;
        let octets = written(&response, close && !open, &request.method);
        if stream.write_all(&octets).is_err() || close {
            return;
        }
    }
}

fn read(stream: &mut TcpStream, unread: &mut Vec<u8>, place: (usize, usize)) -> Result<Option<Request>, ()> {
    loop {
        let text = String::from_utf8_lossy(unread);
        let space = text.contains("Audit : 1");
        if space {
            *unread = text.replace("Audit : 1", "Audit: 1").into_bytes();
        }
        let mut fields = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut fields);
        if let httparse::Status::Complete(length) = request.parse(unread).map_err(|_| ())? {
            let read = Request {
                method: request.method.unwrap().to_owned(),
                target: request.path.unwrap().to_owned(),
                minor: request.version.unwrap(),
                fields: request.headers.iter().map(|one| (one.name.to_owned(), one.value.to_vec())).collect(),
                place,
                space,
            };
            unread.drain(..length);
            return Ok(Some(read));
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk) {
            Ok(length) if length > 0 => unread.extend_from_slice(&chunk[..length]),
            _ => return Ok(None),
        }
    }
}

fn written(response: &Response, close: bool, method: &str) -> Vec<u8> {
    let mut octets = format!("HTTP/1.1 {} Whatever\r\n", response.status).into_bytes();
    for (name, value) in &response.fields {
        octets.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    if close {
        octets.extend_from_slice(b"Connection: close\r\n");
    }
    octets.extend_from_slice(b"\r\n");
    if method != "HEAD" && response.status != 304 {
        octets.extend_from_slice(&response.content);
    }
    octets.extend_from_slice(&response.unbidden);
    octets
}
