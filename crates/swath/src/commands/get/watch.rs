//! Watches one download: in, what happens; out, the same for the screen, and what the last line needs to know.

use std::{sync::Arc, time::Duration};

use swath_fetch::{Event, Observer, Progress, Stop};

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
    /// Failures before the first answer; none once there was one.
    unheard: Option<u32>,
    /// How many of them are enough, and what ends the download then.
    patience: Option<(u32, Stop)>,
    /// Whether it was ended so.
    pub(super) gave_up: bool,
}

impl Watch {
    pub(super) fn new(file: usize, screen: Arc<dyn Screen>) -> Self {
        Self {
            file,
            screen,
            connections: 0,
            under_way: Vec::new(),
            trouble: None,
            refused: None,
            unheard: Some(0),
            patience: None,
            gave_up: false,
        }
    }

    /// Gives up after more than so many failures, as long as no answer ever came.
    pub(super) fn with_patience(self, retries: u32, stop: Stop) -> Self {
        Self { patience: Some((retries, stop)), ..self }
    }

    fn count_unheard(&mut self) {
        let Some(unheard) = &mut self.unheard else { return };
        *unheard = unheard.saturating_add(1);
        if let Some((most, stop)) = &self.patience
            && *unheard > *most
        {
            self.gave_up = true;
            stop.stop();
        }
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
                self.count_unheard();
            }
            Event::Ended { ask, .. } | Event::Stopped { ask, .. } => self.under_way.retain(|one| one != ask),
            Event::Head { status, .. } => {
                self.unheard = None;
                if !matches!(status, 200 | 206) {
                    self.refused = Some(*status);
                }
            }
            _ => {}
        }
        self.screen.event(self.file, at, event);
    }

    fn progress(&mut self, progress: &Progress) {
        self.screen.progress(self.file, progress);
    }
}
