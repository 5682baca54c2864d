//! `swath cat`: in, a URL and ranges; out, their octets on standard output, in the order asked, all of one version.

use std::io::{self, Write as _};

use byteranges::{ByteRange, RangeSet, RangesSpecifier, download::Assurance};
use serde::Serialize;
use swath_fetch::{Job, Ranges, RangesError, RangesOptions, ReadError};

use super::get::{self, exit, job};
use crate::{
    args::CatArgs,
    report::{self, Failure},
};

/// More ranges than a command line is typed with.
const RANGES_MOST: usize = 1_000;

/// Writes the ranges, or all of it where none are asked for.
// By value, as every command takes what was typed.
#[allow(clippy::needless_pass_by_value)]
pub(crate) fn run(args: CatArgs) -> Result<(), Failure> {
    let (url, in_url) = get::wanted::url(&args.url).map_err(Failure::usage)?;
    let mut job = job::asked(url, in_url, &args.request, &job::secrets(&args.request)?)?;
    // Who waits for octets on a pipe would rather hear that there is no server.
    job.settings.retries = args.request.retries.unwrap_or(get::RETRIES_UNHEARD);
    if args.ranges.is_empty() {
        if args.unpinned {
            job.settings.assurance = Assurance::LengthOnly;
        }
        let (complete_length, etag) = get::whole_to_stdout(job)?;
        let whole: Vec<_> = ByteRange::whole(complete_length).into_iter().collect();
        report::tell(&if args.json {
            listed(&whole, Some(complete_length), etag.as_deref())
        } else {
            String::new()
        });
        return Ok(());
    }
    let set = set(&args.ranges)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::Runtime(format!("cannot start: {error}")))?;
    let done = runtime.block_on(cat(&job, &set, &args));
    // What is read ahead is of no use any more.
    runtime.shutdown_background();
    done.map_err(|error| failure(&error))
}

/// Joins all that was typed to one set: `-r 0-99 -r -500` is `0-99,-500`.
fn set(typed: &[String]) -> Result<RangeSet, Failure> {
    let joined = typed.join(",");
    let text = joined.strip_prefix("bytes=").unwrap_or(&joined);
    match RangesSpecifier::parse(format!("bytes={text}").as_bytes(), RANGES_MOST) {
        RangesSpecifier::Bytes(set) => Ok(set),
        RangesSpecifier::TooMany => Err(Failure::usage(format!("--range: more than {RANGES_MOST} ranges"))),
        RangesSpecifier::Invalid | RangesSpecifier::OtherUnit => Err(Failure::usage(format!(
            "--range: `{joined}` is no set of ranges: write 0-99 (first and last octet), 500- (from there on) or -22 (the \
             last 22), with commas between them"
        ))),
    }
}

async fn cat(job: &Job, set: &RangeSet, args: &CatArgs) -> Result<(), RangesError> {
    let options = RangesOptions { unpinned: args.unpinned, ..RangesOptions::default() };
    let ranges = Ranges::open(job, set, options).await?;
    if args.json {
        report::tell(&listed(ranges.wanted(), ranges.complete_length(), ranges.etag().as_deref()));
    }
    let mut out = io::BufWriter::with_capacity(1 << 18, io::stdout());
    ranges.read(&mut |octets| out.write_all(octets)).await?;
    out.flush().map_err(RangesError::Write)
}

/// One part, as `--json` lists it.
#[derive(Serialize)]
struct Part<'a> {
    /// Where it stands in the output.
    offset: u64,
    /// Its first octet in the file.
    first: u64,
    /// Its last.
    last: u64,
    /// How many octets it has.
    length: u64,
    /// How many the file has, where the server told.
    complete_length: Option<u64>,
    /// The entity tag of the version.
    etag: Option<&'a str>,
}

fn listed(wanted: &[ByteRange], complete_length: Option<u64>, etag: Option<&str>) -> String {
    let mut offset = 0_u64;
    let mut text = String::new();
    for range in wanted {
        let (first, last, length) = (range.first(), range.last(), range.length());
        let part = Part { offset, first, last, length, complete_length, etag };
        // Numbers and strings cannot fail.
        text.push_str(&serde_json::to_string(&part).unwrap_or_default());
        text.push('\n');
        offset = offset.saturating_add(length);
    }
    text
}

fn failure(error: &RangesError) -> Failure {
    let exit = match error {
        RangesError::Write(error) => {
            return Failure::Runtime(format!("cannot write to standard output: {error}"));
        }
        RangesError::Read(error) => match error {
            ReadError::Changed => exit::CHANGED,
            ReadError::Unreachable(_) => exit::NETWORK,
            ReadError::Misuse(_) => exit::USAGE,
            _ => exit::REFUSED,
        },
    };
    let cure = match error {
        RangesError::Read(ReadError::Unpinned) => " (--unpinned allows it)",
        _ => "",
    };
    report::say(format_args!("{error}{cure}"));
    Failure::Told(exit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_joined_in_the_order_typed() {
        let typed = |words: &[&str]| set(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(typed(&["0-99", "-500"]).ok(), typed(&["0-99,-500"]).ok());
        assert_eq!(typed(&["bytes=0-99"]).ok(), typed(&["0-99"]).ok());
        for wrong in ["", "5-4", "a", "0-1;2-3"] {
            assert!(typed(&[wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn parts_are_listed_with_their_places() {
        let wanted = [ByteRange::new(5, 9), ByteRange::new(0, 0)].map(|range| range.expect("a range"));
        assert_eq!(
            listed(&wanted, Some(10), Some("\"a\"")),
            "{\"offset\":0,\"first\":5,\"last\":9,\"length\":5,\"complete_length\":10,\"etag\":\"\\\"a\\\"\"}\n\
             {\"offset\":5,\"first\":0,\"last\":0,\"length\":1,\"complete_length\":10,\"etag\":\"\\\"a\\\"\"}\n"
        );
    }
}
