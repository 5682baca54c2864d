//! One request to the origin, up to the head of its answer.
//!
//! In: a request. Out: the answer's head, its content still to come, and the connection that brings it.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Context;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use super::fault::Fault;
use super::reach::{Reach, Stream};

/// The longest head of an answer, in octets; it also bounds what is read of content at once.
///
/// 64 KiB: twice what is taken of a request, as answers set cookies and policies.
const HEAD_BYTES: usize = 64 * 1024;

/// The most field lines of an answer.
///
/// 256: real answers have fewer than 50.
const HEAD_FIELDS: usize = 256;

/// What the origin answered.
pub(super) struct Reached {
    pub(super) response: Response<Incoming>,
    pub(super) connection: Connection,
}

/// The connection to the origin; nothing moves on it unless it is polled, and dropping it ends it.
pub(super) struct Connection(Option<Pin<Box<Engine>>>);

type Engine = http1::Connection<TokioIo<Stream>, Empty<Bytes>>;

impl Connection {
    /// Reads and writes what can be. How the connection ends is told where its content is read.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) {
        if let Some(connection) = &mut self.0
            && connection.as_mut().poll(cx).is_ready()
        {
            self.0 = None;
        }
    }
}

/// Sends one request, and waits for the head of its answer.
pub(super) async fn ask(
    reach: &Reach,
    request: Request<Empty<Bytes>>,
    patience: Duration,
) -> Result<Reached, Fault> {
    let slow = |doing| move |_| Fault::Slow { doing, patience };
    let stream = timeout(patience, reach.connect()).await.map_err(slow("be connected to"))??;
    let mut engine = http1::Builder::new();
    engine.max_buf_size(HEAD_BYTES).max_header_size(HEAD_BYTES).max_headers(HEAD_FIELDS);
    let (mut sender, connection) = engine.handshake(TokioIo::new(stream)).await?;
    let mut connection = Connection(Some(Box::pin(connection)));
    let mut answer = pin!(sender.send_request(request));
    let answered = poll_fn(|cx| {
        connection.drive(cx);
        answer.as_mut().poll(cx)
    });
    let response = timeout(patience, answered).await.map_err(slow("begin its answer"))??;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(Fault::Switched);
    }
    Ok(Reached { response, connection })
}
