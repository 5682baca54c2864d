//! Audits other people's servers: `field` writes docs/field.md; `field SERVER [CHECK]` shows the proof of a column or a cell;
//! `field --hold SERVER` runs one until its standard input ends, for requests by hand.
//!
//! In: the release `swath`, the servers that e2e/setup.sh and field/run.sh install. Out: the table, or text.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program that reports to a person")]

use std::process::ExitCode;

use swath_e2e::{
    audited::{Audited, Judged, try_audited},
    clients::program,
    field::{Column, page},
    place::workspace,
    servers::{FILES, Recipe, Running, all},
};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        [] => write(),
        ["--hold", name] => hold(name),
        [name] => show(name, |judged| matches!(judged.verdict.as_str(), "fail" | "warn" | "note")),
        [name, check] => show(name, |judged| judged.id == check),
        _ => {
            eprintln!("usage: field [SERVER [CHECK] | --hold SERVER]");
            ExitCode::from(2)
        }
    }
}

/// Audits both files; what cannot be audited is told on standard error.
fn audit(recipe: &Recipe) -> Vec<Audited> {
    let server = Running::start(recipe);
    let audits = FILES.iter().filter_map(|file| match try_audited::<&str>(&server.url(file), []) {
        Ok(audited) => Some(audited),
        Err(why) => {
            eprintln!("field: {}: {why}", recipe.name);
            None
        }
    });
    audits.collect()
}

fn write() -> ExitCode {
    let columns: Vec<Column> = all()
        .iter()
        .map(|recipe| {
            eprintln!("field: {}", recipe.name);
            Column::of(recipe, &audit(recipe))
        })
        .collect();
    let date = program::run("date", ["-u", "+%Y-%m-%d"]).text();
    let by_hand =
        std::fs::read_to_string(workspace().join("field/by-hand.md")).expect("field/by-hand.md is there");
    let path = workspace().join("docs/field.md");
    std::fs::write(&path, page(&columns, date.trim(), &by_hand)).expect("docs/ can be written");
    eprintln!("field: wrote {}", path.display());
    ExitCode::SUCCESS
}

fn hold(name: &str) -> ExitCode {
    let all = all();
    let Some(recipe) = all.iter().find(|recipe| recipe.name == name) else { return unknown(name) };
    let server = Running::start(recipe);
    println!("{}", server.url(""));
    match std::io::copy(&mut std::io::stdin(), &mut std::io::sink()) {
        Ok(_) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("field: {why}");
            ExitCode::FAILURE
        }
    }
}

fn unknown(name: &str) -> ExitCode {
    eprintln!("field: there is no server `{name}`; there are {:?}", all());
    ExitCode::from(2)
}

fn show(name: &str, wanted: impl Fn(&Judged) -> bool) -> ExitCode {
    let all = all();
    let Some(recipe) = all.iter().find(|recipe| recipe.name == name) else { return unknown(name) };
    for audited in audit(recipe) {
        println!("{}", audited.url);
        for judged in audited.results.iter().filter(|judged| wanted(judged)) {
            println!(
                "\n{} {}: {} ({} {})",
                judged.verdict, judged.id, judged.title, judged.section, judged.level
            );
            for text in [&judged.said, &judged.request, &judged.answer].into_iter().flatten() {
                println!("{}\n", text.trim_end());
            }
        }
    }
    ExitCode::SUCCESS
}
