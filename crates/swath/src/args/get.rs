//! The flags of `swath get`.
//!
//! In: clap's matches. Out: [`GetArgs`]; single values are read, what they mean together is decided by the command.

use std::{num::NonZeroU64, path::PathBuf};

use clap::{ArgAction, Args, ValueEnum, ValueHint};

use swath_fetch::Digest;

use super::{RequestArgs, read};

const OUTPUT: &str = "Output";
const SOURCES: &str = "Connections, links and mirrors";
const TRUST: &str = "Trust";
const PROGRESS: &str = "Progress";

const EXAMPLES: &str = "\
Examples:
  swath get https://media.example/disk.img
  swath get -c 8 -o disk.img https://media.example/disk.img
  swath get https://media.example/data.tar -o - | tar x
  swath get --digest sha-256=9f86…0a08 https://media.example/disk.img
  swath get --interface wlan0 --interface wwan0:500M https://media.example/disk.img
  swath get https://media.example/new-link --resume disk.img.part
  swath get -i urls.txt -d downloads

What is fetched is written to FILE.part, with a journal beside it, and renamed once it is whole. Whatever interrupts \
it, the same command goes on, or says that all is there; nothing is ever put together from two versions of a file.

Nothing is read from swath's environment or configuration, which are for swath serve. Proxies are taken from http_proxy, \
https_proxy, all_proxy and no_proxy, as other programs take them.

Sizes: 4KiB, 4MiB, 4GiB are powers of 1024; 4K, 4M, 4G powers of 1000; plain numbers are octets.

Exit codes: 0 all is there, 1 something here failed (not the server, the network or the disk), 2 the command line is \
wrong, 3 the file changed on the server, 4 the server refused or made no sense, 5 the network failed, 6 the disk \
failed, 7 the digest differs, 130 interrupted. Of several files, the first that failed decides.";

/// What was typed after `swath get`.
#[derive(Debug, Args)]
#[command(args_override_self = true, after_help = EXAMPLES)]
pub(crate) struct GetArgs {
    /// What to fetch, each to a file of its own; or a Metalink file (.meta4)
    #[arg(value_name = "URL", value_hint = ValueHint::Url, required_unless_present_any = ["input", "metalink"])]
    pub(crate) urls: Vec<String>,

    /// Write to this file; - writes to standard output, in order
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = OUTPUT)]
    pub(crate) output: Option<PathBuf>,

    /// Write into this directory, which must exist
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = OUTPUT)]
    pub(crate) directory: Option<PathBuf>,

    /// Fetch the URLs in this file too, one a line; # begins a comment; - reads standard input
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = OUTPUT)]
    pub(crate) input: Option<PathBuf>,

    /// Fetch so many files at once
    #[arg(short = 'j', long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64),
        help_heading = OUTPUT)]
    pub(crate) jobs: u16,

    /// Go on with this part, although it was begun from another URL: for links that expire
    #[arg(long, value_name = "FILE.part", value_hint = ValueHint::FilePath, conflicts_with = "output",
        help_heading = OUTPUT)]
    pub(crate) resume: Option<PathBuf>,

    /// Replace what has the file's name already
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) force: bool,

    /// Hold at most so much in memory for standard output
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = memory, help_heading = OUTPUT)]
    pub(crate) memory: NonZeroU64,

    /// Use so many connections at once: 1 to 64, or auto, which is up to 6 as long as more are faster
    #[arg(short, long, value_name = "N|auto", default_value = "auto", default_missing_value = "", num_args = 0..=1,
        value_parser = connections, help_heading = SOURCES)]
    pub(crate) connections: Connections,

    /// Use this network interface, for at most so many octets; may be given several times
    #[arg(long = "interface", value_name = "NAME[:SIZE]", action = ArgAction::Append, value_parser = interface,
        help_heading = SOURCES)]
    pub(crate) interfaces: Vec<Interface>,

    /// Fetch from here as well; used once its strong ETag is the same; may be given several times
    #[arg(long = "mirror", value_name = "URL", value_hint = ValueHint::Url, action = ArgAction::Append,
        help_heading = SOURCES)]
    pub(crate) mirrors: Vec<String>,

    /// Leave alone the mirrors that a server or a Metalink file names
    #[arg(long, help_heading = SOURCES)]
    pub(crate) no_mirrors: bool,

    /// Fetch what this Metalink file describes (RFC 5854), with its mirrors and digests
    #[arg(long, value_name = "FILE|URL", value_hint = ValueHint::AnyPath, help_heading = SOURCES)]
    pub(crate) metalink: Option<String>,

    /// Ask for at most so much in one request, for servers that slow down long answers
    #[arg(long, value_name = "SIZE", value_parser = read::some_octets, help_heading = SOURCES)]
    pub(crate) max_segment: Option<NonZeroU64>,

    /// What to do when the file changes on the server meanwhile
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = OnChange::Restart, help_heading = TRUST)]
    pub(crate) on_change: OnChange,

    /// How sure it has to be that all octets are of one version
    #[arg(long, value_name = "RUNG", value_enum, default_value_t = Assurance::Compared, help_heading = TRUST)]
    pub(crate) assurance: Assurance,

    /// Verify the file by this digest, in hexadecimal or base64: sha-256=…, sha-512=… or blake3=…
    #[arg(long, value_name = "ALGORITHM=VALUE", value_parser = str::parse::<Digest>, help_heading = TRUST)]
    pub(crate) digest: Option<Digest>,

    /// Verify by the digests in this file, such as SHA256SUMS
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "digest", help_heading = TRUST)]
    pub(crate) digest_file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) request: RequestArgs,

    /// How to tell what goes on
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Progress::Auto, help_heading = PROGRESS)]
    pub(crate) progress: Progress,

    /// Tell nothing but what went wrong
    #[arg(short, long, conflicts_with = "progress", help_heading = PROGRESS)]
    pub(crate) quiet: bool,
}

