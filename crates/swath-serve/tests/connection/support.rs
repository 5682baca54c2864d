//! A small server to speak to: its answers are made of their paths, and it keeps what was recorded.

use std::future::Future;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{Response, StatusCode, Version, request};
use http_body::{Body, Frame, SizeHint};
use swath_serve::connection::{BoxError, ConnectionInfo, Refusal, Respond};
use swath_serve::exchange::{Answered, Exchange, Outcome, Received, Record, Recorder, Sink, Wire};
use swath_serve::limits::Limits;
use swath_serve::server::{Bound, Notices, Server, ServerOptions};
use tokio::sync::oneshot;

/// How long anything is waited for before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Answers by path: `/bytes/N` has N octets, `/cut/N` fails after N, `/slow/N` gives an octet each 20 ms, N
/// in all; `/late/N` answers after N ms, `/pause/N` gives one octet N ms after its head, `/panic` panics;
/// the rest says its path.
pub(crate) struct Answers {
    recorder: Recorder,
    pub(crate) seen: Arc<Seen>,
}

/// What was recorded.
#[derive(Default)]
pub(crate) struct Seen {
    exchanges: Mutex<Vec<Exchange>>,
    refusals: Mutex<Vec<Refusal>>,
    pub(crate) clients: Mutex<Vec<String>>,
}

impl Sink for Seen {
    fn record(&self, exchange: &Arc<Exchange>) {
        self.exchanges.lock().unwrap().push(Exchange::clone(exchange));
    }
}

impl Seen {
    /// Waits until `count` exchanges were recorded, and returns how each ended and what it sent.
    pub(crate) fn exchanges(&self, count: usize) -> Vec<(Outcome, u64)> {
        wait_for("exchanges", || self.exchanges.lock().unwrap().len() >= count);
        self.exchanges.lock().unwrap().iter().map(|one| (one.outcome, one.bytes_sent)).collect()
    }

    /// Waits until `count` refusals were recorded, and returns their statuses and outcomes.
    pub(crate) fn refusals(&self, count: usize) -> Vec<(Option<u16>, Outcome)> {
        wait_for("refusals", || self.refusals.lock().unwrap().len() >= count);
        let refusals = self.refusals.lock().unwrap();
        refusals.iter().map(|one| (one.status.map(|status| status.as_u16()), one.outcome)).collect()
    }
}

/// Waits until `done`, or fails.
pub(crate) fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

impl Respond for Answers {
    type Body = Made;

    async fn respond(
        &self,
        parts: request::Parts,
        has_content: bool,
        info: &ConnectionInfo,
    ) -> Response<Made> {
        let tally = Arc::clone(&info.tally);
        let wire = if parts.version == Version::HTTP_2 { Wire::Http2(tally) } else { Wire::Http1(tally) };
        let record = self.recorder.open(Received::now(Some(info.client), &parts), wire);
        self.seen.clients.lock().unwrap().push(info.client.to_string());
        let path = parts.uri.path().to_owned();
        let (kind, number) = path[1..].split_once('/').unwrap_or((&path[1..], "0"));
        let number: u64 = number.parse().unwrap_or(0);
        let text = || Bytes::from(format!("{path}{}", if has_content { " with content" } else { "" }));
        let mut body = match kind {
            "bytes" => Made::new(Kind::Bytes, number, record),
            "cut" => Made::new(Kind::Cut, number, record),
            "panic" => Made::new(Kind::Panic, number, record),
            "held" => Made::new(Kind::Held(Arc::default()), number, record),
            "slow" => Made::new(Kind::Slow(None), number, record),
            "pause" => {
                let pause = tokio::time::sleep(Duration::from_millis(number));
                Made::new(Kind::Slow(Some(Box::pin(pause))), 1, record)
            }
            "late" => {
                tokio::time::sleep(Duration::from_millis(number)).await;
                Made::new(Kind::Text(text()), text().len() as u64, record)
            }
            _ => Made::new(Kind::Text(text()), text().len() as u64, record),
        };
        let length = body.left;
        if parts.method == http::Method::HEAD {
            body.left = 0;
        }
        body.record.answered(Answered {
            status: StatusCode::OK,
            content_range: None,
            because: None,
            section: None,
            bytes_planned: body.left,
        });
        Response::builder().header(CONTENT_LENGTH, length).body(body).unwrap()
    }

    fn refuse(&self, refusal: &Refusal, _: &ConnectionInfo) -> Response<Made> {
        self.seen.refusals.lock().unwrap().push(refusal.clone());
        let text = Bytes::from(refusal.because);
        let length = text.len() as u64;
        let builder = Response::builder().status(refusal.status.unwrap()).header(CONTENT_TYPE, "text/plain");
        builder.body(Made::new(Kind::Text(text), length, Record::none())).unwrap()
    }

    fn refused(&self, refusal: &Refusal, _: &ConnectionInfo) {
        self.seen.refusals.lock().unwrap().push(refusal.clone());
    }
}

