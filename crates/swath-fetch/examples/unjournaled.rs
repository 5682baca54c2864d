//! Fetches as `swath get` does, but keeps no journal, and makes everything durable once, at the end: what the journal costs is measured beside it.
//!
//! `unjournaled URL FILE LANES`. What it leaves after a crash is worth nothing, so nothing else should use it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use byteranges::download::{Identity, Lanes};
use bytes::Bytes;
use swath_fetch::{About, Digest, Finished, Job, Sink, Stop, download};

/// A file that is synced when it is complete.
struct Once {
    path: PathBuf,
    file: OnceLock<File>,
}

impl Once {
    fn file(&self) -> io::Result<&File> {
        self.file.get().ok_or_else(|| io::Error::other("no file was begun"))
    }
}

impl Sink for Once {
    fn start(&self, _: u32, _: &[u8], length: Option<u64>, _: bool, _: &About) -> io::Result<()> {
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&self.path)?;
        if let Some(length) = length {
            rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::KEEP_SIZE, 0, length)?;
        }
        self.file.set(file).map_err(|_| io::Error::other("the representation changed"))
    }

    fn write(&self, _: u32, first: u64, octets: &[Bytes]) -> io::Result<()> {
        let mut at = first;
        for octets in octets {
            self.file()?.write_all_at(octets, at)?;
            at += octets.len() as u64;
        }
        Ok(())
    }

    fn equals(&self, _: u32, first: u64, octets: &[Bytes]) -> io::Result<bool> {
        let wanted = octets.concat();
        let mut found = vec![0; wanted.len()];
        self.file()?.read_exact_at(&mut found, first)?;
        Ok(found == wanted)
    }

    fn sync(&self, _: u32) -> io::Result<()> {
        Ok(())
    }

    fn record(&self, _: u32, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn digest(&self, _: u32, _: &Digest) -> io::Result<bool> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn finish(&self, _: u32, _: &Identity, _: &About) -> io::Result<Finished> {
        self.file()?.sync_data()?;
        Ok(Finished { path: Some(self.path.clone()) })
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, path, lanes] = words.as_slice() else { return ExitCode::from(2) };
    let (Ok(url), Ok(lanes)) = (url.parse(), lanes.parse()) else { return ExitCode::from(2) };
    let mut job = Job::new(url);
    job.settings.lanes = Lanes::Fixed(lanes);
    job.want_digests = false;
    let sink = Once { path: path.into(), file: OnceLock::new() };
    match download(job, Arc::new(sink), &mut (), &Stop::new()) {
        Ok(ended) if ended.report.outcome.is_ok() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
