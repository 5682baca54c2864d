//! Where the octets of a download go: a file with its journal, or a pipe.
//!
//! In: octets and where they belong. Out: what became of them. All calls block, are made off the lanes' way where they
//! take long, and come from several threads at once.

use std::io;
use std::path::PathBuf;

use byteranges::download::Identity;
use bytes::Bytes;
use http::HeaderMap;
use url::Url;

use crate::Digest;

/// Takes in one representation after another, each under a number of its own.
pub trait Sink: Send + Sync + 'static {
    /// Begins a new file and its journal; both, and the directory, are durable on return. The file of an earlier
    /// generation is replaced, or with `keep_old` kept under another name.
    fn start(
        &self,
        generation: u32,
        journal: &[u8],
        complete_length: Option<u64>,
        keep_old: bool,
        about: &About,
    ) -> io::Result<()>;

    /// Keeps a file that was found without a journal: makes its octets durable, then a journal beside it, then the directory.
    fn adopt(
        &self,
        generation: u32,
        journal: &[u8],
        complete_length: Option<u64>,
        about: &About,
    ) -> io::Result<()> {
        let _ = (generation, journal, complete_length, about);
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    /// Writes octets at a position. No two calls at once are about the same octets. It may block, as a pipe does.
    fn write(&self, generation: u32, first: u64, octets: &[Bytes]) -> io::Result<()>;

    /// Tells whether these octets are those that were written there.
    fn equals(&self, generation: u32, first: u64, octets: &[Bytes]) -> io::Result<bool>;

    /// Makes durable what was written before the call. After it failed once, it never succeeds again.
    fn sync(&self, generation: u32) -> io::Result<()>;

    /// Appends to the journal and makes that durable.
    fn record(&self, generation: u32, octets: &[u8]) -> io::Result<()>;

    /// Holds the whole against a digest.
    fn digest(&self, generation: u32, wanted: &Digest) -> io::Result<bool>;

    /// Puts the whole in its place; called once, after everything else succeeded. The identity has its complete length.
    fn finish(&self, generation: u32, identity: &Identity, about: &About) -> io::Result<Finished>;
}

/// Describes the answer that began a file.
#[derive(Clone, Debug)]
pub struct About {
    /// The URL that the user named.
    pub url: Url,
    /// The URL that answered, after redirections.
    pub answered: Url,
    /// The fields of its head: Content-Disposition, Last-Modified, ETag and the rest.
    pub fields: HeaderMap,
}

/// Tells where a whole representation was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The file, where it is one.
    pub path: Option<PathBuf>,
}