/// Names what happens when the server has another version than the one begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnChange {
    /// Begin again with the new version, at most twice
    Restart,
    /// End with exit code 3, and keep what is there
    Fail,
    /// Begin again, and keep what is there of the old version beside it
    KeepBoth,
}

/// Names the lowest rung that is good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Assurance {
    /// A strong entity tag equal on every answer, or one answer that holds everything
    Compared,
    /// Without such a tag: octets on both sides of every seam were fetched twice, and were equal
    Overlap,
    /// Without such a tag: only the length agreed
    LengthOnly,
}

/// Names a way to tell what goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    /// A bar on a terminal, else one line at the end
    Auto,
    /// A bar
    Bar,
    /// One JSON object a line, for programs, on standard error
    Json,
    /// One line at the end
    None,
}

/// Says how many connections to use at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connections {
    /// As many as help, up to the six that browsers allow themselves for one host.
    Auto,
    /// So many.
    Exactly(usize),
}

/// Names a network interface, and how much it may carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interface {
    /// Its name, such as `wlan0`.
    pub(crate) name: String,
    /// Octets of content that it may carry.
    pub(crate) budget: Option<u64>,
}

/// More is an attack on the server, and no faster.
const CONNECTIONS_MOST: usize = 64;

fn connections(typed: &str) -> Result<Connections, String> {
    if typed.eq_ignore_ascii_case("auto") {
        return Ok(Connections::Auto);
    }
    match typed.parse() {
        Ok(count @ 1..=CONNECTIONS_MOST) => Ok(Connections::Exactly(count)),
        Ok(_) => Err(format!("is not a number of connections from 1 to {CONNECTIONS_MOST}")),
        // Whoever types it as for wget or curl wants to resume.
        Err(_) => {
            Err("is no number of connections. To resume needs no flag: swath goes on with what is there. \
                       -c takes how many connections to use: -c 8, or -c auto"
                .to_owned())
        }
    }
}

fn interface(typed: &str) -> Result<Interface, String> {
    let (name, budget) = match typed.split_once(':') {
        Some((name, budget)) => (name, Some(read::size(budget)?)),
        None => (typed, None),
    };
    // Linux allows 15 octets (IFNAMSIZ), and neither slashes nor spaces.
    if name.is_empty() || name.len() > 15 || name.contains(['/', ' ']) {
        return Err(
            "is no name of a network interface: write wlan0, or wwan0:500M (`ip link` lists them)".to_owned()
        );
    }
    Ok(Interface { name: name.to_owned(), budget })
}

fn memory(typed: &str) -> Result<NonZeroU64, String> {
    // Below a mebibyte the lanes would wait for each other all the time.
    let octets = read::some_octets(typed)?;
    if octets.get() < 1 << 20 { Err("is too little: 1MiB is the least".to_owned()) } else { Ok(octets) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_without_a_number_explain_that_resuming_needs_no_flag() {
        assert_eq!(connections("auto"), Ok(Connections::Auto));
        assert_eq!(connections("64"), Ok(Connections::Exactly(64)));
        for typed in ["", "https://a.example/b"] {
            assert!(connections(typed).unwrap_err().contains("To resume needs no flag"), "{typed}");
        }
        for typed in ["0", "65"] {
            assert!(connections(typed).unwrap_err().contains("from 1 to 64"), "{typed}");
        }
    }

    #[test]
    fn an_interface_may_have_a_budget() {
        assert_eq!(interface("eth0"), Ok(Interface { name: "eth0".to_owned(), budget: None }));
        assert_eq!(
            interface("wwan0:500M"),
            Ok(Interface { name: "wwan0".to_owned(), budget: Some(500_000_000) })
        );
        for typed in ["", ":5M", "eth0:much", "a/b", "sixteen-letters-"] {
            assert!(interface(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn memory_has_a_least() {
        assert_eq!(memory("1MiB").map(NonZeroU64::get), Ok(1 << 20));
        assert!(memory("1023KiB").is_err());
    }
}
