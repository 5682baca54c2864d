//! Reads single settings.
//!
//! In: [`Layers`] and a setting of the table. Out: what its values mean; what is wrong with them is gathered.

use std::{
    cell::RefCell,
    ffi::{OsStr, OsString},
    fmt::Display,
    path::PathBuf,
    str::FromStr,
};

use super::super::{
    layers::Layers,
    setting::Setting,
    value::{self, Wrong},
};

/// Reads single settings and gathers what is wrong, so that all of it can be told at once.
pub(super) struct Reader<'a> {
    pub(super) layers: &'a Layers,
    complaints: RefCell<Vec<String>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(layers: &'a Layers) -> Self {
        Self { layers, complaints: RefCell::default() }
    }

    /// Gives all that was complained of.
    pub(super) fn complaints(self) -> Vec<String> {
        self.complaints.into_inner()
    }

    pub(super) fn complain(&self, sentence: String) {
        self.complaints.borrow_mut().push(sentence);
    }

    /// Reads each value; `read` complains in a sentence of its own.
    pub(super) fn sentences<T>(
        &self,
        setting: &Setting,
        read: impl Fn(&OsStr) -> Result<T, String>,
    ) -> Vec<T> {
        let found = self.layers.find(setting);
        let one =
            |value: &OsString| read(value).map_err(|w| self.complain(format!("{}: {w}", found.origin))).ok();
        found.values.iter().filter_map(one).collect()
    }

    /// Reads each value; `read` complains in the rest of a sentence that begins with the value.
    pub(super) fn list<T>(&self, setting: &Setting, read: impl Fn(&OsStr) -> Result<T, Wrong>) -> Vec<T> {
        self.sentences(setting, |value| read(value).map_err(|w| format!("`{}` {w}", value.to_string_lossy())))
    }

    pub(super) fn one<T>(&self, setting: &Setting, read: impl Fn(&OsStr) -> Result<T, Wrong>) -> Option<T> {
        self.list(setting, read).pop()
    }

    pub(super) fn switch(&self, setting: &Setting) -> bool {
        self.one(setting, value::switch).unwrap_or_default()
    }

    pub(super) fn number<T: TryFrom<u64> + Default>(&self, setting: &Setting, least: u64, most: u64) -> T {
        self.one(setting, |value| value::number(value, least, most)).unwrap_or_default()
    }

    pub(super) fn word(&self, setting: &Setting) -> &'static str {
        self.one(setting, |value| value::word(value, setting.words)).unwrap_or("")
    }

    pub(super) fn path(&self, setting: &Setting) -> Option<PathBuf> {
        self.one(setting, |value| Ok(PathBuf::from(value)))
    }
}

/// Parses what complains in a sentence of its own.
pub(super) fn parse_sentence<T: FromStr<Err: Display>>(value: &OsStr) -> Result<T, String> {
    // What is not UTF-8 is none of these either, and the sentence shows it.
    value.to_string_lossy().parse().map_err(|error: T::Err| error.to_string())
}
