//! The first octets of a connection: TLS or not, HTTP/1.1 or HTTP/2.
//!
//! Comes in: a socket that was just accepted. Goes out: a stream, handed to the engine its peer speaks to.
//! Until the peer has sent something, a connection costs its socket and little more.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;

use super::answer::{Answer, HEAD_TIMEOUT, refusal};
use super::context::{Context, Stage};
use super::cork::{Cork, Gathered};
use super::h1::{self, Before};
use super::h2;
use super::linger;
use super::respond::{ConnectionInfo, Peer, Refusal, Respond, Scheme};
use super::stream::Stream;
use crate::fast_path::{self, Declined};
use crate::listen::Accepted;
use crate::tally::Tally;

/// What an HTTP/2 connection in the clear begins with (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The type of the first TLS record of a connection, which is its first octet (RFC 8446 §5.1).
const TLS_HANDSHAKE: u8 = 22;

/// A connection that was accepted, in one place of its own: what serves it carries no more than the way there.
///
/// While nothing is under way this is what a connection keeps, so it holds each thing once.
pub(crate) struct Opened<R: Respond> {
    stream: Stream,
    caller: Caller,
    open: Counted<R>,
}

/// Who has connected.
#[derive(Clone, Copy)]
pub(crate) struct Caller {
    pub(crate) number: u64,
    pub(crate) peer: Peer,
    scheme: Scheme,
}

impl Caller {
    /// What is known of the connection, with where to count what leaves on it.
    pub(crate) fn info(&self, tally: Arc<Tally>) -> ConnectionInfo {
        let Caller { number, peer, scheme } = *self;
        ConnectionInfo { number, peer, client: peer, scheme, tally }
    }
}

/// Takes a connection up on this thread.
pub(crate) fn open<R: Respond>(
    accepted: Accepted,
    peer: Peer,
    scheme: Scheme,
    context: &Arc<Context<R>>,
) -> Option<Box<Opened<R>>> {
    // A socket its peer has reset in the meantime is nothing to report.
    let stream = register(accepted).ok()?;
    let caller = Caller { number: number(), peer, scheme };
    Some(Box::new(Opened { stream, caller, open: Counted::new(context) }))
}

impl<R: Respond> Opened<R> {
    /// Serves it from its first octet to its close: without an engine while that is understood, then by the one its peer
    /// speaks to.
    pub(crate) async fn serve(mut self: Box<Self>) {
        let Opened { stream, caller, open: Counted(context) } = &mut *self;
        // Pacing is the engine's: what is slowed down needs no fast path.
        let fast = caller.scheme == Scheme::Http && context.fast_path && context.limits.rate.is_none();
        let left = match context.respond.service().filter(|_| fast) {
            Some(service) => fast_path::serve(stream, caller, service, context).await,
            None => Some(Declined::default()),
        };
        // Boxed, so that an idle connection does not carry the room for an engine.
        let Some(by_engine) = left.map(|left| Box::pin(self.serve_by_engine(left))) else { return };
        by_engine.await;
    }

    async fn serve_by_engine(self: Box<Self>, declined: Declined) {
        let Opened { stream, caller, open } = *self;
        let (info, context) = (caller.info(Tally::new()), Arc::clone(&open.0));
        let Declined { unread, head_since, requests } = declined;
        match (info.scheme, stream) {
            (Scheme::Https, Stream::Tcp(socket)) => secure(socket, info, context).await,
            (_, stream) if requests == 0 => ask(stream, unread.into(), head_since, info, context).await,
            (_, stream) => {
                h1::serve(stream, Before { read_ahead: unread, head_since, requests }, info, context).await;
            }
        }
        drop(open);
    }
}

/// Numbers the connections of this process, so that records can say which exchanges shared one.
fn number() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed) + 1
}

/// A connection that is counted for as long as this lives, also when serving it panics.
struct Counted<R: Respond>(Arc<Context<R>>);

impl<R: Respond> Counted<R> {
    fn new(context: &Arc<Context<R>>) -> Counted<R> {
        context.respond.connection_opened();
        Counted(Arc::clone(context))
    }
}

impl<R: Respond> Drop for Counted<R> {
    fn drop(&mut self) {
        self.0.respond.connection_closed();
    }
}

/// Refuses one connection: with an answer in the clear, where the peer can read one.
pub(crate) async fn turn_away<R: Respond>(
    accepted: Accepted,
    peer: Peer,
    scheme: Scheme,
    context: Arc<Context<R>>,
) {
    let info = ConnectionInfo { number: number(), peer, client: peer, scheme, tally: Tally::new() };
    let Ok(mut stream) = register(accepted) else { return };
    match scheme {
        Scheme::Http => refuse(&mut stream, Some(Answer::TOO_MANY), &info, &context).await,
        Scheme::Https => {
            // A handshake would cost more than the refusal spares.
            stream.reset_on_close();
            let unanswered = Refusal { status: None, bytes_sent: 0, ..refusal(Some(Answer::TOO_MANY)) };
            context.respond.refused(&unanswered, &info);
        }
    }
}

fn register(accepted: Accepted) -> io::Result<Stream> {
    Ok(match accepted {
        Accepted::Tcp(socket) => Stream::Tcp(TcpStream::from_std(socket)?),
        Accepted::Unix(socket) => Stream::Unix(UnixStream::from_std(socket)?),
    })
}

