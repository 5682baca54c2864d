//! Watches one download: in, what happens; out, the same for the screen, and what the last line needs to know.

use std::{sync::Arc, time::Duration};

use swath_fetch::{Event, Observer, Progress};

use super::progress::Screen;

/// Watches one download.
pub(super) struct Watch {
    file: usize,
    screen: Arc<dyn Screen>,
    /// The most requests that were under way at once.
    pub(super) connections: usize,
    under_way: Vec<u64>,
    /// Why the last request failed, in words.
    pub(super) trouble: Option<String>,
    /// The last status that was no success.
    pub(super) refused: Option<u16>,
}

impl Watch {
    pub(super) fn new(file: usize, screen: Arc<dyn Screen>) -> Self {
        Self { file, screen, connections: 0, under_way: Vec::new(), trouble: None, refused: None }
    }
}

impl Observer for Watch {
    fn event(&mut self, at: Duration, event: &Event) {
        match event {
            Event::Asked { ask, .. } if !self.under_way.contains(ask) => {
                self.under_way.push(*ask);
                self.connections = self.connections.max(self.under_way.len());
            }
            Event::Failed { ask, why, .. } => {
                self.under_way.retain(|one| one != ask);
                self.trouble = Some(why.clone());
            }
            Event::Ended { ask, .. } | Event::Stopped { ask, .. } => self.under_way.retain(|one| one != ask),
            Event::Head { status, .. } if !matches!(status, 200 | 206) => self.refused = Some(*status),
            _ => {}
        }
        self.screen.event(self.file, at, event);
    }

    fn progress(&mut self, progress: &Progress) {
        self.screen.progress(self.file, progress);
    }
}
