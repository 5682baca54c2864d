//! The flags of `swath explain`.
//!
//! In: clap's matches. Out: [`ExplainArgs`], uninterpreted.

use std::{ffi::OsString, path::PathBuf};

use clap::{ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use super::serve;
use crate::settings::{layers::Layer, resolve::POLICY};

const REQUEST: &str = "The request";
const REPRESENTATION: &str = "The representation";
const OUTPUT: &str = "Output";

const EXAMPLES: &str = "\
Examples:
  swath explain --length 10000 -H 'Range: bytes=0-499,-1'
  swath explain --length 10000 --etag '\"v1\"' -H 'Range: bytes=500-' -H 'If-Range: \"v0\"'
  swath explain --file clip.mp4 -H 'Range: bytes=0-' --max-open-range 4MiB
  swath explain --length 2048 -H 'Range: bytes=1024-4096' --json

Dates are HTTP dates ('Sun, 06 Nov 1994 08:49:37 GMT') or RFC 3339 ('1994-11-06T08:49:37Z'). \
Nothing is read from the environment or a configuration file, and the boundary of parts is a fixed example: \
with --now, the same words give the same answer.

Exit codes: 0 the answer was printed, 1 the file could not be read, 2 the command line is wrong.";

/// What was typed after `swath explain`.
#[derive(Debug, Args)]
#[command(args_override_self = true, after_help = EXAMPLES)]
pub(crate) struct ExplainArgs {
    /// The request method
    #[arg(short = 'X', long = "method", value_name = "METHOD", default_value = "GET", help_heading = REQUEST)]
    pub(crate) method: String,

    /// A header field of the request; may be given several times
    #[arg(short = 'H', long = "header", value_name = "FIELD: VALUE", action = ArgAction::Append, help_heading = REQUEST)]
    pub(crate) fields: Vec<OsString>,

    /// How many octets it has
    #[arg(long, value_name = "SIZE", conflicts_with = "file", help_heading = REPRESENTATION)]
    pub(crate) length: Option<String>,

    /// Its entity tag, quotes and all: '"v1"' or 'W/"v1"'
    #[arg(long, value_name = "TAG", help_heading = REPRESENTATION)]
    pub(crate) etag: Option<String>,

    /// When it was last modified
    #[arg(long, value_name = "DATE", help_heading = REPRESENTATION)]
    pub(crate) last_modified: Option<String>,

    /// Its media type
    #[arg(long, value_name = "TYPE", help_heading = REPRESENTATION)]
    pub(crate) content_type: Option<String>,

    /// Its content coding, such as gzip; offsets then count coded octets
    #[arg(long, value_name = "CODING", help_heading = REPRESENTATION)]
    pub(crate) content_encoding: Option<String>,

    /// Take length, type, entity tag and date from this file, as swath serve would; the flags above win
    #[arg(long, value_name = "FILE", help_heading = REPRESENTATION)]
    pub(crate) file: Option<PathBuf>,

    /// The moment of the answer; the clock's if not given
    #[arg(long, value_name = "DATE", help_heading = REPRESENTATION)]
    pub(crate) now: Option<String>,

    #[command(flatten)]
    pub(crate) policy: PolicyArgs,

    /// Print one JSON object for machines
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) json: bool,
}

/// The flags of `swath serve` that decide about ranges.
#[derive(Debug)]
pub(crate) struct PolicyArgs(pub(crate) Layer);

impl Args for PolicyArgs {
    fn augment_args(command: Command) -> Command {
        POLICY.iter().fold(command, |command, setting| serve::with_setting(command, setting))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for PolicyArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Ok(Self(serve::layer(matches, POLICY)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
