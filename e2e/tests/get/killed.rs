//! `kill -9` at any moment, and again: what is on the disk at exit 0 is one version, whole.
//!
//! `SWATH_KILLS` says how many (100); `make soak` asks for a thousand.

use swath_trial::{programs::peers, run::Outcome};

use super::{
    program,
    sudden::{AT_ONCE, LONG, QUICK, download, until},
};

const KILLS: usize = 100;

#[test]
fn killed_at_any_moment_it_never_mixes_versions() {
    let wanted =
        std::env::var("SWATH_KILLS").map_or(KILLS, |number| number.parse().expect("SWATH_KILLS is a number"));
    let swath = program();
    let (kills, downloads, kept) = until(wanted, |seed| {
        let folder = tempfile::tempdir().expect("a folder");
        download(&swath, &LONG, folder.path(), seed, |_| {})
    });
    println!("{downloads} downloads, killed {kills} times; {kept} runs went on with what an earlier one had");
    assert!(kept > 0, "nothing was ever kept");
}

/// The test above can fail: curl resumes by the length of what is there.
#[test]
fn a_program_that_mixes_versions_is_caught() {
    let curl = &peers().into_iter().find(|program| program.name == "curl").expect("it is among them");
    let fates: Vec<_> = std::thread::scope(|scope| {
        let one = |seed| {
            let folder = tempfile::tempdir().expect("a folder");
            download(curl, &QUICK, folder.path(), seed, |_| {})
        };
        let threads: Vec<_> = (1..=AT_ONCE as u64).map(|seed| scope.spawn(move || one(seed))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    });
    let mixed = fates.iter().filter(|fate| fate.outcome == Outcome::Silent).count();
    assert!(mixed > 0, "curl -C - came through all downloads of a file that is replaced: {fates:#?}");
}
