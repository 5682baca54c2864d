//! `swath get`: in, URLs; out, files that are whole and of one version each, or what went wrong.
//!
//! | room | what it does |
//! |---|---|
//! | `wanted`, `list`, `metalink`, `sums` | which files are meant, and how they are verified |
//! | `place` | where each goes, and what is there already |
//! | `job` | flags as `swath-fetch` understands them |
//! | `complete` | whether a file that is there is what the server has |
//! | `stream` | standard output, within a memory |
//! | `one` | one file, from its first request to its last line |
//! | `watch` | hears what happens meanwhile |
//! | `progress` | shows it |
//! | `ended`, `failure`, `again`, `exit` | how it ended, in words and as a number |
//! | `signals` | Ctrl-C |
//! | `human` | numbers as people read them |

mod again;
mod complete;
mod ended;
pub(crate) mod exit;
mod failure;
mod human;
pub(crate) mod job;
mod list;
mod metalink;
mod one;
mod place;
mod progress;
mod signals;
mod stream;
mod sums;
pub(crate) mod wanted;
mod watch;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use byteranges::download::Lanes;
use swath_fetch::Job;

use crate::{
    args::GetArgs,
    report::{self, Failure},
};

use ended::Ended;
use place::Goal;
use progress::Screen;
use signals::Stops;
use wanted::Wanted;

/// Retries as long as no answer ever came, unless told otherwise: a name or a port is wrong more often than a server is
/// about to come. With their pauses they take one and a half seconds.
pub(crate) const RETRIES_UNHEARD: u32 = 3;

/// What all files of one run share.
struct Run {
    args: GetArgs,
    screen: Arc<dyn Screen>,
    /// Stops all files, those under way and those to come.
    stops: Arc<Stops>,
}

/// Fetches every file that was asked for.
pub(crate) fn run(args: GetArgs) -> Result<(), Failure> {
    let secrets = job::secrets(&args.request)?;
    let mut wanted = wanted::wanted(&args, &secrets)?;
    let goals = wanted.iter().map(|one| place::goal(one, &args)).collect::<Result<Vec<_>, _>>()?;
    apart(&wanted, &goals)?;
    if let Some(path) = &args.digest_file {
        sums::find(path, &mut wanted, &goals)?;
    }
    let mut jobs = wanted.iter().map(|one| one::job(one, &args, &secrets)).collect::<Result<Vec<_>, _>>()?;
    share(&mut jobs, usize::from(args.jobs));
    let stops = Arc::new(Stops::default());
    signals::stop_by_signals(Arc::clone(&stops))
        .map_err(|error| Failure::Runtime(format!("cannot listen for signals: {error}")))?;
    let screen = progress::screen(args.progress, args.quiet, wanted.len());
    let run = Run { args, screen, stops };
    let ended = all(&run, goals.into_iter().zip(jobs).collect());
    run.screen.close();
    summary(&run, &ended);
    match ended.iter().map(Ended::exit).find(|exit| *exit != 0) {
        Some(exit) => Err(Failure::Told(exit)),
        None => Ok(()),
    }
}

/// Writes the whole of one file to standard output, and says nothing unless it fails; gives how long it is, and its tag.
pub(crate) fn whole_to_stdout(job: Job) -> Result<(u64, Option<String>), Failure> {
    one::whole_to_stdout(job)
}

/// Refuses two URLs that would be written to one file.
fn apart(wanted: &[Wanted], goals: &[Goal]) -> Result<(), Failure> {
    let mut taken: BTreeMap<PathBuf, &Wanted> = BTreeMap::new();
    for (one, goal) in wanted.iter().zip(goals) {
        let Some(path) = goal.path() else { continue };
        if let Some(other) = taken.insert(path.clone(), one) {
            return Err(Failure::usage(format!(
                "{} and {} would both be written to {}: fetch one of them with -o",
                other.url,
                one.url,
                path.display()
            )));
        }
    }
    Ok(())
}

/// Shares out the connections that a host is asked for by default among the files that are fetched from it at once.
fn share(jobs: &mut [Job], at_once: usize) {
    let mut files: BTreeMap<Option<String>, usize> = BTreeMap::new();
    let host = |job: &Job| job.url.host_str().map(str::to_owned);
    for job in &*jobs {
        *files.entry(host(job)).or_default() += 1;
    }
    for job in jobs {
        let side_by_side = files.get(&host(job)).map_or(1, |count| (*count).min(at_once).max(1));
        if let Lanes::Auto(most) = &mut job.settings.lanes {
            *most = (*most / side_by_side).max(1);
        }
    }
}

/// Fetches some at a time, in the order in which they were asked for.
fn all(run: &Run, files: Vec<(Goal, Job)>) -> Vec<Ended> {
    let count = files.len();
    let queue = Mutex::new(files.into_iter().enumerate());
    let ended = Mutex::new(BTreeMap::new());
    let work = || {
        // Bounded by the queue.
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((file, (goal, job))) = next else { return };
            let one = one::fetch(run, file, &goal, job);
            run.screen.end(file, &one);
            ended.lock().unwrap_or_else(PoisonError::into_inner).insert(file, one);
        }
    };
    thread::scope(|scope| {
        for _ in 0..usize::from(run.args.jobs).min(count) {
            scope.spawn(work);
        }
    });
    ended.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

/// One line for all, where there are several.
fn summary(run: &Run, ended: &[Ended]) {
    if ended.len() < 2 {
        return;
    }
    let failed = ended.iter().filter(|one| one.exit() != 0).count();
    let received = human::octets(ended.iter().map(|one| one.counts.received).sum());
    match failed {
        0 => run.screen.say(&format!("all {} files are there; {received} came", ended.len())),
        _ => report::say(format_args!("{failed} of {} files failed; {received} came", ended.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_asked_for_six_connections_whatever_the_number_of_files() {
        let job = |url: &str| Job::new(url.parse().expect("a URL"));
        let shared = |urls: &[&str], at_once| {
            let mut jobs: Vec<Job> = urls.iter().map(|url| job(url)).collect();
            share(&mut jobs, at_once);
            jobs.into_iter().map(|job| job.settings.lanes).collect::<Vec<_>>()
        };
        assert_eq!(shared(&["http://a/1"], 4), [Lanes::Auto(6)]);
        let three = ["http://a/1", "http://b/1", "http://a/2"];
        assert_eq!(shared(&three, 4), [Lanes::Auto(3), Lanes::Auto(6), Lanes::Auto(3)]);
        assert_eq!(shared(&three, 1), [Lanes::Auto(6); 3]);
        assert_eq!(shared(&["http://a/1"; 32], 32), [Lanes::Auto(1); 32]);
        let mut exact = [job("http://a/1"), job("http://a/2")];
        exact.iter_mut().for_each(|job| job.settings.lanes = Lanes::Fixed(8));
        share(&mut exact, 4);
        assert!(exact.iter().all(|job| job.settings.lanes == Lanes::Fixed(8)), "what was asked for stays");
    }
}
