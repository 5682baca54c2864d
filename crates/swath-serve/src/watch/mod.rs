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
//! | only ctime, after a link count that fell without it | go on, once: the kernel lowers the count first and moves ctime a moment later |
//! | only ctime, and the file now has another name | go on: it was renamed |
//! | only ctime, unexplained | abort, `changed`: a writer may have put the old mtime back |
//! | mtime, at the same length | abort, `changed` |
//! | longer, a strong validator was sent | abort, `changed` |
//! | longer, none was sent, what was sent still stands | go on, `grew` |
//! | any of these, none was sent, what was sent reads differently | abort, `changed`: rewritten, or a write was under way |
//! | shorter | abort, `truncated` |
//!
//! Each look compares with the last one, not with the promise: an explanation explains one move only.
//!
//! Where the promise was made of facts that were remembered, and not of a look at the file for this request, the first look
//! stands for that one: any fact that moved since breaks the promise.
//!
//! A write that had begun before the file was opened moves no time any more. A file that is so young has no strong
//! validator, and of such a file a little of what was sent last is read again at each look: it shows when the write gets there.

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
    /// Kept only where no strong validator was sent: only then may the file grow, or a write have been under way.
    witness: Option<Witness>,
    grew: bool,
    /// Whether a link count that fell has not taken ctime along yet.
    ctime_follows: bool,
    /// Whether nobody has looked at the file for this request yet.
    unproven: bool,
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
        let last = *open.promised();
        // A file without a name may have been opened within the moment in which it lost its last one.
        let (ctime_follows, unproven) = (last.nlink == 0, open.is_remembered());
        Self { last, name, witness, grew: false, ctime_follows, unproven }
    }

    /// Says whether the next look has to prove what was promised.
    pub(crate) fn is_unproven(&self) -> bool {
        self.unproven
    }

    /// Looks at the file after `octets` were read at `offset`, before they are handed over.
    pub(crate) fn look(&mut self, file: &File, offset: u64, octets: &[u8]) -> Result<(), Broken> {
        let verdict = self.judge(Facts::of(file).map_err(Broken::Unreadable)?, file)?;
        let Some(witness) = &mut self.witness else { return Ok(()) };
        let stood = witness.last_stands(file).map_err(Broken::Unreadable)?;
        witness.note(offset, octets);
        // Where the file moved, its beginning and what is about to be sent must stand as well.
        let stands =
            stood && (verdict != Verdict::Grew || witness.stands(file).map_err(Broken::Unreadable)?);
        if stands { Ok(()) } else { Err(Broken::Changed) }
    }

    /// Says what moved since the last look, if it may move.
    fn judge(&mut self, now: Facts, file: &File) -> Result<Verdict, Broken> {
        if std::mem::take(&mut self.unproven) && now != self.last {
            return Err(Broken::Changed);
        }
        let verdict = self.last.verdict(&now);
        match verdict {
            Verdict::Same => {}
            Verdict::OnlyMetadata => {
                self.ctime_follows = now.nlink < self.last.nlink && now.ctime == self.last.ctime;
            }
            Verdict::Unexplained if std::mem::take(&mut self.ctime_follows) => {}
            Verdict::Unexplained => self.expect_another_name(file)?,
            Verdict::Grew if self.witness.is_some() => self.grew = true,
            Verdict::Grew | Verdict::Changed => return Err(Broken::Changed),
            Verdict::Truncated => return Err(Broken::Truncated),
        }
        self.last = now;
        Ok(verdict)
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    /// Looks after each of two turns, of which the first was read before a write under way got there.
    fn overtaken(strong: bool) -> io::Result<[bool; 2]> {
        let file = tempfile::tempfile()?;
        file.write_all_at(&[b'n'; 20_000], 0)?;
        let promised = Facts::of(&file)?;
        let open = OpenFile::new(file, promised, strong);
        let mut watch = Watch::begin(&open, 2);
        let first = watch.look(open.file(), 0, &[b'o'; 10_000]).is_ok();
        Ok([first, watch.look(open.file(), 10_000, &[b'n'; 10_000]).is_ok()])
    }

    #[test]
    fn a_write_that_was_under_way_when_a_young_file_was_opened_shows_at_the_next_look() -> io::Result<()> {
        assert_eq!(overtaken(false)?, [true, false]);
        assert_eq!(overtaken(true)?, [true, true], "a settled file is not read twice");
        Ok(())
    }

    /// Whether looks that find this many names and this ctime, one after the other, let an answer go on that was promised by the first.
    fn goes_on(seen: &[(u64, i64)], remembered: bool) -> io::Result<bool> {
        let file = tempfile::tempfile()?;
        let facts = Facts::of(&file)?;
        let mut seen = seen.iter().map(|&(nlink, ctime)| {
            let mut facts = facts;
            (facts.nlink, facts.ctime.seconds) = (nlink, ctime);
            facts
        });
        let open = OpenFile::new(file, seen.next().unwrap_or(facts), true);
        let open = if remembered { open.remembered() } else { open };
        let mut watch = Watch::begin(&open, 1);
        Ok(seen.all(|facts| watch.judge(facts, open.file()).is_ok()))
    }

    #[test]
    fn a_ctime_that_follows_a_link_count_is_explained_once() -> io::Result<()> {
        for (seen, expected) in [
            (&[(1, 5), (0, 6)][..], true),
            (&[(1, 5), (0, 5), (0, 6)], true),
            (&[(0, 5), (0, 6)], true),
            (&[(0, 5), (0, 6), (0, 7)], false),
            (&[(1, 5), (0, 5), (0, 6), (0, 7)], false),
            (&[(1, 5), (0, 6), (0, 7)], false),
            (&[(1, 5), (2, 5), (2, 6)], false),
            (&[(1, 5), (1, 6)], false),
        ] {
            assert_eq!(goes_on(seen, false)?, expected, "{seen:?}");
        }
        Ok(())
    }

    #[test]
    fn what_was_remembered_is_broken_by_any_fact_that_moved_before_the_first_look() -> io::Result<()> {
        for (seen, expected) in
            [(&[(2, 5), (2, 5), (1, 6)][..], true), (&[(2, 5), (1, 6)], false), (&[(0, 5), (0, 6)], false)]
        {
            assert_eq!(goes_on(seen, true)?, expected, "{seen:?}");
        }
        Ok(())
    }

    #[test]
    fn a_turn_that_was_read_while_a_growing_file_was_rewritten_is_not_sent() -> io::Result<()> {
        for (read, expected) in [(b'n', true), (b'o', false)] {
            let file = tempfile::tempfile()?;
            file.write_all_at(&[b'n'; 10_000], 0)?;
            let open = OpenFile::new(file.try_clone()?, Facts::of(&file)?, false);
            let mut watch = Watch::begin(&open, 1);
            file.set_len(10_001)?;
            assert_eq!(watch.look(open.file(), 0, &[read; 10_000]).is_ok(), expected);
        }
        Ok(())
    }
}
