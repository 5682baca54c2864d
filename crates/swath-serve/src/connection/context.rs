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

/// What the server tells its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) stage: Stage,
    /// Whether every place is taken and peers wait.
    pub(crate) crowded: bool,
}

impl Word {
    /// The word at the start.
    pub(crate) const SERVING: Word = Word { stage: Stage::Serving, crowded: false };
}

/// Shared by all connections.
pub(crate) struct Context<R> {
    pub(crate) respond: Arc<R>,
    pub(crate) limits: Limits,
    pub(crate) tls: Option<Arc<Tls>>,
    pub(crate) trusted: TrustedProxies,
    /// Whether requests in the clear may be answered without an engine.
    pub(crate) fast_path: bool,
    pub(crate) word: watch::Receiver<Word>,
}

impl<R> Context<R> {
    /// Listens to the server's word.
    pub(crate) fn listen(&self) -> Signal {
        let mut word = self.word.clone();
        let now = *word.borrow_and_update();
        Signal { word, now }
    }

    /// Waits until the server has come at least to `stage`.
    pub(crate) async fn reached(&self, stage: Stage) {
        // The sender lives as long as the server; if it is gone, so is the server.
        let _ = self.word.clone().wait_for(|word| word.stage >= stage).await;
    }
}

/// The server's word, as one connection hears it.
pub(crate) struct Signal {
    word: watch::Receiver<Word>,
    now: Word,
}

impl Signal {
    /// Returns the last word heard.
    pub(crate) fn now(&self) -> Word {
        self.now
    }

    /// Waits for another word.
    pub(crate) async fn changed(&mut self) {
        match self.word.changed().await {
            Ok(()) => self.now = *self.word.borrow_and_update(),
            // Whoever ran the server has let go of it.
            Err(_) => self.now.stage = Stage::Cutting,
        }
    }
}
