//! What every connection of a server shares.
//!
//! Comes in: the server's options. Goes out: the service, the limits, the certificate and the word to stop.

use std::sync::Arc;

use tokio::sync::watch;

use super::peer::TrustedProxies;
use crate::limits::Limits;
use crate::tls::Tls;

/// How far the server is on its way to a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// It serves.
    Serving,
    /// It finishes what is under way, and begins nothing.
    Finishing,
    /// It cuts what is under way.
    Cutting,
}

/// Shared by all connections.
pub(crate) struct Context<R> {
    pub(crate) respond: Arc<R>,
    pub(crate) limits: Limits,
    pub(crate) tls: Option<Arc<Tls>>,
    pub(crate) trusted: TrustedProxies,
    pub(crate) stage: watch::Receiver<Stage>,
}

impl<R> Context<R> {
    /// Waits until the server has come at least to `stage`.
    pub(super) async fn reached(&self, stage: Stage) {
        // The sender lives as long as the server; if it is gone, so is the server.
        let _ = self.stage.clone().wait_for(|now| *now >= stage).await;
    }
}
