//! A service that answers by path.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{Response, StatusCode, Version, request};
use swath_serve::connection::{ConnectionInfo, Refusal, Respond};
use swath_serve::exchange::{Answered, Received, Record, Recorder, Wire};

use super::made::{Kind, Made};
use super::records::Seen;

/// Answers by path: `/bytes/N` has N octets, `/cut/N` fails after N, `/slow/N` gives an octet each 20 ms, N
/// in all; `/late/N` answers after N ms, `/pause/N` gives one octet N ms after its head, `/panic` panics;
/// the rest says its path.
pub(crate) struct Answers {
    pub(super) recorder: Recorder,
    pub(crate) seen: Arc<Seen>,
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
