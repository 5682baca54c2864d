//! Every row of the origin that misbehaves: ended rightly, in time, and over several connections where enough answers are good.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use swath_trial::{Row, Verdict, programs::Program, resume, rows, run, table};

use super::program;

/// How many rows are tried at once: each moves at most 64 MiB a second.
const AT_ONCE: usize = 4;

/// How often something is tried alone until it was in time: what else a machine does only takes away.
const ALONE: usize = 5;

#[test]
fn every_row_ends_rightly_and_in_time() {
    let (swath, late) = (program(), Mutex::new(Vec::new()));
    let mut wrong = in_parallel(&rows::all().collect::<Vec<_>>(), |row| {
        let verdict = run::fetch(&swath, row).expect("an origin and a program");
        if verdict.time > row.limit() {
            late.lock().expect("no thread panics").push(row.key);
        }
        (!verdict.is_right(row)).then(|| describe(row, &verdict))
    });
    for key in late.into_inner().expect("no thread panics") {
        let row = rows::find(key).expect("a row");
        wrong.extend(alone(&swath, row, row.limit()));
    }
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn resuming_never_mixes_versions() {
    let swath = program();
    let cases: Vec<_> = resume::CASES.iter().collect();
    for how in [resume::How::Interrupted, resume::How::Killed] {
        let wrong = in_parallel(&cases, |case| {
            let verdict = resume::resume(&swath, case, how).expect("an origin and a program");
            (!verdict.is_right(case)).then(|| describe(case, &verdict))
        });
        assert!(wrong.is_empty(), "{how:?}:\n{}", wrong.join("\n"));
    }
}

/// What the option is for: a server that slows down long answers.
#[test]
fn short_requests_outrun_a_server_that_throttles_long_ones() {
    let row = rows::find("throttled").expect("a row");
    let words: &[&str] = &["get", "-c", "8", "--max-segment", "1MiB", "-o", "{file}", "{url}"];
    // By far: the script alone keeps long requests for longer.
    let fault = alone(&Program { fetch: words, ..program() }, row, row.delay / 2);
    assert!(fault.is_none(), "{fault:?}");
}

/// What is wrong with the way in which a row ends while nothing else is tried, or with its time, which is `limit` at most.
fn alone(program: &Program, row: &Row, limit: Duration) -> Option<String> {
    let mut late = None;
    for _ in 0..ALONE {
        let verdict = run::fetch(program, row).expect("an origin and a program");
        let fault = format!("{}\nlimit {limit:?}", describe(row, &verdict));
        if !verdict.is_right(row) {
            return Some(fault);
        }
        if verdict.time <= limit {
            return None;
        }
        late = Some(fault);
    }
    late
}

fn describe(row: &Row, verdict: &Verdict) -> String {
    let asked = verdict.counts.asked.join("\n    ");
    format!(
        "{} ({}): {}\n  said: {}\n    {asked}",
        row.key,
        row.says,
        table::cell(verdict),
        verdict.said.trim()
    )
}

/// Tries all rows, some at a time; what went wrong.
fn in_parallel(rows: &[&'static Row], fault: impl Fn(&Row) -> Option<String> + Sync) -> Vec<String> {
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::SeqCst)) {
                    if let Some(what) = fault(row) {
                        wrong.lock().expect("no thread panics").push(what);
                    }
                }
            });
        }
    });
    wrong.into_inner().expect("no thread panics")
}
