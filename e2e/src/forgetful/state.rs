//! The folder: names, and the files behind them.
//!
//! In: changes of names. Out: numbers of files; after a failure of the power, what is left.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};

use fuser::Errno;

use crate::chance::Chance;

use super::{
    inode::Inode,
    refusal::{Call, Refusal},
};

/// Changes of names that happen as one: a rename is two.
type Change = Vec<(OsString, Option<u64>)>;

/// The number of the folder itself.
pub(crate) const ROOT: u64 = 1;

/// What a failure of the power took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Survived {
    /// Pages that were lost or torn.
    pub pages_lost: usize,
    /// Changes of names that were undone.
    pub changes_lost: usize,
}

pub(crate) struct State {
    inodes: HashMap<u64, Inode>,
    names: BTreeMap<OsString, u64>,
    kept: BTreeMap<OsString, u64>,
    pending: Vec<Change>,
    next: u64,
    pub(crate) refusal: Option<Refusal>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            inodes: HashMap::new(),
            names: BTreeMap::new(),
            kept: BTreeMap::new(),
            pending: Vec::new(),
            next: ROOT + 1,
            refusal: None,
        }
    }
}

impl State {
    /// Refuses a call, if it is to be.
    pub(crate) fn obey(&mut self, call: Call) -> Result<(), Errno> {
        self.refusal.as_mut().map_or(Ok(()), |refusal| refusal.count(call))
    }

    pub(crate) fn find(&self, name: &OsStr) -> Option<u64> {
        self.names.get(name).copied()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = (&OsString, &u64)> {
        self.names.iter()
    }

    pub(crate) fn inode(&self, number: u64) -> Option<&Inode> {
        self.inodes.get(&number)
    }

    pub(crate) fn inode_mut(&mut self, number: u64) -> Option<&mut Inode> {
        self.inodes.get_mut(&number)
    }

    pub(crate) fn links(&self, number: u64) -> u32 {
        u32::try_from(self.names.values().filter(|of| **of == number).count()).unwrap_or(u32::MAX)
    }

    /// Makes an empty file; its number.
    pub(crate) fn create(&mut self, name: &OsStr, mode: u16) -> u64 {
        let number = self.next;
        self.next += 1;
        self.inodes.insert(number, Inode::new(mode));
        self.change(vec![(name.to_owned(), Some(number))]);
        number
    }

    /// Gives a file another name; says whether the old one was there.
    pub(crate) fn link(&mut self, number: u64, name: &OsStr) {
        self.change(vec![(name.to_owned(), Some(number))]);
    }

    pub(crate) fn unlink(&mut self, name: &OsStr) -> bool {
        let there = self.names.contains_key(name);
        if there {
            self.change(vec![(name.to_owned(), None)]);
        }
        there
    }

    pub(crate) fn rename(&mut self, from: &OsStr, to: &OsStr) -> bool {
        let Some(number) = self.find(from) else { return false };
        self.change(vec![(from.to_owned(), None), (to.to_owned(), Some(number))]);
        true
    }

    /// Makes the names durable.
    pub(crate) fn sync_names(&mut self) {
        self.pending.clear();
        self.kept = self.names.clone();
    }

    pub(crate) fn lose_power(&mut self, seed: u64) -> Survived {
        let mut chance = Chance::new(seed);
        let made = chance.below(self.pending.len() as u64 + 1) as usize;
        let changes_lost = self.pending.len() - made;
        let pending = std::mem::take(&mut self.pending);
        for change in pending.into_iter().take(made) {
            apply(&mut self.kept, change);
        }
        self.names = self.kept.clone();
        let mut numbers: Vec<u64> = self.inodes.keys().copied().collect();
        numbers.sort_unstable();
        let lose =
            |number: &u64| self.inodes.get_mut(number).map_or(0, |inode| inode.lose_power(&mut chance));
        Survived { pages_lost: numbers.iter().map(lose).sum(), changes_lost }
    }

    fn change(&mut self, change: Change) {
        apply(&mut self.names, change.clone());
        self.pending.push(change);
    }
}

fn apply(names: &mut BTreeMap<OsString, u64>, change: Change) {
    for (name, number) in change {
        match number {
            Some(number) => names.insert(name, number),
            None => names.remove(&name),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_when_the_folder_was_synced() {
        let mut state = State::default();
        let number = state.create("old".as_ref(), 0o644);
        state.sync_names();
        assert!(state.rename("old".as_ref(), "new".as_ref()));
        let (mut before, mut after) = (0, 0);
        for seed in 0..40 {
            let mut state = State {
                names: state.names.clone(),
                kept: state.kept.clone(),
                pending: state.pending.clone(),
                ..State::default()
            };
            let _ = state.lose_power(seed);
            match (state.find("old".as_ref()), state.find("new".as_ref())) {
                (Some(found), None) if found == number => before += 1,
                (None, Some(found)) if found == number => after += 1,
                other => panic!("half a rename: {other:?}"),
            }
        }
        assert!(before > 5 && after > 5, "{before} before, {after} after");
    }
}
