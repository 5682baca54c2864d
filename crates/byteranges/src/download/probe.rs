//! The first answer, or the journal: what is being fetched, and into which file.
//!
//! In: a head without anything to hold it against, or a journal. Out: a version, and the order to begin its file.

use super::accept::Granted;
use super::doubt::records;
use super::holdings::Holdings;
use super::journal::Writer;
use super::mirror::Mirrors;
use super::{Action, Download, Head, Held, Identity, Journal, OnChange, Proof, Version};

impl Download {
    /// Goes on with what a journal says, if that may be put together with anything new.
    pub(super) fn resume(&mut self, journal: &Journal) {
        let (held, lost): (Vec<Held>, Vec<Held>) =
            journal.held.iter().copied().partition(|held: &Held| self.may_count(held.proof));
        let mut version = Version {
            adopted: held.iter().any(|held| held.proof == Proof::Found),
            holdings: Holdings::resume(&held),
            ready: true,
            ..Version::new(journal.identity.clone(), 0, journal.writer())
        };
        // Where nothing is held, nothing has to be matched.
        if !version.combines(&self.settings) || held.is_empty() {
            return;
        }
        // Numbers go on, so that an answer is never taken for one of the run before.
        self.next_ask = journal.held.iter().map(|held| held.ask.0.saturating_add(1)).max().unwrap_or(0);
        let mut lost: Vec<_> = lost.iter().map(|held| held.ask).collect();
        lost.dedup();
        let octets: Vec<u8> = lost.into_iter().flat_map(|ask| version.journal.void(ask)).collect();
        self.version = Some(version);
        self.record(octets);
        self.rename(journal);
    }

    /// Whether octets so bound may be put together with others: what nobody vouches for only as settings allow it.
    fn may_count(&self, proof: Proof) -> bool {
        !proof.is_doubtful() || self.settings.may_doubt()
    }

    fn record(&mut self, octets: Vec<u8>) {
        if !octets.is_empty() {
            self.actions.push_back(Action::Record { generation: self.generation, octets });
        }
    }

    /// Tells the journal where it goes on from, where that is another place.
    fn rename(&mut self, journal: &Journal) {
        let differs = |own: &Option<String>, old: &Option<String>| own.clone().filter(|_| own != old);
        let url = differs(&self.settings.url, &journal.url);
        let note = differs(&self.settings.note, &journal.note);
        let Some(version) = &mut self.version else { return };
        let octets = version.journal.texts(url.as_deref(), note.as_deref());
        self.record(octets);
    }

    /// Takes the identity from an answer and begins its file; tells whether that is a file that was found.
    // R-14.3-3, R-14.3-4
    pub(super) fn begin(&mut self, head: &Head, granted: &Granted, source: u16) -> bool {
        let identity = Identity::of(head, granted.complete_length);
        if self.past.iter().any(|past| past.is_version_of(&identity)) {
            // An earlier version is back: nodes disagree, and only one of them can be believed.
            self.alone = true;
            self.paths.iter_mut().for_each(|path| path.plain = true);
        }
        self.generation = self.generation.saturating_add(1);
        let generation = self.generation;
        let complete_length = identity.complete_length;
        let (mut writer, mut journal) = Writer::begin(generation, &identity);
        journal.extend(writer.texts(self.settings.url.as_deref(), self.settings.note.as_deref()));
        let found = self.adopt(&identity);
        let adopted = !found.is_empty();
        self.actions.push_back(if adopted {
            journal.extend(records(&mut writer, &found));
            Action::AdoptFile { generation, journal, complete_length }
        } else {
            let keep_old = self.settings.on_change == OnChange::KeepBoth;
            Action::StartFile { generation, journal, complete_length, keep_old }
        });
        let holdings = Holdings::resume(&found);
        self.version = Some(Version { adopted, holdings, ..Version::new(identity, source, writer) });
        adopted
    }
}

impl Version {
    /// A version of which nothing is held.
    fn new(identity: Identity, source: u16, journal: Writer) -> Self {
        Self {
            identity,
            source,
            holdings: Holdings::default(),
            journal,
            mirrors: Mirrors::default(),
            adopted: false,
            ready: false,
            new_length: None,
            verifying: false,
            verified: false,
        }
    }
}
