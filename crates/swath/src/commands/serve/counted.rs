//! The service with its connections counted: in, what the connections ask; out, the service's answers, and gauges
//! that move.

use std::sync::Arc;

use http::{Response, request::Parts};
use swath_serve::{
    connection::{ConnectionInfo, Refusal, Respond},
    metrics::Metrics,
    service::Service,
};

/// Answers as its service does.
pub(super) struct Counted<R> {
    /// Answers.
    pub(super) service: R,
    /// Counts, if anybody asks for the counts.
    pub(super) metrics: Option<Arc<Metrics>>,
}

impl<R: Respond> Respond for Counted<R> {
    type Body = R::Body;

    async fn respond(
        &self,
        parts: Parts,
        has_content: bool,
        connection: &ConnectionInfo,
    ) -> Response<R::Body> {
        self.service.respond(parts, has_content, connection).await
    }

    fn refuse(&self, refusal: &Refusal, connection: &ConnectionInfo) -> Response<R::Body> {
        self.service.refuse(refusal, connection)
    }

    fn refused(&self, refusal: &Refusal, connection: &ConnectionInfo) {
        self.service.refused(refusal, connection);
    }

    fn give_up_descriptors(&self) -> usize {
        self.service.give_up_descriptors()
    }

    fn service(&self) -> Option<&Service> {
        self.service.service()
    }

    fn connection_opened(&self) {
        self.metrics.iter().for_each(|metrics| metrics.connection_opened());
    }

    fn connection_closed(&self) {
        self.metrics.iter().for_each(|metrics| metrics.connection_closed());
    }
}