/// What the first octets show.
enum Opening {
    One,
    Two,
}

/// Finds out which HTTP a connection speaks, and hands it to that engine.
async fn ask<R: Respond>(
    mut stream: Stream,
    mut read_ahead: Vec<u8>,
    mut head_since: Option<Instant>,
    info: ConnectionInfo,
    context: Arc<Context<R>>,
) {
    let looked = {
        let mut looking = pin!(look(&stream, &mut read_ahead, &mut head_since));
        let limits = &context.limits;
        let (accepted, mut signal) = (Instant::now(), context.listen());
        loop {
            let word = signal.now();
            let patience =
                if word.crowded { limits.head_time.min(limits.crowded_idle_time) } else { limits.head_time };
            tokio::select! {
                biased;
                looked = &mut looking => break Some(looked),
                () = sleep_until(accepted + patience) => break None,
                // Nothing was asked for yet, so nothing is lost.
                () = signal.changed(), if word.stage == Stage::Serving => {}
                () = std::future::ready(()), if word.stage != Stage::Serving => return,
            }
        }
    };
    match looked {
        Some(Ok(Opening::Two)) => Box::pin(h2::serve(stream, Bytes::from(read_ahead), info, context)).await,
        Some(Ok(Opening::One)) => {
            let before = Before { read_ahead: Bytes::from(read_ahead), head_since, requests: 0 };
            Box::pin(h1::serve(stream, before, info, context)).await;
        }
        // A browser's connection ahead of need, or a port scan.
        _ if read_ahead.is_empty() => {}
        // Part of the preface of HTTP/2, and no more.
        None => refuse(&mut stream, Some(HEAD_TIMEOUT), &info, &context).await,
        Some(Err(_)) => refuse(&mut stream, None, &info, &context).await,
    }
}

/// Reads until it is clear which HTTP is spoken.
async fn look(stream: &Stream, read: &mut Vec<u8>, since: &mut Option<Instant>) -> io::Result<Opening> {
    loop {
        if read.starts_with(PREFACE) {
            return Ok(Opening::Two);
        }
        if !PREFACE.starts_with(read) {
            return Ok(Opening::One);
        }
        if read_some(stream, read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        since.get_or_insert_with(Instant::now);
    }
}

/// Reads what there is once there is something: waiting costs no buffer.
async fn read_some(stream: &Stream, read: &mut Vec<u8>) -> io::Result<usize> {
    loop {
        match stream {
            Stream::Tcp(socket) => socket.readable().await?,
            Stream::Unix(socket) => socket.readable().await?,
            Stream::Tls(_) => return Err(io::ErrorKind::Unsupported.into()),
        }
        let mut octets = [0u8; 1024];
        let count = match stream {
            Stream::Tcp(socket) => socket.try_read(&mut octets),
            Stream::Unix(socket) => socket.try_read(&mut octets),
            Stream::Tls(_) => return Err(io::ErrorKind::Unsupported.into()),
        };
        match count {
            Ok(count) => {
                read.extend_from_slice(&octets[..count]);
                return Ok(count);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

async fn secure<R: Respond>(socket: TcpStream, info: ConnectionInfo, context: Arc<Context<R>>) {
    let Some(tls) = &context.tls else { return };
    let acceptor = TlsAcceptor::from(tls.config());
    let handshake = async {
        let mut first = [0u8; 1];
        let count = socket.peek(&mut first).await?;
        if count == 1 && first != [TLS_HANDSHAKE] {
            return Ok(Err(socket));
        }
        acceptor.accept(Cork::new(socket)).await.map(|tls| Ok(Stream::Tls(Box::new(Gathered::new(tls)))))
    };
    let shaken = tokio::select! {
        shaken = timeout(context.limits.handshake_time, handshake) => shaken,
        () = context.reached(Stage::Finishing) => return,
    };
    match shaken {
        Ok(Ok(Ok(stream))) if spoke_h2(&stream) => {
            Box::pin(h2::serve(stream, Bytes::new(), info, context)).await;
        }
        Ok(Ok(Ok(stream))) => Box::pin(h1::serve(stream, Before::default(), info, context)).await,
        Ok(Ok(Err(socket))) => {
            refuse(&mut Stream::Tcp(socket), Some(Answer::CLEAR_ON_TLS), &info, &context).await;
        }
        // A handshake that fails or takes too long has asked for nothing: the TLS layer has sent its alert.
        Ok(Err(_)) | Err(_) => {}
    }
}

fn spoke_h2(stream: &Stream) -> bool {
    matches!(stream, Stream::Tls(tls) if tls.protocol() == Some(b"h2"))
}

/// Refuses what came, with an answer if there is one to give, and ends the connection.
pub(crate) async fn refuse<R: Respond>(
    stream: &mut Stream,
    answer: Option<Answer>,
    info: &ConnectionInfo,
    context: &Context<R>,
) {
    context.respond.refused(&refusal(answer), info);
    if let Some(octets) = answer.map(Answer::to_octets) {
        tokio::select! {
            () = linger::close(stream, &octets, &context.limits) => {}
            () = context.reached(Stage::Cutting) => {}
        }
    }
}
