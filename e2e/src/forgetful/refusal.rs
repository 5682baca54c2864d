//! Calls that a disk refuses, though it is not full and nothing is wrong with it.
//!
//! In: what is called. Out: whether it is refused, and by which error.

use fuser::Errno;

/// What a disk may refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// To write octets of a file.
    Write,
    /// To make a file durable.
    Sync,
    /// To rename a file.
    Rename,
}

/// Refuses calls of one kind after the first ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    pub(crate) call: Call,
    /// The number of the error.
    pub(crate) error: i32,
    /// How many calls are obeyed before.
    pub(crate) after: usize,
}

impl Refusal {
    /// Counts a call, and refuses it perhaps.
    pub(crate) fn count(&mut self, call: Call) -> Result<(), Errno> {
        if call != self.call {
            return Ok(());
        }
        match self.after.checked_sub(1) {
            None => Err(Errno::from_i32(self.error)),
            Some(left) => {
                self.after = left;
                Ok(())
            }
        }
    }
}
