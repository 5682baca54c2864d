//! The service behind connections of our own, whatever they refuse included.

use std::sync::Arc;
use std::time::SystemTime;

use byteranges::{Answer, AskedMethod};
use http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode, Version};

use super::Service;
use crate::buffers::Buffers;
use crate::connection::{ConnectionInfo, Refusal, Respond};
use crate::exchange::{Exchange, Record, Recorder, Wire};
use crate::perform::ContentBody;

impl Respond for Service {
    type Body = ContentBody;

    async fn respond(
        &self,
        parts: Parts,
        _has_content: bool,
        connection: &ConnectionInfo,
    ) -> Response<ContentBody> {
        Service::respond(self, &parts, Some(connection)).await
    }

    fn refuse(&self, refusal: &Refusal, connection: &ConnectionInfo) -> Response<ContentBody> {
        refuse(&self.options.recorder, &self.options.buffers, refusal, connection)
    }

    fn give_up_descriptors(&self) -> usize {
        self.options.store.give_up_descriptors()
    }

    fn refused(&self, refusal: &Refusal, connection: &ConnectionInfo) {
        note(&self.options.recorder, refusal, connection);
    }

    fn service(&self) -> Option<&Service> {
        Some(self)
    }
}

/// Answers a head that the connection refuses, and records that.
pub(crate) fn refuse(
    recorder: &Recorder,
    buffers: &Arc<Buffers>,
    refusal: &Refusal,
    connection: &ConnectionInfo,
) -> Response<ContentBody> {
    let status = refusal.status.unwrap_or(StatusCode::BAD_REQUEST);
    let mut answer = Answer::dated(status, SystemTime::now());
    answer.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let text = format!("{status}: {}\n", refusal.because);
    answer.set_content(AskedMethod::Get, HeaderValue::from_static("text/plain; charset=utf-8"), text);
    note(recorder, &Refusal { bytes_sent: answer.content.length(), ..refusal.clone() }, connection);
    let (head, content) = answer.into_response().into_parts();
    let body = ContentBody::new(content, None, Record::none(), Arc::clone(buffers));
    Response::from_parts(head, body)
}

/// Records what was refused.
pub(crate) fn note(recorder: &Recorder, refusal: &Refusal, connection: &ConnectionInfo) {
    recorder.note(Exchange {
        status: refusal.status,
        bytes_planned: refusal.bytes_sent,
        bytes_sent: refusal.bytes_sent,
        ..Exchange::without_request(Some(connection.client), refusal.outcome)
    });
}

/// What counts the octets that leave: the socket on HTTP/1.1, the stream on HTTP/2.
pub(crate) fn wire(connection: &ConnectionInfo, parts: &Parts) -> Wire {
    let tally = Arc::clone(&connection.tally);
    if parts.version == Version::HTTP_2 { Wire::Http2(tally) } else { Wire::Http1(tally) }
}
