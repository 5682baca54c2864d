//! One file, from its first request to its last line.
//!
//! In: a job and where its octets go. Out: how it ended.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use byteranges::{
    ByteSet,
    download::{Counts, Journal, Lanes},
};
use swath_fetch::{
    Job, Sink,
    digest::{Algorithm, Hasher},
    disk::{Disk, Found},
};
use url::Url;

use super::{
    Run,
    ended::{Ended, Outcome},
    exit, failure, job,
    place::Goal,
    wanted::Wanted,
    watch::Watch,
};
use crate::{args::GetArgs, report::Failure};

/// Makes the job of one file.
pub(super) fn job(one: &Wanted, args: &GetArgs) -> Result<Job, Failure> {
    let mut job = job::asked(one.url.clone(), one.credentials.clone(), &args.request)?;
    job::decided(&mut job, args);
    job.digest.clone_from(&one.digest);
    Ok(job)
}

/// Fetches one file.
pub(super) fn fetch(run: &Run, file: usize, goal: &Goal, job: Job) -> Ended {
    let begun = Instant::now();
    let name = goal.path().map_or_else(|| job.url.to_string(), |path| path.display().to_string());
    run.screen.begin(file, &name, job.url.as_str());
    let failed = |exit, sentence: String| Ended {
        name: name.clone(),
        outcome: Outcome::Failed { exit, sentence },
        elapsed: begun.elapsed(),
        connections: 0,
        before: 0,
        counts: Counts::default(),
    };
    match goal {
        Goal::Stdout => failed(exit::USAGE, "standard output cannot be written to yet".to_owned()),
        Goal::Disk { place, adopt } => match Disk::open(place.clone()) {
            Err(error) => failed(exit::DISK, error.to_string()),
            Ok((disk, found)) => match belongs(&found, &job, *adopt || run.args.force, &disk.part_path()) {
                Err(sentence) => failed(exit::USAGE, sentence),
                Ok(()) => to_disk(run, file, &name, job, disk, found),
            },
        },
    }
}

/// A part is gone on with from the URL that it was begun from; from another one only when that is asked for.
fn belongs(found: &Found, job: &Job, adopt: bool, part: &Path) -> Result<(), String> {
    let other = found
        .journal
        .as_ref()
        .and_then(|journal| journal.url.as_deref())
        .filter(|url| *url != source(&job.url));
    match other {
        Some(url) if !adopt => Err(format!(
            "{part} is of {url}: go on with it by --resume {part}, or choose another name by -o",
            part = super::again::path(part.as_os_str())
        )),
        _ => Ok(()),
    }
}

/// The URL as a journal keeps it: of a query, which may hold what opens the door, only a digest.
fn source(url: &Url) -> String {
    let mut kept = url.clone();
    kept.set_query(None);
    match url.query() {
        None => kept.to_string(),
        Some(query) => {
            let mut hasher = Hasher::new(Algorithm::Sha256);
            hasher.update(query.as_bytes());
            let digits: String = hasher.finish().to_hex().chars().take(16).collect();
            format!("{kept}?{digits}")
        }
    }
}

fn to_disk(run: &Run, file: usize, name: &str, mut job: Job, disk: Disk, found: Found) -> Ended {
    let part = disk.part_path();
    let before = found.journal.as_ref().map_or(0, held);
    job.journal = found.journal;
    job.unproved = found.unproved;
    job.settings.url = Some(source(&job.url));
    perform(run, file, name, job, Arc::new(disk), Some(&part), before)
}

fn perform(
    run: &Run,
    file: usize,
    name: &str,
    job: Job,
    sink: Arc<dyn Sink>,
    part: Option<&Path>,
    before: u64,
) -> Ended {
    let paths = job.mirrors.len().saturating_add(1).saturating_mul(job.interfaces.len().max(1));
    let most = match job.settings.lanes {
        Lanes::Auto(most) | Lanes::Fixed(most) => most.saturating_mul(paths),
    };
    let mut watch = Watch::new(file, Arc::clone(&run.screen));
    let done = swath_fetch::download(job, sink, &mut watch, &run.stop);
    let ended = |outcome, counts, elapsed| Ended {
        name: name.to_owned(),
        outcome,
        elapsed,
        // Events of lanes that hand over to each other may come in another order.
        connections: watch.connections.min(most),
        before,
        counts,
    };
    let done = match done {
        Ok(done) => done,
        Err(error) => {
            let exit = match error {
                swath_fetch::Error::Misuse(_) => exit::USAGE,
                swath_fetch::Error::Setup(_) => exit::HERE,
            };
            let outcome = Outcome::Failed { exit, sentence: error.to_string() };
            return ended(outcome, Counts::default(), Duration::ZERO);
        }
    };
    let outcome = match (done.report.outcome, done.finished) {
        (Ok(assurance), Some(finished)) => {
            let octets = done.report.identity.and_then(|identity| identity.complete_length);
            Outcome::Done { assurance, octets: octets.unwrap_or_default(), path: finished.path }
        }
        (Ok(_), None) => {
            let sentence = failure::disk_sentence(done.disk.as_ref(), part);
            Outcome::Failed { exit: exit::DISK, sentence }
        }
        (Err(fault), _) => {
            let (exit, sentence) = failure::failed(fault, &watch, done.disk.as_ref(), part);
            Outcome::Failed { exit, sentence }
        }
    };
    ended(outcome, done.report.counts, done.elapsed)
}

fn held(journal: &Journal) -> u64 {
    let mut set = ByteSet::new();
    journal.held.iter().for_each(|held| set.insert(held.range));
    set.octets()
}
