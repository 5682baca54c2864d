//! One download that is ended again and again, while the file is replaced now and then.
//!
//! In: a program, a seed, what happens at each sudden end. Out: how it ended at last, and how often it was ended before.

use std::path::Path;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use swath_e2e::chance::Chance;
use swath_trial::{
    Ending, Origin,
    programs::Program,
    resume::REPLACED_NOW_AND_THEN,
    run::{Outcome, Running, judge},
};

/// How fast the origin sends, and when the program is ended.
pub(crate) struct Script {
    /// Octets a second over one connection.
    pub(crate) rate: u64,
    /// The times until a sudden end, in milliseconds: chance takes one of these, then a time in it.
    pub(crate) ends: &'static [(u64, u64)],
    /// After so many sudden ends the program may finish.
    pub(crate) most: usize,
}

/// For swath, which records what it holds every five seconds: eight connections need sixteen seconds for the file, and half of the ends come
/// after something was recorded.
pub(crate) const LONG: Script = Script { rate: 128 << 10, ends: &[(20, 1_000), (4_900, 7_000)], most: 5 };

/// For programs that record more often, or nothing.
pub(crate) const QUICK: Script = Script { rate: 4 << 20, ends: &[(20, 600)], most: 5 };

/// How long the last run may take, which nothing ends: a few times what its octets need beside as many others.
const LAST: Duration = Duration::from_secs(120);

/// How many downloads run at once: each asks for 1 MiB a second.
pub(crate) const AT_ONCE: usize = 24;

/// The exit code of swath where something is there already under the name.
const THERE: i32 = 2;

/// What became of a download.
#[derive(Debug)]
pub(crate) struct Fate {
    pub(crate) ends: usize,
    /// How many runs began by asking for a later part: what came before was kept.
    pub(crate) kept: usize,
    pub(crate) outcome: Outcome,
    pub(crate) story: String,
}

impl Fate {
    /// Says whether this is one version, whole, or an honest "it changed".
    pub(crate) fn is_right(&self) -> bool {
        matches!(self.outcome, Outcome::Whole(Ending::First | Ending::Second) | Outcome::Failed(3))
    }
}

/// Says whether a request asks for a part that is not the first.
pub(crate) fn goes_on(request: &str) -> bool {
    request.split_once("range: bytes=").is_some_and(|(_, range)| !range.starts_with("0-"))
}

/// Downloads again and again, with seeds from 1, some at a time, until there were so many sudden ends; their count, that of the downloads,
/// and how many runs went on with what an earlier one had.
pub(crate) fn until(wanted: usize, one: impl Fn(u64) -> Fate + Sync) -> (usize, usize, usize) {
    let [ends, downloads, kept] = [(); 3].map(|()| AtomicUsize::new(0));
    let next = AtomicU64::new(1);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                // Those under way count as if they were ended as often as they may be, so that no more are begun than it takes.
                while ends.fetch_add(LONG.most, Ordering::SeqCst) < wanted {
                    let fate = one(next.fetch_add(1, Ordering::SeqCst));
                    assert!(fate.is_right(), "{fate:?}");
                    ends.fetch_sub(LONG.most - fate.ends, Ordering::SeqCst);
                    kept.fetch_add(fate.kept, Ordering::SeqCst);
                    downloads.fetch_add(1, Ordering::SeqCst);
                }
                ends.fetch_sub(LONG.most, Ordering::SeqCst);
            });
        }
    });
    (ends.into_inner(), downloads.into_inner(), kept.into_inner())
}

/// Downloads into `folder`; `after` is called when the program was ended, with a number of chance.
pub(crate) fn download(
    program: &Program,
    script: &Script,
    folder: &Path,
    seed: u64,
    mut after: impl FnMut(u64),
) -> Fate {
    let chance = &mut Chance::new(seed);
    let origin = Origin::paced(&REPLACED_NOW_AND_THEN, script.rate).expect("a port");
    let file = folder.join("got.bin");
    let said = tempfile::NamedTempFile::new().expect("a file");
    let mut story = format!("seed {seed}:");
    let mut runs = Vec::new();
    for ends in 0.. {
        let last = ends >= script.most;
        let (least, most) = script.ends[chance.below(script.ends.len() as u64) as usize];
        let patience = if last { LAST } else { Duration::from_millis(least + chance.below(most - least)) };
        let command = &mut program.command(program.resume, &origin.url(), &file);
        // The folder may be a disk that is about to fail: what the program needs of a home is elsewhere.
        command.env("HOME", "/nonexistent").current_dir("/");
        runs.push(origin.counts().asked.len());
        let mut running = Running::start(command, said.path()).expect("the program starts");
        let ended = running.look_for(patience).expect("a child can be waited for");
        if ended.is_some() || last {
            let words = std::fs::read_to_string(said.path()).unwrap_or_default();
            story += &format!(" ended {ended:?}, saying {}", words.trim());
            let asked = origin.counts().asked;
            let kept =
                runs.iter().filter(|first| asked.get(**first).is_some_and(|line| goes_on(line))).count();
            let outcome = match judge(ended, &file) {
                // It was killed when it had just given the file its name, and on a disk that keeps no attributes nothing shows this run
                // whose that is. It leaves what is there alone, so that counts.
                Outcome::Failed(THERE) => judge(Some(ExitStatus::default()), &file),
                outcome => outcome,
            };
            return Fate { ends, kept, outcome, story };
        }
        running.signal(Signal::KILL);
        drop(running);
        story += &format!(" killed after {patience:?}");
        after(chance.below(u64::MAX >> 34));
        if chance.below(4) == 0 {
            origin.advance();
            story += ", replaced";
        }
    }
    unreachable!("the loop returns at its last turn")
}
