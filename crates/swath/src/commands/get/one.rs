//! One file, from its first request to its last line.
//!
//! In: a job and where its octets go. Out: how it ended.

use std::{
    io,
    num::NonZeroU64,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use byteranges::{
    ByteSet,
    download::{Counts, Fault, Journal, Lanes},
};
use swath_fetch::{
    Job, Sink, Stop,
    digest::{Algorithm, Hasher},
    disk::{Disk, DiskError, Found},
};
use url::Url;

use super::{
    RETRIES_UNHEARD, Run, complete,
    ended::{Ended, Outcome},
    exit, failure, job,
    place::Goal,
    progress, stream,
    wanted::Wanted,
    watch::Watch,
};
use crate::{args::GetArgs, report::Failure};

/// What `swath cat` may hold in memory, as `swath get --memory` by default.
const STDOUT_MEMORY: NonZeroU64 = NonZeroU64::new(64 << 20).expect("it is not nought");

/// Makes the job of one file.
pub(super) fn job(one: &Wanted, args: &GetArgs, secrets: &job::Secrets) -> Result<Job, Failure> {
    let mut job = job::asked(one.url.clone(), one.credentials.clone(), &args.request, secrets)?;
    job::decided(&mut job, args);
    job.mirrors.clone_from(&one.mirrors);
    job.mirrors_one_at_a_time = one.named;
    job.digest.clone_from(&one.digest);
    Ok(job)
}

/// Fetches one file.
pub(super) fn fetch(run: &Run, file: usize, goal: &Goal, job: Job) -> Ended {
    let begun = Instant::now();
    let name = goal.path().map_or_else(|| job.url.to_string(), |path| path.display().to_string());
    run.screen.begin(file, &name, job.url.as_str());
    let ended = |outcome| Ended {
        name: name.clone(),
        outcome,
        elapsed: begun.elapsed(),
        connections: 0,
        before: 0,
        counts: Counts::default(),
    };
    let failed = |exit, sentence| ended(Outcome::Failed { exit, sentence });
    match goal {
        Goal::Stream(to) => match stream::pipe(to.as_deref(), &job, run.args.memory) {
            Err(sentence) => failed(exit::HERE, sentence),
            Ok(pipe) => {
                let perform = Perform { run, file, name: &name, part: None, before: 0 };
                perform.perform(&stream::job(job, run.args.memory), Arc::new(pipe))
            }
        },
        Goal::Disk { place, adopt } => {
            let path = place.directory.join(&place.name);
            if let Some(outcome) = complete::check(&path, &job, run.args.force) {
                return ended(outcome);
            }
            match Disk::open(place.clone()) {
                Err(error) => failed(exit::DISK, error.to_string()),
                Ok((disk, found)) => match belongs(&found, &job, *adopt || run.args.force, &disk.part_path())
                {
                    Err(sentence) => failed(exit::USAGE, sentence),
                    Ok(()) => to_disk(run, file, &name, job, disk, found),
                },
            }
        }
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
    let perform = Perform { run, file, name, part: Some(&part), before };
    perform.perform(&job, Arc::new(disk))
}

/// Writes the whole of one file to standard output.
pub(super) fn whole_to_stdout(job: Job) -> Result<(u64, Option<String>), Failure> {
    let mut watch = Watch::new(0, progress::nothing());
    let pipe = stream::pipe(None, &job, STDOUT_MEMORY).map_err(Failure::Runtime)?;
    let job = stream::job(job, STDOUT_MEMORY);
    let done = swath_fetch::download(job, Arc::new(pipe), &mut watch, &Stop::new());
    let done = done.map_err(|error| Failure::usage(error.to_string()))?;
    if let Err(fault) = done.report.outcome {
        let (exit, sentence) = failure::failed(fault, &watch, done.disk.as_ref(), None);
        crate::report::say(sentence);
        return Err(Failure::Told(exit));
    }
    let identity = done.report.identity;
    let length = identity.as_ref().and_then(|identity| identity.complete_length).unwrap_or_default();
    let tag = identity.and_then(|identity| identity.etag);
    Ok((length, tag.map(|tag| String::from_utf8_lossy(tag.as_header_value().as_bytes()).into_owned())))
}

/// One download, and what is said about it.
struct Perform<'a> {
    run: &'a Run,
    file: usize,
    name: &'a str,
    /// The unfinished file, where there is one.
    part: Option<&'a Path>,
    /// Octets that an earlier run left.
    before: u64,
}

impl Perform<'_> {
    fn perform(&self, job: &Job, sink: Arc<dyn Sink>) -> Ended {
        let most = lanes_most(job);
        let stop = self.run.stops.one();
        let mut watch = Watch::new(self.file, Arc::clone(&self.run.screen));
        if self.run.args.request.retries.is_none() {
            watch = watch.with_patience(RETRIES_UNHEARD, stop.clone());
        }
        let done = swath_fetch::download(job.clone(), sink, &mut watch, &stop);
        let (outcome, counts, elapsed, opened) = match done {
            Ok(done) => {
                let (counts, elapsed, opened) = (done.report.counts, done.elapsed, done.connections);
                (self.outcome(job, &watch, done), counts, elapsed, opened)
            }
            Err(error) => (cannot_begin(&error), Counts::default(), Duration::ZERO, 0),
        };
        Ended {
            name: self.name.to_owned(),
            outcome,
            elapsed,
            // Events of lanes that hand over to each other may come in another order; and with HTTP/2 all share one.
            connections: watch.connections.min(most).min(usize::try_from(opened).unwrap_or(usize::MAX)),
            before: self.before,
            counts,
        }
    }

    fn outcome(&self, job: &Job, watch: &Watch, done: swath_fetch::Ended) -> Outcome {
        match (done.report.outcome, done.finished) {
            (Ok(assurance), Some(finished)) => {
                let octets = done.report.identity.and_then(|identity| identity.complete_length);
                Outcome::Done { assurance, octets: octets.unwrap_or_default(), path: finished.path }
            }
            (Ok(_), None) => {
                let sentence = failure::disk_sentence(done.disk.as_ref(), self.part);
                Outcome::Failed { exit: exit::DISK, sentence }
            }
            (Err(fault), _) => {
                let fault =
                    if fault == Fault::Interrupted && watch.gave_up { Fault::Unreachable } else { fault };
                // The name that the server gives may be taken, by what is wanted itself.
                let taken = done.disk.as_ref().and_then(name_taken).filter(|_| fault == Fault::Disk);
                if let Some(outcome) = taken.and_then(|path| complete::check(&path, job, false)) {
                    return outcome;
                }
                if let Some(part) =
                    self.part.filter(|_| fault == Fault::Digest && done.report.counts.received == 0)
                {
                    return Outcome::Failed { exit: exit::DIGEST, sentence: failure::discard(part) };
                }
                let (exit, sentence) = failure::failed(fault, watch, done.disk.as_ref(), self.part);
                Outcome::Failed { exit, sentence }
            }
        }
    }
}

fn cannot_begin(error: &swath_fetch::Error) -> Outcome {
    let exit = match error {
        swath_fetch::Error::Misuse(_) => exit::USAGE,
        swath_fetch::Error::Setup(_) => exit::HERE,
    };
    Outcome::Failed { exit, sentence: error.to_string() }
}

/// The file whose name is taken, if that is what the disk says.
fn name_taken(error: &io::Error) -> Option<PathBuf> {
    let disk = error.get_ref()?.downcast_ref::<DiskError>()?;
    (error.kind() == io::ErrorKind::AlreadyExists).then(|| disk.path().to_owned())
}

/// The most requests that may be under way at once.
fn lanes_most(job: &Job) -> usize {
    let paths = job.mirrors.len().saturating_add(1).saturating_mul(job.interfaces.len().max(1));
    match job.settings.lanes {
        Lanes::Auto(most) | Lanes::Fixed(most) => most.saturating_mul(paths),
    }
}

fn held(journal: &Journal) -> u64 {
    let mut set = ByteSet::new();
    journal.held.iter().for_each(|held| set.insert(held.range));
    set.octets()
}
