//! A connection: one request after another over HTTP/1.1, or many at once over HTTP/2.
//!
//! In: a stream and requests. Out: heads and frames of content. HTTP/1.1 is driven by whoever reads from it, on the same
//! thread and in the same step: no octet waits for another task.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body::{Body as _, Frame};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::reach::{BoxStream, Reached};
use super::request::Form;
use crate::job::Limits;

/// Octets read at once: as much as stays in a processor's cache until it is written.
const READ: usize = 256 << 10;
/// What an HTTP/2 server may send before it hears from us, for a stream and for all: at a gigabit and 60 ms the window of
/// a stream is full.
const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;

type Request1 = Request<Empty<Bytes>>;

/// Holds a connection that requests can be sent over.
pub(crate) struct Link {
    kind: Kind,
    /// The other end.
    pub(crate) address: Option<SocketAddr>,
    /// Whether a proxy takes requests for others, and what it wants to know about the user.
    forward: Option<Option<HeaderValue>>,
    /// Whether an answer has come over it: then it may have been closed meanwhile.
    pub(crate) used: bool,
}

enum Kind {
    Http1 { sender: http1::SendRequest<Empty<Bytes>>, connection: Option<Connection> },
    Http2(http2::SendRequest<Empty<Bytes>>),
}

type Connection = Pin<Box<http1::Connection<TokioIo<BoxStream>, Empty<Bytes>>>>;

impl Link {
    /// Speaks HTTP/1.1 over a stream.
    pub(crate) async fn http1(reached: Reached, limits: &Limits) -> hyper::Result<Self> {
        let address = reached.stream.peer();
        let (sender, connection) = http1::Builder::new()
            .max_headers(limits.head_fields)
            .max_header_size(limits.head_octets)
            .max_buf_size(READ.max(limits.head_octets))
            .handshake(TokioIo::new(reached.stream))
            .await?;
        let kind = Kind::Http1 { sender, connection: Some(Box::pin(connection)) };
        Ok(Self { kind, address, forward: reached.forward, used: false })
    }

    /// Speaks HTTP/2 over a stream; the connection lives on the runtime this is called on.
    pub(crate) async fn http2(reached: Reached, limits: &Limits) -> hyper::Result<Self> {
        let address = reached.stream.peer();
        let head = u32::try_from(limits.head_octets).unwrap_or(u32::MAX);
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(head)
            .handshake(TokioIo::new(reached.stream))
            .await?;
        // Its end is seen by each request; here nobody is left to tell.
        tokio::spawn(async { drop(connection.await) });
        Ok(Self { kind: Kind::Http2(sender), address, forward: None, used: false })
    }

    /// Another handle on the same connection, where it carries many requests; `used` when it carries some already.
    pub(crate) fn share(&self, used: bool) -> Option<Self> {
        match &self.kind {
            Kind::Http1 { .. } => None,
            Kind::Http2(sender) => (!sender.is_closed()).then(|| Self {
                kind: Kind::Http2(sender.clone()),
                address: self.address,
                forward: None,
                used,
            }),
        }
    }

    pub(crate) fn version(&self) -> &'static str {
        match self.kind {
            Kind::Http1 { .. } => "HTTP/1.1",
            Kind::Http2(_) => "HTTP/2",
        }
    }

    /// How the target of a request is written for it.
    pub(crate) fn form(&self) -> Form<'_> {
        match (&self.kind, &self.forward) {
            (Kind::Http2(_), _) => Form::Http2,
            (_, Some(authorization)) => Form::Absolute(authorization.as_ref()),
            (_, None) => Form::Origin,
        }
    }

    /// Sends a request and waits for the head of its answer.
    pub(crate) async fn send(&mut self, request: Request1) -> hyper::Result<Response<Incoming>> {
        match &mut self.kind {
            Kind::Http2(sender) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
            Kind::Http1 { sender, connection } => {
                let mut answer = Box::pin(sender.send_request(request));
                poll_fn(|context| {
                    drive(connection, context);
                    answer.as_mut().poll(context)
                })
                .await
            }
        }
    }

    /// Reads the next frame of content.
    pub(crate) fn poll_frame(
        &mut self,
        content: &mut Incoming,
        context: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        if let Poll::Ready(frame) = Pin::new(&mut *content).poll_frame(context) {
            return Poll::Ready(frame);
        }
        if let Kind::Http1 { connection, .. } = &mut self.kind {
            drive(connection, context);
            return Pin::new(content).poll_frame(context);
        }
        Poll::Pending
    }

    /// Whether another request can be sent, now that an answer has ended.
    pub(crate) async fn is_open(&mut self) -> bool {
        self.used = true;
        match &mut self.kind {
            Kind::Http2(sender) => !sender.is_closed(),
            Kind::Http1 { sender, connection } => {
                poll_fn(|context| {
                    drive(connection, context);
                    Poll::Ready(connection.is_some() && sender.is_ready())
                })
                .await
            }
        }
    }
}

/// Lets a connection of HTTP/1.1 read and write; what fails there is told to the request.
fn drive(connection: &mut Option<Connection>, context: &mut Context<'_>) {
    if let Some(open) = connection
        && open.as_mut().poll(context).is_ready()
    {
        *connection = None;
    }
}
