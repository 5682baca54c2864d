//! The first answer, or the journal: what is being fetched, and into which file.
//!
//! In: a head without anything to hold it against, or a journal. Out: a version, and the order to begin its file.

use super::accept::Granted;
use super::holdings::Holdings;
use super::journal::Writer;
use super::{Action, Download, Head, Identity, Journal, OnChange, Version};

impl Download {
    /// Goes on with what a journal says, if that may be put together with anything new.
    pub(super) fn resume(&mut self, journal: &Journal) {
        let version = Version {
            identity: journal.identity.clone(),
            source: 0,
            holdings: Holdings::resume(&journal.held),
            journal: journal.writer(),
            ready: true,
            new_length: None,
            verifying: false,
            verified: false,
        };
        // Where nothing is held, nothing has to be matched.
        if !version.combines(&self.settings) || journal.held.is_empty() {
            return;
        }
        // Numbers go on, so that an answer is never taken for one of the run before.
        self.next_ask = version.holdings.last_ask().map_or(0, |ask| ask.0.saturating_add(1));
        self.version = Some(version);
        self.rename(journal);
    }

    /// Tells the journal where it goes on from, where that is another place.
    fn rename(&mut self, journal: &Journal) {
        let differs = |own: &Option<String>, old: &Option<String>| own.clone().filter(|_| own != old);
        let url = differs(&self.settings.url, &journal.url);
        let note = differs(&self.settings.note, &journal.note);
        let Some(version) = &mut self.version else { return };
        let octets = version.journal.texts(url.as_deref(), note.as_deref());
        if !octets.is_empty() {
            self.actions.push_back(Action::Record { generation: self.generation, octets });
        }
    }

    /// Takes the identity from an answer and begins its file.
    // R-14.3-3, R-14.3-4
    pub(super) fn begin(&mut self, head: &Head, granted: &Granted, source: u16) {
        let identity = Identity::of(head, granted.complete_length);
        if self.past.iter().any(|past| past.is_version_of(&identity)) {
            // An earlier version is back: nodes disagree, and only one of them can be believed.
            self.alone = true;
            self.paths.iter_mut().for_each(|path| path.plain = true);
        }
        self.generation = self.generation.saturating_add(1);
        let (mut journal, mut octets) = Writer::begin(self.generation, &identity);
        octets.extend(journal.texts(self.settings.url.as_deref(), self.settings.note.as_deref()));
        self.actions.push_back(Action::StartFile {
            generation: self.generation,
            journal: octets,
            complete_length: identity.complete_length,
            keep_old: self.settings.on_change == OnChange::KeepBoth,
        });
        self.version = Some(Version {
            identity,
            source,
            holdings: Holdings::default(),
            journal,
            ready: false,
            new_length: None,
            verifying: false,
            verified: false,
        });
    }
}
