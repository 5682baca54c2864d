//! Asks a few of the questions again over HTTP/2: in, a TLS connection; out, statuses and fields to hold against those of
//! HTTP/1.1. An ordinary client does here, since what it asks is ordinary.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::client::{Link, Trouble};

/// One question.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) method: &'static str,
    pub(crate) fields: Vec<(&'static str, Vec<u8>)>,
}

/// What an answer says that has to be the same over every version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) content_range: Option<Vec<u8>>,
    pub(crate) etag: Option<Vec<u8>>,
    pub(crate) content_length: Option<Vec<u8>>,
}

/// Asks all questions over one connection.
pub(crate) async fn ask(
    link: Link,
    uri: &str,
    extra: &[(String, Vec<u8>)],
    questions: &[Question],
) -> Result<Vec<Said>, Trouble> {
    let closed = |why: hyper::Error| Trouble::Closed(format!("HTTP/2: {why}"));
    let (mut sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(link.stream)).await.map_err(closed)?;
    let asked = async {
        let mut answers = Vec::new();
        for question in questions {
            let mut request = Request::builder().method(question.method).uri(uri);
            let extra = extra.iter().map(|(name, value)| (name.as_str(), value));
            let own = question.fields.iter().map(|(name, value)| (*name, value));
            for (name, value) in extra.chain(own).filter(|(name, _)| !name.eq_ignore_ascii_case("host")) {
                request = request.header(name, value.as_slice());
            }
            let request = request
                .header("user-agent", crate::client::USER_AGENT)
                .header("accept-encoding", "identity")
                .body(Empty::<Bytes>::new())
                .map_err(|why| Trouble::Malformed(why.to_string()))?;
            let mut response = sender.send_request(request).await.map_err(closed)?;
            // Enough to see that content comes; dropping the rest resets the stream.
            let _ = response.body_mut().frame().await;
            let field = |name: &str| response.headers().get(name).map(|value| value.as_bytes().to_vec());
            answers.push(Said {
                status: response.status().as_u16(),
                content_range: field("content-range"),
                etag: field("etag"),
                content_length: field("content-length"),
            });
        }
        Ok(answers)
    };
    tokio::select! {
        answers = asked => answers,
        ended = connection => Err(Trouble::Closed(match ended {
            Ok(()) => "HTTP/2: the server closed".to_owned(),
            Err(why) => format!("HTTP/2: {why}"),
        })),
    }
}
