//! The flags of `swath cat`.
//!
//! In: clap's matches. Out: [`CatArgs`].

use clap::{ArgAction, Args, ValueHint};

use super::RequestArgs;

const OUTPUT: &str = "Output";

const EXAMPLES: &str = "\
Examples:
  swath cat https://media.example/disk.img -r 0-511 | xxd
  swath cat https://media.example/data.zip -r -22            the last 22 octets
  swath cat https://media.example/book.pdf -r 0-1023,-1024   one request, two parts
  swath cat https://media.example/log.txt -r 100000-         from there to the end
  swath cat https://media.example/book.pdf -r 0-99 -r -500 --json > /dev/null

Ranges are those of RFC 9110: first and last octet, both included, counted from 0. They are written in the order they \
were asked for; one that begins within the file and ends past it is cut at the end. All octets are of one version of \
the file: if it changes meanwhile, nothing more is written.

Exit codes: 0 all was written, 1 something here failed, 2 the command line is wrong, 3 the file changed on the server, \
4 the server refused, made no sense, or has no such range, 5 the network failed, 130 interrupted.";

/// What was typed after `swath cat`.
#[derive(Debug, Args)]
#[command(args_override_self = true, after_help = EXAMPLES)]
pub(crate) struct CatArgs {
    /// What to read
    #[arg(value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) url: String,

    /// Write these ranges, in this order: 0-99, 500-, -22; may be given several times; all of it if never
    #[arg(short, long = "range", value_name = "RANGES", action = ArgAction::Append, allow_hyphen_values = true)]
    pub(crate) ranges: Vec<String>,

    /// List each part on standard error, one JSON object a line: where it lies, and where it stands in the output
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) json: bool,

    /// Read on although the server gives no strong ETag that shows a change; the length still has to agree
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) unpinned: bool,

    #[command(flatten)]
    pub(crate) request: RequestArgs,
}
