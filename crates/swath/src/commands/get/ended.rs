//! How one file ended: in, the machine's report; out, plain values and the sentence that people read.

use std::{path::PathBuf, time::Duration};

use byteranges::download::{Assurance, Counts};

use super::human;

/// How one file ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// The file as people know it.
    pub(super) name: String,
    /// What became of it.
    pub(super) outcome: Outcome,
    /// How long it took.
    pub(super) elapsed: Duration,
    /// The most requests that were under way at once.
    pub(super) connections: usize,
    /// Octets that an earlier run left.
    pub(super) before: u64,
    /// What it took.
    pub(super) counts: Counts,
}

/// What became of a file.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was fetched.
    Done {
        /// How sure it is that it is of one version.
        assurance: Assurance,
        /// Its complete length.
        octets: u64,
        /// Where it is, unless it went to standard output.
        path: Option<PathBuf>,
    },
    /// It was there already, and the server has no other.
    Complete {
        /// Where it is.
        path: PathBuf,
        /// Whether that is known from a digest, and the server was not asked.
        by_digest: bool,
    },
    /// It is not there.
    Failed {
        /// The exit code.
        exit: u8,
        /// What happened, and what to do.
        sentence: String,
    },
}

impl Ended {
    /// The exit code that this file asks for.
    pub(super) const fn exit(&self) -> u8 {
        match self.outcome {
            Outcome::Done { .. } | Outcome::Complete { .. } => 0,
            Outcome::Failed { exit, .. } => exit,
        }
    }

    /// The line that ends it.
    pub(super) fn sentence(&self) -> String {
        match &self.outcome {
            Outcome::Failed { sentence, .. } => format!("{}: {sentence}", self.name),
            Outcome::Complete { path, by_digest: true } => {
                format!("{}: already complete; it has the digest", path.display())
            }
            Outcome::Complete { path, by_digest: false } => {
                format!("{}: already complete; the server has no other version", path.display())
            }
            Outcome::Done { assurance, octets, path } => self.done(*assurance, *octets, path.as_ref()),
        }
    }

    fn done(&self, assurance: Assurance, octets: u64, path: Option<&PathBuf>) -> String {
        let name = path.map_or_else(|| self.name.clone(), |path| path.display().to_string());
        let connections = match self.connections {
            // Events may be lost on the way to who counts, but there was one.
            0 | 1 => "1 connection".to_owned(),
            count => format!("{count} connections"),
        };
        let whole = human::octets(octets);
        let mut sentence = match self.counts.received {
            0 if self.before > 0 => format!("{name}: {whole}, all of it here before, {assurance}"),
            _ => {
                let (time, rate) = (human::time(self.elapsed), human::rate(self.rate()));
                format!("{name}: {whole} in {time}, {rate}, {connections}, {assurance}")
            }
        };
        // After another version was begun, nothing of what was here is in the file.
        if self.before > 0 && self.counts.received > 0 && self.counts.restarts == 0 {
            sentence.push_str(&format!("; {} of it were here before", human::octets(self.before)));
        }
        match self.counts.restarts {
            0 => {}
            1 => sentence.push_str("; it changed on the server meanwhile, and was begun again"),
            times => {
                sentence.push_str(&format!("; it changed on the server {times} times, and was begun again"));
            }
        }
        if let Some(caution) = caution(assurance) {
            sentence.push_str(&format!("\n       {caution}"));
        }
        sentence
    }

    /// Octets a second that came in this run.
    pub(super) fn rate(&self) -> f64 {
        // A float holds more digits than are shown.
        #[allow(clippy::cast_precision_loss)]
        let received = self.counts.received as f64;
        received / self.elapsed.as_secs_f64().max(1e-6)
    }
}

/// What a rung below `pinned` means, in words.
pub(super) const fn caution(assurance: Assurance) -> Option<&'static str> {
    match assurance {
        Assurance::Digest | Assurance::Single | Assurance::Pinned => None,
        Assurance::Compared => Some(
            "compared: every answer carried the same strong ETag, but the server would not be held to it by If-Range",
        ),
        Assurance::Overlap => Some(
            "overlap: the server gives no strong ETag; octets on both sides of each seam were fetched twice and were equal, \
             but a change elsewhere would not show. --digest would",
        ),
        Assurance::LengthOnly => Some(
            "length-only: nothing but the length agreed, so the file may be put together from two versions. --digest would \
             tell",
        ),
    }
}
