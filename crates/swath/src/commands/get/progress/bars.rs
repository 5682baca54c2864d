//! Lines on a terminal: in, states of downloads; out, a line for each under way, one for all, and what ended above them.

use std::{
    collections::BTreeMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use swath_fetch::{Event, Progress};

use super::{Screen, line};
use crate::commands::get::{ended::Ended, human};

/// How often lines are drawn in a second: more is a flicker, and costs.
const DRAWN_A_SECOND: u8 = 10;
/// Taken where the terminal does not tell its width, as pipes do not.
const WIDTH: usize = 80;

/// Draws lines on a terminal.
#[derive(Debug)]
pub(super) struct Bars {
    all: MultiProgress,
    files: usize,
    begun: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    lines: BTreeMap<usize, Shown>,
    total: Option<ProgressBar>,
    ended: usize,
    /// Octets received by files that ended.
    received: u64,
}

#[derive(Debug)]
struct Shown {
    name: String,
    bar: ProgressBar,
    received: u64,
    rate: u64,
    /// What went wrong since octets came last.
    why: Option<String>,
}

impl Bars {
    pub(super) fn new(files: usize) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(DRAWN_A_SECOND));
        let state = Mutex::new(State::default());
        Self { all, files, begun: Instant::now(), state }
    }

    fn width() -> usize {
        // One column is left free: some terminals wrap when the last is written to.
        console::Term::stderr()
            .size_checked()
            .map_or(WIDTH, |(_, columns)| usize::from(columns))
            .saturating_sub(1)
    }

    fn bar() -> ProgressBar {
        // Hidden until it is part of the screen: otherwise it would draw itself.
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.with_style(ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar()))
    }

    fn with(&self, act: impl FnOnce(&mut State)) {
        // A thread that panicked while drawing leaves nothing worse than an old line.
        act(&mut self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    fn draw_total(&self, state: &State) {
        let Some(total) = &state.total else { return };
        let received: u64 = state.received + state.lines.values().map(|line| line.received).sum::<u64>();
        let rate: u64 = state.lines.values().map(|line| line.rate).sum();
        #[allow(clippy::cast_precision_loss)]
        let rate = human::rate(rate as f64);
        let words = format!(
            "{} of {} files  {}  {rate}  for {}",
            state.ended,
            self.files,
            human::octets(received),
            human::left(self.begun.elapsed()),
        );
        total.set_message(line::shorten(&words, Self::width()));
    }
}

impl Screen for Bars {
    fn begin(&self, file: usize, name: &str, _url: &str) {
        self.with(|state| {
            if self.files > 1 && state.total.is_none() {
                state.total = Some(self.all.add(Self::bar()));
            }
            let bar = match &state.total {
                Some(total) => self.all.insert_before(total, Self::bar()),
                None => self.all.add(Self::bar()),
            };
            bar.set_message(line::shorten(&format!("{name}  waiting for the server"), Self::width()));
            state.lines.insert(file, Shown { name: name.to_owned(), bar, received: 0, rate: 0, why: None });
        });
    }

    fn event(&self, file: usize, _at: Duration, event: &Event) {
        // Who waits wants to know for what.
        let why = match event {
            Event::Failed { why, .. } => format!("trying again: {why}"),
            Event::Head { status, .. } if *status >= 400 => format!("trying again: status {status}"),
            _ => return,
        };
        self.with(|state| {
            if let Some(line) = state.lines.get_mut(&file) {
                line.why = Some(why);
            }
        });
    }

    fn progress(&self, file: usize, progress: &Progress) {
        self.with(|state| {
            if let Some(line) = state.lines.get_mut(&file) {
                line.received = progress.received;
                line.rate = progress.rate;
                if !progress.in_flight.is_empty() && progress.rate > 0 {
                    line.why = None;
                }
                let text = match &line.why {
                    Some(why) if progress.rate == 0 => {
                        line::shorten(&format!("{}  {why}", line.name), Self::width())
                    }
                    _ => line::line(Self::width(), &line.name, progress),
                };
                line.bar.set_message(text);
            }
            self.draw_total(state);
        });
    }

    fn end(&self, file: usize, ended: &Ended) {
        self.with(|state| {
            if let Some(line) = state.lines.remove(&file) {
                line.bar.finish_and_clear();
                self.all.remove(&line.bar);
                state.received += ended.counts.received;
            }
            state.ended += 1;
            self.say(&ended.sentence());
            self.draw_total(state);
        });
    }

    fn say(&self, sentence: &str) {
        // The lines are taken away meanwhile, so that the sentence stands above them.
        self.all.suspend(|| crate::report::say(sentence));
    }

    fn close(&self) {
        self.with(|state| {
            if let Some(total) = state.total.take() {
                total.finish_and_clear();
            }
        });
    }
}
