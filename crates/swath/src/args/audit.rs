//! The flags of `swath audit`.
//!
//! In: clap's matches. Out: [`AuditArgs`], uninterpreted.

use std::{ffi::OsString, path::PathBuf};

use clap::{ArgAction, Args, ValueEnum, ValueHint, builder::PossibleValuesParser};
use swath_audit::Player;

const REQUESTS: &str = "Requests";
const CONNECTION: &str = "Connection";
const OUTPUT: &str = "Output";

const EXAMPLES: &str = "\
Examples:
  swath audit https://media.example/clip.mp4
  swath audit --show http://127.0.0.1:8080/book.pdf
  swath audit --origin https://maps.example https://tiles.example/world.pmtiles
  swath audit --as safari --as chromium https://media.example/clip.mp4
  swath audit --format junit --from urls.txt > audit.xml
  swath audit --list

A file of at least 10,000 octets lets every check run; a longer one than 8 MiB is sampled. Only GET, HEAD and OPTIONS \
are sent, one after the other, about 260 in all.

Exit codes: 0 no MUST is broken, 1 one is, 2 the command line is wrong, 3 something could not be audited.";

/// What was typed after `swath audit`.
#[derive(Debug, Args)]
#[command(args_override_self = true, after_help = EXAMPLES)]
pub(crate) struct AuditArgs {
    /// What to audit
    #[arg(value_name = "URL", value_hint = ValueHint::Url, required_unless_present_any = ["from", "list"])]
    pub(crate) urls: Vec<String>,

    /// Audit the URLs in this file too, one a line; # begins a comment
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) from: Option<PathBuf>,

    /// List all checks, and audit nothing
    #[arg(long, conflicts_with_all = ["urls", "from"])]
    pub(crate) list: bool,

    /// A header field to send along; may be given several times
    #[arg(short = 'H', long = "header", value_name = "FIELD: VALUE", action = ArgAction::Append, help_heading = REQUESTS)]
    pub(crate) fields: Vec<OsString>,

    /// Authenticate by name and password (Basic)
    #[arg(long, value_name = "NAME:PASSWORD", help_heading = REQUESTS)]
    pub(crate) user: Option<String>,

    /// Ask as this client does, too, and say whether it would start, jump and resume; may be given several times
    #[arg(long = "as", value_name = "CLIENT", action = ArgAction::Append, help_heading = REQUESTS,
        value_parser = PossibleValuesParser::new(Player::ALL.map(Player::name)))]
    pub(crate) players: Vec<String>,

    /// Check what scripts of this origin may do; it is a scheme, a host and perhaps a port
    #[arg(long, value_name = "ORIGIN", help_heading = REQUESTS)]
    pub(crate) origin: Option<String>,

    /// Send at most so many requests
    #[arg(long, value_name = "NUMBER", default_value_t = 300, help_heading = REQUESTS)]
    pub(crate) max_requests: u32,

    /// Read at most so many octets of content
    #[arg(long, value_name = "SIZE", default_value = "32MiB", help_heading = REQUESTS)]
    pub(crate) max_bytes: String,

    /// Send at most so many requests in a second
    #[arg(long, value_name = "NUMBER", help_heading = REQUESTS)]
    pub(crate) rate: Option<f64>,

    /// Give up on an exchange after so long
    #[arg(long, value_name = "DURATION", default_value = "10s", help_heading = CONNECTION)]
    pub(crate) timeout: String,

    /// Connect to this address for a host and port, such as media.example:443:127.0.0.1
    #[arg(long, value_name = "HOST:PORT:ADDRESS", action = ArgAction::Append, help_heading = CONNECTION)]
    pub(crate) resolve: Vec<String>,

    /// Trust the authorities in this PEM file, and no others
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "insecure", help_heading = CONNECTION)]
    pub(crate) cacert: Option<PathBuf>,

    /// Take any certificate
    #[arg(long, help_heading = CONNECTION)]
    pub(crate) insecure: bool,

    /// How to report
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text, help_heading = OUTPUT)]
    pub(crate) format: Format,

    /// Show the heads of request and answer that prove each finding
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) show: bool,

    /// Tell what passed and what could not be judged, too
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) all: bool,
}

/// Names a form of report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// One JSON document a line for each URL
    Json,
    /// The XML that CI servers show
    Junit,
    /// A table
    Markdown,
}
