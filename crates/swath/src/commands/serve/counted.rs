//! The service with its connections counted: in, what the connections ask; out, the service's answers, and gauges
//! that move.

use std::sync::Arc;

use http::{Response, request::Parts};
use swath_serve::{
    Service,
    connection::{ConnectionInfo, Refusal, Respond},
    metrics::Metrics,
    perform::ContentBody,
};

/// Answers as its service does.
pub(super) struct Counted {
    /// Answers.
    pub(super) service: Service,
    /// Counts, if anybody asks for the counts.
    pub(super) metrics: Option<Arc<Metrics>>,
}

impl Respond for Counted {
    type Body = ContentBody;

    async fn respond(
        &self,
        parts: Parts,
        has_content: bool,
        connection: &ConnectionInfo,
    ) -> Response<ContentBody> {
        Respond::respond(&self.service, parts, has_content, connection).await
    }

    fn refuse(&self, refusal: &Refusal, connection: &ConnectionInfo) -> Response<ContentBody> {
        self.service.refuse(refusal, connection)
    }

    fn refused(&self, refusal: &Refusal, connection: &ConnectionInfo) {
        self.service.refused(refusal, connection);
    }

    fn connection_opened(&self) {
        self.metrics.iter().for_each(|metrics| metrics.connection_opened());
    }

    fn connection_closed(&self) {
        self.metrics.iter().for_each(|metrics| metrics.connection_closed());
    }
}
