//! The disk of a seed's world, as the machine's actions reach it.
//!
//! In: writes, comparisons, syncs, records. Out: what is told of them, and whether the journal is ever ahead of the data.

use super::judge::check_held;
use super::*;

impl World {
    pub(super) fn synced(&mut self, generation: u32, fails: bool) {
        let ignored = self.tamper.has(Bug::SyncErrorIgnored);
        let lie = self.tamper.has(Bug::JournalAheadOfData);
        if let Some(files) = self.files.as_mut().filter(|files| files.generation == generation && !lie) {
            if fails {
                // What could not be written is dropped, and later syncs say nothing of it.
                files.dirty = byteranges::ByteSet::new();
            } else {
                files.sync();
            }
        }
        self.tell(if fails && !ignored { Event::DiskFailed } else { Event::Synced { generation } });
    }

    pub(super) fn write(&mut self, generation: u32, ask: AskId, range: ByteRange) -> Step {
        if let (Some(window), Some(arrived)) =
            (self.settings.window, self.download.as_ref().and_then(Download::arrived))
            && range.half_open().end > arrived.first_missing(0) + window.get()
        {
            return Err(format!(
                "{range} arrived, {window} octets or more beyond {}",
                arrived.first_missing(0)
            ));
        }
        let octets = self.take(ask, range.length())?;
        if self.files.as_ref().is_none_or(|files| files.generation != generation) {
            return Err("a write to a file that is not there".to_owned());
        }
        let delay = self.random.between(0, 30);
        self.after(delay, Occurrence::Write { generation, ask, range, octets });
        Ok(())
    }

    pub(super) fn compare(&mut self, ask: AskId, range: ByteRange) -> Step {
        let octets = self.take(ask, range.length())?;
        let files = self.files.as_ref().ok_or("a comparison without a file")?;
        let span = range.first() as usize..range.half_open().end as usize;
        if files.origin.get(span.clone()).is_none_or(|octets| octets.iter().any(Option::is_none)) {
            return Err(format!("{range} is compared and was never written"));
        }
        let equal = files.cache[span] == octets || self.tamper.has(Bug::ComparisonIgnored);
        if self.tamper.has(Bug::NothingCompared) {
            self.after(1, Occurrence::Tell(Event::Compared { ask, range, equal: true }));
            return Ok(());
        }
        if equal {
            let generation = files.generation;
            self.compared.entry((generation, ask)).or_default().insert(range);
        }
        self.after(1, Occurrence::Tell(Event::Compared { ask, range, equal }));
        Ok(())
    }

    pub(super) fn record(&mut self, generation: u32, octets: &[u8]) -> Step {
        let Some(files) = self.files.as_mut() else { return Err("a record without a file".to_owned()) };
        if files.generation != generation {
            return Err("a record for a file that is not there".to_owned());
        }
        files.append(octets);
        let length = files.journal.len();
        let journal =
            byteranges::download::Journal::read(&files.journal).ok_or("a journal that cannot be read")?;
        if journal.good != length && !self.tamper.has(Bug::NewVersionInOldFile) {
            return Err("a journal whose last record cannot be read".to_owned());
        }
        if journal.url != self.settings.url {
            return Err(format!("the journal names {:?}, not where it is fetched from now", journal.url));
        }
        for held in &journal.held {
            check_held(files, &journal.identity.etag, held, &self.servers)?;
        }
        let delay = self.random.between(1, 40);
        self.after(delay, Occurrence::Recorded { generation, length });
        Ok(())
    }
}
