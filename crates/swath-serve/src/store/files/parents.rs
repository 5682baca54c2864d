//! Directories that were lately found to lie beneath the root.
//!
//! In: the directory of a file whose path is looked at again. Out: since when that directory is known to be reached by the rules, so
//! that of its files only the names in it have to be looked at: one system call for each, where a bounded lookup takes three.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How many directories are remembered; with more, all are looked up anew.
const MOST: usize = 1024;

/// Remembers directories by their paths beneath the root.
#[derive(Debug, Default)]
pub(super) struct Parents {
    found: Mutex<HashMap<Box<[u8]>, u64>>,
}

impl Parents {
    /// Says since when a directory is known: `now` if it is `found` now, earlier if that is less than `age` ago; all in microseconds.
    pub(super) fn since(
        &self,
        directory: &[u8],
        now: u64,
        age: u64,
        found: impl FnOnce() -> bool,
    ) -> Option<u64> {
        let known = self.found.lock().unwrap_or_else(PoisonError::into_inner).get(directory).copied();
        if let Some(since) = known
            && now.saturating_sub(since) < age
        {
            return Some(since);
        }
        if !found() {
            return None;
        }
        let mut all = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(directory.into(), now);
        Some(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_looked_up_again_when_its_age_is_over_and_a_lost_one_is_not_remembered() {
        let (parents, age) = (Parents::default(), 10);
        assert_eq!(parents.since(b"a", 100, age, || false), None);
        assert_eq!(parents.since(b"a", 101, age, || true), Some(101));
        assert_eq!(parents.since(b"a", 110, age, || unreachable!()), Some(101));
        assert_eq!(parents.since(b"a", 111, age, || false), None);
        assert_eq!(parents.since(b"a", 112, age, || true), Some(112));
    }

    #[test]
    fn no_more_directories_are_remembered_than_are_allowed() {
        let parents = Parents::default();
        for number in 0..3 * MOST {
            parents.since(number.to_string().as_bytes(), 0, 1_000_000, || true);
        }
        assert!(parents.found.lock().unwrap().len() <= MOST);
    }
}
