//! What people and programs see while files are fetched.
//!
//! In: events and states of several downloads at once. Out: lines on standard error; standard output is the content's.
//!
//! | room | what it does |
//! |---|---|
//! | `bars` | a line for each file on a terminal, and one for all |
//! | `line`, `cells` | what stands in such a line: pure |
//! | `json` | one object a line, for programs |
//! | `plain` | the final line of each file, or only what went wrong |

mod bars;
mod cells;
mod json;
mod line;
mod plain;

use std::{
    env,
    io::{self, IsTerminal as _},
    sync::Arc,
    time::Duration,
};

use swath_fetch::{Event, Progress};

use super::ended::Ended;
use crate::args;

/// Shows what goes on; files have numbers, in the order in which they were asked for.
pub(super) trait Screen: Send + Sync {
    /// A file begins.
    fn begin(&self, file: usize, name: &str, url: &str);
    /// Something happened.
    fn event(&self, file: usize, at: Duration, event: &Event);
    /// So far it is.
    fn progress(&self, file: usize, progress: &Progress);
    /// It has ended.
    fn end(&self, file: usize, ended: &Ended);
    /// Something is to be said beside all that.
    fn say(&self, sentence: &str);
    /// All have ended.
    fn close(&self) {}
}

/// Chooses a screen for `files` files.
pub(super) fn screen(how: args::Progress, quiet: bool, files: usize) -> Arc<dyn Screen> {
    let terminal = io::stderr().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb");
    match how {
        _ if quiet => nothing(),
        args::Progress::Json => Arc::new(json::Json::default()),
        args::Progress::Bar => Arc::new(bars::Bars::new(files)),
        args::Progress::Auto if terminal => Arc::new(bars::Bars::new(files)),
        args::Progress::Auto | args::Progress::None => Arc::new(plain::Plain { quiet: false }),
    }
}

/// Shows only what goes wrong.
pub(super) fn nothing() -> Arc<dyn Screen> {
    Arc::new(plain::Plain { quiet: true })
}
