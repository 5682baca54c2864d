//! Puts download programs to the trial of every row, and writes docs/clients.md.
//!
//! `clients [--swath FILE] [--programs A,B] [--rows A,B] [--resume A,B] [--jobs N] [--output FILE] [--show]`. Without `--output` the tables go to stdout;
//! `--show` adds what was asked and said. The exit code is 1 when swath ended a row wrongly.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use swath_trial::{
    Row, Verdict,
    programs::{Program, peers, swath},
    resume::{CASES, How, resume},
    rows::{self, GROUPS},
    run,
    table::{self, Line, cell},
};

/// How many programs run at once, unless said otherwise: at most 64 MiB a second each, most of them less.
const JOBS: usize = 4;

struct Given {
    programs: Vec<Program>,
    rows: Vec<&'static Row>,
    cases: Vec<&'static Row>,
    jobs: usize,
    output: Option<PathBuf>,
    show: bool,
}

fn main() -> ExitCode {
    match arguments().and_then(|given| trial(&given)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            say(&why);
            ExitCode::from(2)
        }
    }
}

#[allow(clippy::print_stderr, reason = "a program's messages")]
fn say(text: &str) {
    eprintln!("clients: {text}");
}

fn arguments() -> Result<Given, String> {
    let mut words = std::env::args().skip(1);
    let (mut programs, mut jobs, mut output, mut show) = (peers(), JOBS, None, false);
    let (mut rows, mut cases): (Vec<_>, Vec<_>) = (rows::all().collect(), CASES.iter().collect());
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            // It is started in a folder of its own.
            "--swath" => {
                let path = std::path::absolute(value()?).map_err(|why| why.to_string())?;
                programs.insert(0, swath(&path));
            }
            "--programs" => {
                let names = value()?;
                programs.retain(|program| names.split(',').any(|name| name == program.name));
            }
            "--rows" => rows = pick(&value()?, &rows)?,
            "--resume" => cases = pick(&value()?, &cases)?,
            "--jobs" => jobs = value()?.parse().map_err(|_| "--jobs takes a number")?,
            "--output" => output = Some(value()?.into()),
            "--show" => show = true,
            _ => return Err(format!("what is {word}? The options stand at the head of {}", file!())),
        }
    }
    Ok(Given { programs, rows, cases, jobs, output, show })
}

/// The rows of these names; `-` names none.
fn pick(names: &str, rows: &[&'static Row]) -> Result<Vec<&'static Row>, String> {
    let names = names.split(',').filter(|name| *name != "-");
    names
        .map(|name| rows.iter().find(|row| row.key == name).copied().ok_or(format!("there is no row {name}")))
        .collect()
}

/// Runs everything; says whether swath ended everything rightly.
fn trial(given: &Given) -> Result<bool, String> {
    for program in &given.programs {
        program.version().ok_or(format!("{} cannot be started; e2e/setup.sh installs it", program.path))?;
    }
    let fresh = matrix(given, &given.rows, &|program, row| run::fetch(program, row))?;
    let interrupted = matrix(given, &given.cases, &|program, case| resume(program, case, How::Interrupted))?;
    let killed = matrix(given, &given.cases, &|program, case| resume(program, case, How::Killed))?;
    let page = page(given, &fresh, &interrupted, &killed);
    match &given.output {
        Some(file) => std::fs::write(file, page).map_err(|why| format!("{}: {why}", file.display()))?,
        None => print(&page),
    }
    Ok(all_right(given, [&fresh, &interrupted, &killed]))
}

#[allow(clippy::print_stdout, reason = "a program's output")]
fn print(text: &str) {
    println!("{text}");
}

/// Runs each program against each row, some at a time.
fn matrix(
    given: &Given,
    rows: &[&'static Row],
    one: &(dyn Fn(&Program, &Row) -> std::io::Result<Verdict> + Sync),
) -> Result<Vec<Line>, String> {
    let columns = given.programs.len();
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<Option<Verdict>>> = Mutex::new(vec![None; rows.len() * columns]);
    let work = || -> Result<(), String> {
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            let (Some(row), program) =
                (rows.get(number / columns.max(1)), &given.programs[number % columns.max(1)])
            else {
                return Ok(());
            };
            let verdict = one(program, row).map_err(|why| format!("{}, {}: {why}", program.name, row.key))?;
            say(&format!("{}, {}: {}", row.key, program.name, cell(&verdict)));
            if given.show {
                say(&format!("{:#?}\n{}", verdict.counts, verdict.said));
            }
            found.lock().expect("no thread panics")[number] = Some(verdict);
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..given.jobs.max(1)).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no thread panics"))
    })?;
    let mut found = found.into_inner().expect("no thread panics").into_iter().flatten();
    Ok(rows.iter().map(|row| (*row, found.by_ref().take(columns).collect())).collect())
}

fn all_right(given: &Given, all: [&Vec<Line>; 3]) -> bool {
    let Some(column) = given.programs.iter().position(|program| program.name == "swath") else { return true };
    let mut right = true;
    for (row, verdicts) in all.into_iter().flatten() {
        if let Some(verdict) = verdicts.get(column).filter(|verdict| !verdict.is_right(row)) {
            say(&format!("swath ended {} wrongly: {}", row.key, cell(verdict)));
            right = false;
        }
    }
    right
}

const PREFACE: &str = include_str!("../preface.md");

fn page(given: &Given, fresh: &[Line], interrupted: &[Line], killed: &[Line]) -> String {
    let programs = &given.programs;
    let mut text = PREFACE.replace("{date}", &today()).replace("{rows}", &fresh.len().to_string());
    text += &format!("\n{}\n## In short\n\n{}", table::options(programs), table::counts(programs, fresh));
    for group in GROUPS {
        let lines: Vec<_> =
            fresh.iter().filter(|(row, _)| group.rows.iter().any(|of| of.key == row.key)).cloned().collect();
        if !lines.is_empty() {
            text += &format!("\n## {}\n\n{}", group.title, table::table("the origin", programs, &lines));
        }
    }
    for (title, lines) in [
        ("Interrupted (SIGINT) after half a second, then resumed", interrupted),
        ("Killed (SIGKILL) after half a second, then resumed", killed),
    ] {
        if !lines.is_empty() {
            text += &format!("\n## {title}\n\n{}", table::table("the file meanwhile", programs, lines));
        }
    }
    text
}

/// The date of this run, as 2024-01-31.
fn today() -> String {
    let date = std::process::Command::new("date").arg("-u").arg("+%Y-%m-%d").output();
    date.map_or_else(
        |_| "an unknown day".into(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
