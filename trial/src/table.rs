//! The page that shows all verdicts.
//!
//! In: verdicts. Out: Markdown.

use std::fmt::Write as _;

use crate::{Ending, Row, Verdict, programs::Program, run::Outcome};

/// A row with the verdict of each program, in the programs' order.
pub type Line = (&'static Row, Vec<Verdict>);

/// One cell of the table.
#[must_use]
pub fn cell(verdict: &Verdict) -> String {
    let time = verdict.time.as_secs_f64();
    match verdict.outcome {
        Outcome::Whole(Ending::First) => format!("ok {time:.1}"),
        Outcome::Whole(Ending::Second) => format!("ok² {time:.1}"),
        Outcome::Whole(Ending::Shorter | Ending::Grown) => format!("ok³ {time:.1}"),
        Outcome::Whole(_) => format!("coded {time:.1}"),
        Outcome::Silent => format!("**SILENT** {time:.1}"),
        Outcome::Failed(code) => format!("fails {code} · {time:.1}"),
        Outcome::Hung => "hangs".into(),
    }
}

/// A table of lines below a row of programs.
#[must_use]
pub fn table(title: &str, programs: &[Program], lines: &[Line]) -> String {
    let mut text = format!("| {title} |");
    for program in programs {
        let _ = write!(text, " {} |", program.name);
    }
    let _ = write!(text, "\n|---|{}\n", "---|".repeat(programs.len()));
    for (row, verdicts) in lines {
        let cells: Vec<_> = verdicts.iter().map(cell).collect();
        let _ = writeln!(text, "| {} (`{}`) | {} |", row.says, row.key, cells.join(" | "));
    }
    text
}

/// How many rows each program ended in each way.
#[must_use]
pub fn counts(programs: &[Program], lines: &[Line]) -> String {
    let mut text = String::from(
        "| program | whole | failed honestly | hung | silently wrong |\n|---|--:|--:|--:|--:|\n",
    );
    for (number, program) in programs.iter().enumerate() {
        let outcomes: Vec<_> = lines
            .iter()
            .filter_map(|(_, verdicts)| verdicts.get(number))
            .map(|verdict| verdict.outcome)
            .collect();
        let count = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            program.name,
            count(|outcome| matches!(outcome, Outcome::Whole(_))),
            count(|outcome| matches!(outcome, Outcome::Failed(_))),
            count(|outcome| matches!(outcome, Outcome::Hung)),
            count(|outcome| matches!(outcome, Outcome::Silent)),
        );
    }
    text
}

/// The programs with their versions and words.
#[must_use]
pub fn options(programs: &[Program]) -> String {
    let mut text = String::from("| program | version | options |\n|---|---|---|\n");
    for program in programs {
        let version = program.version().unwrap_or_else(|| "unknown".into());
        let _ = writeln!(text, "| {} | {version} | `{}` |", program.name, program.fetch.join(" "));
    }
    text
}
