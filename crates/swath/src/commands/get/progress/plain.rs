//! Lines without a terminal: in, how files ended; out, a sentence each, or only those about failures.

use std::time::Duration;

use swath_fetch::{Event, Progress};

use super::Screen;
use crate::{commands::get::ended::Ended, report};

/// Says how each file ended.
#[derive(Debug)]
pub(super) struct Plain {
    /// Whether only failures are told.
    pub(super) quiet: bool,
}

impl Screen for Plain {
    fn begin(&self, _file: usize, _name: &str, _url: &str) {}
    fn event(&self, _file: usize, _at: Duration, _event: &Event) {}
    fn progress(&self, _file: usize, _progress: &Progress) {}

    fn end(&self, _file: usize, ended: &Ended) {
        if !self.quiet || ended.exit() != 0 {
            report::say(ended.sentence());
        }
    }

    fn say(&self, sentence: &str) {
        if !self.quiet {
            report::say(sentence);
        }
    }
}
