//! Every row of the origin that misbehaves: ended rightly, in time, and over several connections where enough answers are good.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use swath_trial::{Row, Verdict, programs::Program, resume, rows, run, table};

use super::program;

/// How many rows are tried at once: each moves at most 64 MiB a second.
const AT_ONCE: usize = 4;

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
    // A machine that did something else meanwhile is no fault of the program: once more, alone, and then it counts.
    for key in late.into_inner().expect("no thread panics") {
        wrong.extend(fault(&swath, rows::find(key).expect("a row")));
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
    let verdict = run::fetch(&Program { fetch: words, ..program() }, row).expect("an origin and a program");
    assert!(verdict.is_right(row), "{}", describe(row, &verdict));
    // By far: the script alone keeps long requests for longer.
    assert!(verdict.time < row.delay / 2, "{}", describe(row, &verdict));
}

/// What is wrong with the way in which a row ends, its time included.
fn fault(program: &Program, row: &Row) -> Option<String> {
    let verdict = run::fetch(program, row).expect("an origin and a program");
    (!verdict.is_right(row) || verdict.time > row.limit())
        .then(|| format!("{}\nlimit {:?}", describe(row, &verdict), row.limit()))
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
