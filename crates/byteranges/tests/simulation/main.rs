//! The download machine in a simulated world: seeded server, network, disk and process, in virtual time.
//!
//! Bare `cargo test` runs a few thousand seeds; `cargo test --release -p byteranges --test simulation -- --ignored` runs
//! 100,000, or `SWATH_SEEDS` of them from `SWATH_SEED` on. A seed that fails prints itself and its trace.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test of small numbers, which may panic"
)]

mod bug;
mod disk;
mod laps;
mod limits;
mod random;
mod run;
mod server;
mod track;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bug::Bug;
use run::{Summary, run};

/// Seeds that a bare `cargo test` runs.
const QUICK: u64 = 2_000;
/// Seeds within which each mistake has to be caught.
const BUG_SEEDS: u64 = 20_000;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

/// Runs seeds on all cores; panics at the lowest that was seen to fail, with its trace.
fn sweep(seeds: Range<u64>) -> Vec<Summary> {
    let next = AtomicU64::new(seeds.start);
    let threads = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    let work = || {
        let mut results = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return results;
            }
            let result = run(seed, None);
            if result.is_err() {
                next.store(seeds.end, Ordering::Relaxed);
            }
            results.push((seed, result));
        }
    };
    let mut results: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    results.sort_by_key(|(seed, _)| *seed);
    let judge = |(seed, result): (u64, Result<Summary, run::Violation>)| {
        result.unwrap_or_else(|violation| {
            let trace = violation.trace.join("\n");
            panic!(
                "seed {seed}: {}\n{trace}\n(run it alone: SWATH_SEED={seed} SWATH_SEEDS=1)",
                violation.message
            )
        })
    };
    results.into_iter().map(judge).collect()
}

fn tell(summaries: &[Summary], began: Instant) {
    let mut rungs = BTreeMap::new();
    for summary in summaries {
        *rungs.entry(summary.rung.map_or("none", |rung| rung.key())).or_insert(0_u64) += 1;
    }
    let sum = |of: fn(&Summary) -> u64| summaries.iter().map(of).sum::<u64>();
    println!(
        "{} seeds in {:.1} s: rungs {rungs:?}; {} processes, {} requests, {} segments stolen, {} octets hedged, \
         {} new versions followed, {} honest errors, {} s of virtual time",
        summaries.len(),
        began.elapsed().as_secs_f64(),
        sum(|summary| summary.processes),
        sum(|summary| summary.requests),
        sum(|summary| summary.stolen),
        sum(|summary| summary.hedged),
        sum(|summary| summary.restarts),
        sum(|summary| summary.honest_errors),
        sum(|summary| summary.virtual_time.as_secs()),
    );
}

#[test]
fn every_seed_ends_with_one_representation_or_an_honest_error() {
    let began = Instant::now();
    let summaries = sweep(0..QUICK);
    tell(&summaries, began);
    // A simulation in which nothing happens proves nothing.
    for key in ["overlap", "compared", "pinned", "single", "digest"] {
        assert!(
            summaries.iter().any(|summary| summary.rung.is_some_and(|rung| rung.key() == key)),
            "no {key}"
        );
    }
    let reached = |of: fn(&Summary) -> bool, what: &str| {
        assert!(summaries.iter().any(of), "not one seed with {what}");
    };
    reached(|summary| summary.processes > 3, "several processes");
    reached(|summary| summary.stolen > 0, "a stolen segment");
    reached(|summary| summary.hedged > 0, "a hedge");
    reached(|summary| summary.restarts > 0, "a new version");
    reached(|summary| summary.adopted > 0, "a file that was found");
    reached(|summary| summary.honest_errors > 0, "an honest error");
}

#[test]
#[ignore = "a hundred thousand seeds take a minute or two in a release build; `make simulate` runs them"]
fn a_hundred_thousand_seeds() {
    let first = setting("SWATH_SEED").unwrap_or(0);
    let began = Instant::now();
    tell(&sweep(first..first + setting("SWATH_SEEDS").unwrap_or(100_000)), began);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in [1, 17, 400] {
        let tell =
            || run(seed, None).map_or_else(|violation| violation.message, |summary| format!("{summary:?}"));
        assert_eq!(tell(), tell());
    }
}

#[test]
fn every_mistake_is_caught() {
    let found: Vec<_> = std::thread::scope(|scope| {
        let find =
            |bug: Bug| move || (0..BUG_SEEDS).find_map(|seed| Some((seed, run(seed, Some(bug)).err()?)));
        let threads: Vec<_> = Bug::ALL.iter().map(|bug| (*bug, scope.spawn(find(*bug)))).collect();
        threads.into_iter().map(|(bug, thread)| (bug, thread.join().unwrap())).collect()
    });
    for (bug, caught) in &found {
        match caught {
            Some((seed, violation)) => println!("{bug:?}: caught by seed {seed}: {}", violation.message),
            None => println!("{bug:?}: not caught"),
        }
    }
    let missed: Vec<_> = found.iter().filter(|(_, caught)| caught.is_none()).map(|(bug, _)| *bug).collect();
    assert!(missed.is_empty(), "not caught within {BUG_SEEDS} seeds: {missed:?}");
}
