//! What is shown: how far it is, and how it ended.
//!
//! In: the machine. Out: plain values.

use byteranges::download::{Fault, Report};
use http::HeaderMap;

use super::Engine;
use crate::drive::Ended;
use crate::drive::meter::Meter;
use crate::observe::{InFlight, Progress};
use crate::sink::About;

impl Engine {
    pub(crate) fn ended(&self) -> Ended {
        let mut state = self.lock();
        let unreported = Report {
            outcome: Err(Fault::Interrupted),
            generation: 0,
            identity: None,
            counts: state.machine.counts(),
        };
        Ended {
            report: state.report.clone().unwrap_or(unreported),
            finished: None,
            about: state.about.clone(),
            elapsed: self.now(),
            connections: state.connections,
            trouble: state.trouble.clone(),
            disk: state.disk_error.take(),
        }
    }

    /// What can be said of an answer when none came: everything was held already.
    pub(crate) fn about_nothing(&self) -> About {
        About { url: self.job.url.clone(), answered: self.job.url.clone(), fields: HeaderMap::new() }
    }

    pub(crate) fn progress(&self, meter: &mut Meter) -> Progress {
        let state = self.lock();
        let (machine, elapsed) = (&state.machine, self.now());
        let counts = machine.counts();
        let in_flight = machine
            .lanes()
            .map(|(ask, path, first, end)| InFlight { ask: ask.0, path, first, end })
            .collect();
        Progress {
            elapsed,
            complete_length: machine.identity().and_then(|identity| identity.complete_length),
            held: machine.arrived().cloned().unwrap_or_default(),
            in_flight,
            received: counts.received,
            wasted: counts.wasted,
            rate: meter.rate(elapsed, counts.received),
        }
    }
}
