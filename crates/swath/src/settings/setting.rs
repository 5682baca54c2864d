//! One setting: what it is called everywhere, and what it takes.
//!
//! In: a row of the [table](super::table). Out: its flag, its variable, what undoes it.

/// How many values a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Present or absent: `--hidden`, undone by `--no-hidden`.
    Switch,
    /// One value; the last one given wins.
    Value,
    /// Any number of values.
    List,
}

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The flag without its dashes, and the key in the file.
    pub(crate) key: &'static str,
    /// How many values it takes.
    pub(crate) kind: Kind,
    /// What stands for the value in help.
    pub(crate) value: &'static str,
    /// The only words it takes, if it takes words.
    pub(crate) words: &'static [&'static str],
    /// The default as a person would type it; `None` where there is no value to name.
    pub(crate) default: Option<&'static str>,
    /// What the flag means when it stands alone; a value is joined to such a flag by `=`.
    pub(crate) alone: Option<&'static str>,
    /// The heading under which help lists it.
    pub(crate) heading: &'static str,
    /// One sentence for `-h`.
    pub(crate) help: &'static str,
    /// What `--help` and the reference add to that sentence.
    pub(crate) more: &'static str,
}

impl Setting {
    /// Names the environment variable.
    pub(crate) fn variable(&self) -> String {
        format!("SWATH_{}", self.key.to_uppercase().replace('-', "_"))
    }

    /// Names the flag as it is typed; ROOT stands for itself.
    pub(crate) fn flag(&self) -> String {
        if self.is_positional() { self.value.to_owned() } else { format!("--{}", self.key) }
    }

    /// Names the flag that undoes a switch.
    pub(crate) fn opposite(&self) -> Option<String> {
        (self.kind == Kind::Switch).then(|| match self.key.strip_prefix("no-") {
            Some(rest) => rest.to_owned(),
            None => format!("no-{}", self.key),
        })
    }

    /// Tells whether it is typed without a flag.
    pub(crate) fn is_positional(&self) -> bool {
        self.key == "root"
    }

    /// Tells whether a file may set it: only the name of the file itself may not.
    pub(crate) fn in_file(&self) -> bool {
        self.key != "config"
    }

    /// Tells whether its values are paths, which a file means relative to itself.
    pub(crate) fn is_path(&self) -> bool {
        matches!(self.value, "FILE" | "ROOT")
    }
}
