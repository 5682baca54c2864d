//! HTTP/2 by prior knowledge with the reading in the test's hands: nothing is taken from the server until it is asked for.
//!
//! In: an address and targets. Out: heads, as much content as was read, and how each stream ended.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use h2::{Reason, RecvStream};
use http::{Request, Response};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long one step may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With all of its content.
    Finished,
    /// By RST_STREAM with this code.
    Reset(Reason),
}

/// A connection to the server under test. To be used within a runtime of one thread.
pub struct Connection {
    requests: SendRequest<Bytes>,
}

impl Connection {
    /// Connects and shakes hands.
    ///
    /// # Panics
    ///
    /// If either fails.
    pub async fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server accepts");
        let (requests, connection) = h2::client::handshake(stream).await.expect("the server speaks HTTP/2");
        tokio::spawn(async move {
            // How the connection ends shows in its streams.
            let _ = connection.await;
        });
        Self { requests }
    }

    /// Sends a GET and waits for the head of its answer.
    ///
    /// # Panics
    ///
    /// If none comes.
    pub async fn get(&mut self, target: &str, fields: &[(&str, &str)]) -> Response<RecvStream> {
        let mut request = Request::get(format!("http://swath.test{target}"));
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let mut ready = self.requests.clone().ready().await.expect("the connection is open");
        let (answer, _) =
            ready.send_request(request.body(()).expect("a request"), true).expect("the request is sent");
        timeout(PATIENCE, answer).await.expect("an answer in time").expect("an answer")
    }
}

impl Connection {
    /// Sends a GET and takes it back at once, by RST_STREAM with CANCEL.
    ///
    /// # Errors
    ///
    /// If the server has ended the connection.
    pub async fn cancel(&mut self, target: &str) -> Result<(), h2::Error> {
        let request = Request::get(format!("http://swath.test{target}")).body(()).expect("a request");
        let mut ready = self.requests.clone().ready().await?;
        let (answer, _) = ready.send_request(request, true)?;
        drop(answer);
        // Lets the connection's own task write.
        tokio::task::yield_now().await;
        Ok(())
    }
}

/// Reads one piece of content, and does not make room for more.
///
/// # Panics
///
/// If none comes.
pub async fn first_piece(content: &mut RecvStream) -> Bytes {
    timeout(PATIENCE, content.data()).await.expect("content in time").expect("content").expect("no reset yet")
}

/// Makes room for `held` octets that were read before, and reads the content to its end.
///
/// # Panics
///
/// If the end does not come, or is of another kind than a reset of the stream.
pub async fn rest(content: &mut RecvStream, held: usize) -> (Vec<u8>, End) {
    let mut octets = Vec::new();
    content.flow_control().release_capacity(held).expect("the octets were received");
    loop {
        match timeout(PATIENCE, content.data()).await.expect("content or its end in time") {
            None => return (octets, End::Finished),
            Some(Ok(piece)) => {
                octets.extend_from_slice(&piece);
                content.flow_control().release_capacity(piece.len()).expect("the octets were received");
            }
            Some(Err(why)) => {
                assert!(
                    why.is_reset() && why.is_remote(),
                    "another end than RST_STREAM from the server: {why}"
                );
                return (octets, End::Reset(why.reason().expect("a reset has a code")));
            }
        }
    }
}

/// Runs a test's steps on a runtime of one thread.
///
/// # Panics
///
/// If the runtime cannot be made.
pub fn block_on<T>(steps: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(steps)
}
