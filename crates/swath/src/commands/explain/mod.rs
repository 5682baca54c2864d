//! `swath explain`: in, a request and the facts of a representation; out, the answer a server owes it, and why.
//!
//! The decision is `byteranges`' own, the same that `swath serve` performs. No network is used, nothing is sent.

mod case;
mod facts;
mod json;
mod request;
mod text;

use std::time::SystemTime;

use byteranges::HttpDate;

use crate::{
    args::ExplainArgs,
    report::{self, Failure},
    settings::{layers::Layers, resolve, value},
};

use case::Case;

/// Prints the explanation.
// By value, as every command takes what was typed.
#[allow(clippy::needless_pass_by_value)]
pub(crate) fn run(args: ExplainArgs) -> Result<(), Failure> {
    let now = match &args.now {
        Some(typed) => date(typed, "--now")?.to_system_time(),
        None => SystemTime::now(),
    };
    let (request, notes) = request::read(&args.method, &args.fields)?;
    let policy = resolve::resolve_policy(&Layers(vec![args.policy.0.clone()])).map_err(Failure::Usage)?;
    let representation = facts::gather(&args, now)?;
    notes.iter().for_each(report::say);
    let case = Case::decide(request, representation, &policy, now);
    report::print(&if args.json { json::render(&case) } else { text::render(&case) })
}

/// Reads an HTTP date in any of its three forms, or an RFC 3339 one.
fn date(typed: &str, flag: &str) -> Result<HttpDate, Failure> {
    // Only the century of a two-digit year hangs on the clock.
    HttpDate::from_system_time(SystemTime::now())
        .and_then(|now| HttpDate::parse(typed.as_bytes(), now))
        .or_else(|| HttpDate::from_system_time(humantime::parse_rfc3339_weak(typed).ok()?))
        .ok_or_else(|| {
            Failure::usage(format!(
                "{flag}: `{typed}` is not a date: write 'Sun, 06 Nov 1994 08:49:37 GMT' or '1994-11-06T08:49:37Z'"
            ))
        })
}

/// Makes a usage error of what is wrong with one flag's value.
fn wrong(flag: &str, typed: &str, wrong: &value::Wrong) -> Failure {
    Failure::usage(format!("{flag}: `{typed}` {wrong}"))
}