/// Content that is made as it is sent.
pub(crate) struct Made {
    kind: Kind,
    left: u64,
    record: Record,
}

enum Kind {
    Bytes,
    Cut,
    /// One chunk at a time: the next is made when the last is gone.
    Held(Arc<AtWork>),
    Slow(Option<Pin<Box<tokio::time::Sleep>>>),
    Panic,
    Text(Bytes),
}

/// Says whether a chunk is out, and who waits for its end.
#[derive(Default)]
struct AtWork(Mutex<(bool, Option<Waker>)>);

/// A chunk that is out.
struct Out(Vec<u8>, Arc<AtWork>);

impl AsRef<[u8]> for Out {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        let (_, waiting) = std::mem::take(&mut *self.1.0.lock().unwrap());
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }
}

impl Made {
    fn new(kind: Kind, left: u64, record: Record) -> Made {
        // A response that is cut promises more than it gives.
        let left = if matches!(kind, Kind::Cut) { left + 1000 } else { left };
        Made { kind, left, record }
    }

    fn piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, BoxError>> {
        let most = self.left.min(65_536);
        let count = match &mut self.kind {
            Kind::Text(text) => return Poll::Ready(Ok(text.clone())),
            Kind::Bytes => most,
            Kind::Held(work) => {
                let mut state = work.0.lock().unwrap();
                if state.0 {
                    state.1 = Some(cx.waker().clone());
                    return Poll::Pending;
                }
                state.0 = true;
                drop(state);
                let chunk = vec![b'x'; usize::try_from(most).unwrap()];
                return Poll::Ready(Ok(Bytes::from_owner(Out(chunk, Arc::clone(work)))));
            }
            Kind::Panic => panic!("as the test asks"),
            Kind::Cut if self.left <= 1000 => {
                self.record.abort(Outcome::Changed, None);
                return Poll::Ready(Err("the file changed".into()));
            }
            Kind::Cut => most.min(self.left - 1000),
            Kind::Slow(sleep) => {
                let made = || Box::pin(tokio::time::sleep(Duration::from_millis(20)));
                std::task::ready!(sleep.get_or_insert_with(made).as_mut().poll(cx));
                *sleep = None;
                1
            }
        };
        Poll::Ready(Ok(Bytes::from(vec![b'x'; usize::try_from(count).unwrap()])))
    }
}

impl Body for Made {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.piece(cx).map(|piece| {
            Some(piece.map(|octets| {
                self.left -= octets.len() as u64;
                self.record.add_sent(octets.len() as u64);
                if self.left == 0 {
                    self.record.finish(Outcome::Finished);
                }
                Frame::data(octets)
            }))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if self.left == 0 {
            self.record.finish(Outcome::Finished);
        }
    }
}

/// A server that runs until it is stopped or dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Seen>,
    pub(crate) notices: Arc<Mutex<Vec<String>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

/// Limits short enough to wait for.
pub(crate) fn short() -> Limits {
    Limits {
        head_time: Duration::from_millis(400),
        idle_time: Duration::from_millis(600),
        stalled_write_time: Duration::from_millis(600),
        linger_time: Duration::from_millis(500),
        grace: Duration::from_millis(600),
        ..Limits::default()
    }
}

impl Running {
    /// Serves on a free port of the loopback interface.
    pub(crate) fn start(limits: Limits) -> Running {
        Running::with(ServerOptions { limits, ..ServerOptions::default() })
    }

    /// Serves as told; on a free port if nothing else is said.
    pub(crate) fn with(mut options: ServerOptions) -> Running {
        if options.listen.is_empty() && options.inherited.is_empty() {
            options.listen.push("127.0.0.1:0".parse().unwrap());
        }
        let notices = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&notices);
        options.notices = Notices::to(move |notice| told.lock().unwrap().push(notice.to_string()));
        options.threads = options.threads.or(std::num::NonZeroUsize::new(2));
        Running::serve(Server::bind(options).unwrap(), notices)
    }

    fn serve(bound: Bound, notices: Arc<Mutex<Vec<String>>>) -> Running {
        let address = bound.addresses().find_map(|address| address.socket_address());
        let address = address.unwrap_or_else(|| "127.0.0.1:0".parse().unwrap());
        let seen = Arc::new(Seen::default());
        let recorder = Recorder::new(vec![Arc::clone(&seen) as Arc<dyn Sink>], None);
        let answers = Arc::new(Answers { recorder, seen: Arc::clone(&seen) });
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(bound.run(answers, async {
                let _ = stopped.await;
            }))
        });
        Running { address, seen, notices, stop: Some(stop), thread: Some(thread) }
    }

    /// Connects to it.
    pub(crate) fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Client { stream }
    }

    /// Tells it to stop.
    pub(crate) fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Waits until it has stopped, and returns how long that took.
    pub(crate) fn stopped(&mut self) -> Duration {
        let start = Instant::now();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap().unwrap();
        }
        start.elapsed()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
        // A failed test has said why already.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

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
