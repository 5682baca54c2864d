//! A sink in memory that keeps account of what was durable, and a download into it.

use std::io;
use std::sync::{Arc, Mutex};

use byteranges::download::{Identity, Journal};
use bytes::Bytes;
use swath_fetch::{About, Digest, Ended, Event, Finished, Job, Observer, Progress, Sink, Stop, download};

/// Keeps a file and its journal.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) kept: Mutex<Kept>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    pub(crate) generation: u32,
    pub(crate) file: Vec<u8>,
    pub(crate) journal: Vec<u8>,
    pub(crate) about: Option<About>,
    pub(crate) finished: bool,
}

impl Memory {
    pub(crate) fn with(kept: Kept) -> Arc<Self> {
        Arc::new(Self { kept: Mutex::new(kept) })
    }
}

impl Sink for Memory {
    fn start(
        &self,
        generation: u32,
        journal: &[u8],
        _: Option<u64>,
        _: bool,
        about: &About,
    ) -> io::Result<()> {
        let about = Some(about.clone());
        *self.kept.lock().unwrap() =
            Kept { generation, file: Vec::new(), journal: journal.to_vec(), about, finished: false };
        Ok(())
    }

    fn write(&self, generation: u32, first: u64, octets: &[Bytes]) -> io::Result<()> {
        let mut kept = self.kept.lock().unwrap();
        if generation == kept.generation {
            let (first, octets) = (first as usize, octets.concat());
            let end = first + octets.len();
            if kept.file.len() < end {
                kept.file.resize(end, 0);
            }
            kept.file[first..end].copy_from_slice(&octets);
        }
        Ok(())
    }

    fn equals(&self, _: u32, first: u64, octets: &[Bytes]) -> io::Result<bool> {
        let (first, octets) = (first as usize, octets.concat());
        Ok(self.kept.lock().unwrap().file.get(first..first + octets.len()) == Some(&octets))
    }

    fn sync(&self, _: u32) -> io::Result<()> {
        Ok(())
    }

    fn record(&self, _: u32, octets: &[u8]) -> io::Result<()> {
        self.kept.lock().unwrap().journal.extend_from_slice(octets);
        Ok(())
    }

    fn digest(&self, _: u32, wanted: &Digest) -> io::Result<bool> {
        let mut hasher = swath_fetch::digest::Hasher::new(wanted.algorithm());
        hasher.update(&self.kept.lock().unwrap().file);
        Ok(hasher.finish() == *wanted)
    }

    fn finish(&self, _: u32, _: &Identity, _: &About) -> io::Result<Finished> {
        self.kept.lock().unwrap().finished = true;
        Ok(Finished { path: None })
    }
}

/// Keeps what it was shown.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) events: Vec<Event>,
    pub(crate) shown: usize,
}

impl Observer for Seen {
    fn event(&mut self, _: std::time::Duration, event: &Event) {
        self.events.push(event.clone());
    }

    fn progress(&mut self, _: &Progress) {
        self.shown += 1;
    }
}

/// Fetches into memory.
pub(crate) fn fetch(job: Job, memory: &Arc<Memory>) -> (Ended, Seen) {
    let mut seen = Seen::default();
    let ended = download(job, Arc::clone(memory) as Arc<dyn Sink>, &mut seen, &Stop::new()).unwrap();
    (ended, seen)
}

/// What a run left in memory, as the next run finds it.
pub(crate) fn journal(memory: &Memory) -> Option<Journal> {
    Journal::read(&memory.kept.lock().unwrap().journal)
}
