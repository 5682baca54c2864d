//! Settings of `swath serve`: from what was typed to what it means, in one conversion.
//!
//! In: the command line's values, the environment, a file. Out: [`ServeSettings`] and warnings, or complaints.
//! Precedence is settled in [`layers`] before anything is interpreted in [`resolve`].

use std::{
    ffi::OsString,
    fs,
    io::Read as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use byteranges::Policy;
use http::HeaderValue;
use swath_serve::{
    connection::TrustedProxies,
    lens::{Origin, Trust},
    limits::Limits,
    listen::ListenAddress,
    log::Format,
    store::{EtagMode, Symlinks},
};

pub(crate) mod environment;
pub(crate) mod file;
pub(crate) mod layers;
pub(crate) mod nearest;
#[cfg(test)]
mod reference;
pub(crate) mod resolve;
pub(crate) mod setting;
pub(crate) mod table;
pub(crate) mod value;

use layers::{Layer, Layers};

/// Everything `swath serve` was told, with its meaning.
#[derive(Debug)]
pub(crate) struct ServeSettings {
    /// The directory or file to serve.
    pub(crate) root: PathBuf,
    /// Whether to serve the built-in media instead.
    pub(crate) demo: bool,
    /// The server to stand before instead.
    pub(crate) lens: Option<LensSettings>,
    /// Where and how to listen.
    pub(crate) listen: ListenSettings,
    /// Which files may be served.
    pub(crate) files: FileSettings,
    /// How requests are answered.
    pub(crate) answers: AnswerSettings,
    /// What a client may cost.
    pub(crate) limits: Limits,
    /// What is written down.
    pub(crate) records: RecordSettings,
}

/// Before which server to stand, and how to speak with it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LensSettings {
    /// The server.
    pub(crate) origin: Origin,
    /// Which certificates of its are believed.
    pub(crate) trust: Trust,
    /// How long it may take for each step of its answer.
    pub(crate) patience: Duration,
}

/// Where and how to listen.
#[derive(Debug)]
pub(crate) struct ListenSettings {
    /// The addresses.
    pub(crate) addresses: Vec<ListenAddress>,
    /// Whether somebody named them, rather than the default.
    pub(crate) given: bool,
    /// The certificate, if any.
    pub(crate) tls: TlsSettings,
    /// The peers whose word for the client's address is taken.
    pub(crate) trusted_proxies: TrustedProxies,
    /// Whether plain requests in the clear are answered without the HTTP engine.
    pub(crate) fast_path: bool,
}

/// Where the certificate comes from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TlsSettings {
    /// No TLS.
    None,
    /// Made for this run.
    SelfSigned,
    /// Read from PEM files.
    Files {
        /// The chain.
        cert: PathBuf,
        /// Its key.
        key: PathBuf,
    },
}

/// Which files may be served.
#[derive(Debug)]
pub(crate) struct FileSettings {
    pub(crate) symlinks: Symlinks,
    pub(crate) hidden: bool,
    pub(crate) index: bool,
    pub(crate) precompressed: bool,
    /// `None`: as many as the system's limit suggests.
    pub(crate) open_files: Option<usize>,
    pub(crate) open_files_age: Duration,
}

/// How requests are answered.
#[derive(Debug)]
pub(crate) struct AnswerSettings {
    pub(crate) etag: EtagMode,
    pub(crate) cache_control: Option<HeaderValue>,
    pub(crate) cors: Vec<HeaderValue>,
    pub(crate) policy: Policy,
}

/// What is written down.
#[derive(Debug)]
pub(crate) struct RecordSettings {
    pub(crate) log: Format,
    pub(crate) metrics: Option<SocketAddr>,
    /// Where the inspector listens.
    pub(crate) inspect: Option<SocketAddr>,
    /// Where exchanges are recorded.
    pub(crate) inspect_record: Option<PathBuf>,
}

/// Gathers the layers and converts them; warnings come beside the result, whatever it is.
pub(crate) fn gather(
    typed: Layer,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> (Result<ServeSettings, Vec<String>>, Vec<String>) {
    let (environment, warnings) = environment::read(variables);
    let mut layers = Layers(vec![typed, environment]);
    let config = layers.find(&table::CONFIG);
    if let Some(path) = config.values.first() {
        match read_file(Path::new(path)) {
            Ok(layer) => layers.0.push(layer),
            Err(Unread::Missing(error)) => {
                return (Err(vec![format!("{}: {error}", config.origin)]), warnings);
            }
            Err(Unread::Wrong(complaints)) => return (Err(complaints), warnings),
        }
    }
    (resolve::resolve(&layers), warnings)
}

enum Unread {
    Missing(String),
    Wrong(Vec<String>),
}

fn read_file(path: &Path) -> Result<Layer, Unread> {
    // No setting is long: a file above a mebibyte is some other file, perhaps one without end.
    const LONGEST: u64 = 1 << 20;
    let missing =
        |error: &dyn std::fmt::Display| Unread::Missing(format!("cannot read {}: {error}", path.display()));
    let mut text = String::new();
    let file = fs::File::open(path).map_err(|error| missing(&error))?;
    let length = file.take(LONGEST + 1).read_to_string(&mut text).map_err(|error| missing(&error))?;
    if length > usize::try_from(LONGEST).unwrap_or(usize::MAX) {
        return Err(missing(&"it is longer than 1 MiB, which no file of settings is"));
    }
    file::read(path, &text).map_err(Unread::Wrong)
}
