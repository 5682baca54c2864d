//! Whether the file that is being sent is still the one that was promised (R-8.6-3).
//!
//! In: each turn's octets, after they were read and before they are handed over. Out: go on, or the outcome the
//! response is aborted with. A turn is handed over only when a look at the descriptor *after* its read shows
//! nothing that could have changed it; Linux moves the times of a file before it moves the octets, so a write
//! that got into a turn shows at that look.
//!
//! | what moved since the last look | what follows |
//! |---|---|
//! | nothing | go on |
//! | link count, mode or owner | go on: unlinked, replaced by rename, chmod: the content is the old one |
//! | only ctime, and the file now has another name | go on: it was renamed |
//! | only ctime, unexplained | abort, `changed`: a writer may have put the old mtime back |
//! | mtime, at the same length | abort, `changed` |
//! | longer, a strong validator was sent | abort, `changed` |
//! | longer, none was sent, what was sent still stands | go on, `grew` |
//! | longer, none was sent, what was sent reads differently | abort, `changed`: rewritten, not appended to |
//! | shorter | abort, `truncated` |
//!
//! Each look compares with the last one, not with the promise: an explanation explains one move only.

mod witness;

use std::fs::File;
use std::io;
use std::path::PathBuf;

use self::witness::Witness;
use crate::exchange::Outcome;
use crate::facts::{Facts, Verdict};
use crate::source::OpenFile;

/// Watches one file from its promise to its last turn.
#[derive(Debug)]
pub(crate) struct Watch {
    last: Facts,
    name: Option<PathBuf>,
    /// Kept only where no strong validator was sent: only then may the file grow.
    witness: Option<Witness>,
    grew: bool,
}

/// Says why a turn must not be handed over.
#[derive(Debug)]
pub(crate) enum Broken {
    Changed,
    Truncated,
    Unreadable(io::Error),
}

impl Watch {
    /// Begins to watch from the facts that were promised.
    ///
    /// The name is asked for only when sending takes more than one turn, since few files are renamed within one.
    pub(crate) fn begin(open: &OpenFile, turns: u64) -> Self {
        let name = if turns > 1 { name_of(open.file()) } else { None };
        let witness = (!open.is_strong()).then(Witness::default);
        Self { last: *open.promised(), name, witness, grew: false }
    }

    /// Looks at the file after `octets` were read at `offset`, before they are handed over.
    pub(crate) fn look(&mut self, file: &File, offset: u64, octets: &[u8]) -> Result<(), Broken> {
        let now = Facts::of(file).map_err(Broken::Unreadable)?;
        match self.last.verdict(&now) {
            Verdict::Same | Verdict::OnlyMetadata => {}
            Verdict::Unexplained => self.expect_another_name(file)?,
            Verdict::Grew => self.expect_an_append(file, offset, octets)?,
            Verdict::Changed => return Err(Broken::Changed),
            Verdict::Truncated => return Err(Broken::Truncated),
        }
        self.last = now;
        if let Some(witness) = &mut self.witness {
            witness.note(offset, octets);
        }
        Ok(())
    }

    /// Gives the outcome of a response whose last turn was handed over.
    pub(crate) fn complete(&self) -> Outcome {
        if self.grew { Outcome::Grew } else { Outcome::Finished }
    }

    fn expect_another_name(&mut self, file: &File) -> Result<(), Broken> {
        let now = name_of(file);
        if self.name.is_none() || now.is_none() || now == self.name {
            return Err(Broken::Changed);
        }
        self.name = now;
        Ok(())
    }

    /// Goes on only where growth is allowed, and both what was sent and what is about to be still stand.
    fn expect_an_append(&mut self, file: &File, offset: u64, octets: &[u8]) -> Result<(), Broken> {
        let Some(witness) = &mut self.witness else { return Err(Broken::Changed) };
        let before = witness.stands(file).map_err(Broken::Unreadable)?;
        witness.note(offset, octets);
        if !before || !witness.stands(file).map_err(Broken::Unreadable)? {
            return Err(Broken::Changed);
        }
        self.grew = true;
        Ok(())
    }
}

impl Broken {
    /// Gives the outcome to abort with, and the system's own words if it had any.
    pub(crate) fn into_outcome(self) -> (Outcome, Option<io::Error>) {
        match self {
            Self::Changed => (Outcome::Changed, None),
            Self::Truncated => (Outcome::Truncated, None),
            Self::Unreadable(error) => (Outcome::ReadError, Some(error)),
        }
    }
}

/// Asks the kernel under which name it knows an open file; `None` where /proc does not say.
fn name_of(file: &File) -> Option<PathBuf> {
    use std::os::fd::AsRawFd;
    std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).ok()
}
