//! Why a file is not there, in words that help: in, the machine's fault and what was seen; out, a sentence with a cure.

use std::{fs, io, path::Path};

use byteranges::download::Fault;
use http::StatusCode;
use swath_fetch::{disk::JOURNAL_SUFFIX, pipe::PipeError};

use super::{again, exit, watch::Watch};

/// Says what happened, what became of what is held, and what to do.
fn sentence(fault: Fault, seen: &Watch, disk: Option<&io::Error>, part: Option<&Path>) -> String {
    let held = held(part);
    match fault {
        Fault::Refused(status) => format!("the server refuses: {}; {}{held}", named(status), cure(status)),
        Fault::RepresentationChanged => changed(part),
        Fault::ServerMisbehaved(what) => {
            format!(
                "the server misbehaves: {what}. Another server may not: try --mirror or another URL{held}"
            )
        }
        Fault::Unreachable => {
            let why = match (&seen.trouble, seen.refused) {
                (Some(why), _) => why.clone(),
                (None, Some(status)) => named(status),
                (None, None) => "no answer came in time".to_owned(),
            };
            format!("the server cannot be reached: {why}{held}{}", go_on(part))
        }
        Fault::Disk => disk_sentence(disk, part),
        Fault::Digest => digest(part),
        Fault::BudgetSpent => {
            format!("all interfaces have carried what they may; give them more{held}{}", go_on(part))
        }
        Fault::Interrupted => match part {
            Some(_) => format!("interrupted{held}{}", go_on(part)),
            None => "interrupted".to_owned(),
        },
    }
}

/// A digest is often typed wrong, so what came is kept once; [`discard`] is for the second time.
fn digest(part: Option<&Path>) -> String {
    let differs = "the digest differs: what came is not what was wanted";
    match part.filter(|part| part.exists()) {
        None => format!("{differs}. Compare the digest with its source"),
        Some(part) => format!(
            "{differs}. It is kept in {}: the same command with the right digest finishes it; with the same digest it is \
             thrown away, and can be fetched anew",
            again::path(part.as_os_str())
        ),
    }
}

/// Throws away what a run found whole and of the wrong digest: going on would never end otherwise.
pub(super) fn discard(part: &Path) -> String {
    let mut journal = part.as_os_str().to_owned();
    journal.push(JOURNAL_SUFFIX);
    // The journal goes first: a part without one is not believed.
    let gone = fs::remove_file(journal).and_then(|()| fs::remove_file(part));
    match gone {
        Ok(()) => {
            "the digest differs again, so what was kept is thrown away; the same command fetches it anew"
                .to_owned()
        }
        Err(error) => {
            format!("the digest differs, and {} cannot be removed: {error}", again::path(part.as_os_str()))
        }
    }
}

fn changed(part: Option<&Path>) -> String {
    match part {
        None => "the file changed on the server while it was written to standard output: what was written is of the old \
                 version, and not whole. Begin again"
            .to_owned(),
        Some(_) => format!(
            "the file changed on the server; run it again to fetch the new version (--on-change says what happens){}",
            held(part)
        ),
    }
}

fn held(part: Option<&Path>) -> String {
    match part.filter(|part| part.exists()) {
        Some(part) => format!(". What came is kept in {}", again::path(part.as_os_str())),
        None => String::new(),
    }
}

fn go_on(part: Option<&Path>) -> String {
    match part.filter(|part| part.exists()) {
        Some(_) => format!("; {}", again::how()),
        None => String::new(),
    }
}

/// The status with its usual words.
fn named(status: u16) -> String {
    let words = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    words.map_or_else(|| format!("status {status}"), |words| format!("{status} {words}"))
}

const fn cure(status: u16) -> &'static str {
    match status {
        401 => "give --user, --netrc or a header field with credentials",
        403 => {
            "it may want credentials (--user, --cookies, -H), or the link has expired: --resume goes on from a new one"
        }
        404 | 410 => "check the URL; if the link has expired, --resume goes on from a new one",
        407 => "the proxy wants credentials: --proxy http://NAME:PASSWORD@HOST:PORT",
        429 | 503 => "it wants to be left alone: try later, or with -c 1",
        _ => "look at what it says in a browser, or with curl -i",
    }
}

/// What the disk said; it names the cure itself.
pub(super) fn disk_sentence(disk: Option<&io::Error>, part: Option<&Path>) -> String {
    let why = disk.map_or_else(|| "a file could not be written".to_owned(), io::Error::to_string);
    format!("{why}{}", held(part))
}

/// The exit code and the sentence for one fault.
pub(super) fn failed(
    fault: Fault,
    seen: &Watch,
    disk: Option<&io::Error>,
    part: Option<&Path>,
) -> (u8, String) {
    let pipe = disk.and_then(|error| error.get_ref()?.downcast_ref::<PipeError>());
    match pipe.filter(|_| fault == Fault::Disk) {
        Some(error) => (of_pipe(*error), error.to_string()),
        None => (exit::of(fault), sentence(fault, seen, disk, part)),
    }
}

/// An output is no disk: what goes wrong with it is mostly the server's doing.
const fn of_pipe(error: PipeError) -> u8 {
    match error {
        PipeError::Changed => exit::CHANGED,
        PipeError::Gone => exit::REFUSED,
        PipeError::Closed | PipeError::Short | PipeError::NoFile => exit::HERE,
    }
}
