//! Puts the layers on top of each other: command line, environment, file, default.
//!
//! In: one [`Layer`] per source, the strongest first. Out: for each setting the values that count and where
//! they came from. Nothing is interpreted here, so precedence cannot depend on meaning.

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    fmt,
    path::PathBuf,
    rc::Rc,
};

use super::setting::{Kind, Setting};

/// Where a value came from, for people who look for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Typed on the command line.
    Flag(String),
    /// An environment variable.
    Variable(String),
    /// A line of the configuration file.
    File {
        /// The file as it was named.
        path: Rc<PathBuf>,
        /// The line, counted from one.
        line: usize,
        /// The key.
        key: &'static str,
    },
    /// Nobody said anything.
    Default(&'static str),
}

impl Origin {
    /// Tells whether somebody asked for it.
    pub(crate) fn is_given(&self) -> bool {
        !matches!(self, Self::Default(_))
    }

    /// Tells how strong it is: what is stronger is heard first.
    pub(crate) fn strength(&self) -> u8 {
        match self {
            Self::Flag(_) => 3,
            Self::Variable(_) => 2,
            Self::File { .. } => 1,
            Self::Default(_) => 0,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Variable(name) => f.write_str(name),
            Self::File { path, line, key } => write!(f, "{}:{line}: {key}", path.display()),
            Self::Default(key) => write!(f, "the default of {key}"),
        }
    }
}

/// The values of one setting with their origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The values as typed; exactly one unless the setting is a list.
    pub(crate) values: Vec<OsString>,
    /// Where they stand.
    pub(crate) origin: Origin,
}

/// What one source says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layer(HashMap<&'static str, Found>);

impl Layer {
    /// Notes what the source says of one setting.
    pub(crate) fn put(&mut self, setting: &Setting, values: Vec<OsString>, origin: Origin) {
        self.0.insert(setting.key, Found { values, origin });
    }

    /// What the source says of one setting.
    pub(crate) fn get(&self, setting: &Setting) -> Option<&Found> {
        self.0.get(setting.key)
    }
}

/// All sources, the strongest first.
#[derive(Debug)]
pub(crate) struct Layers(pub(crate) Vec<Layer>);

impl Layers {
    /// Finds the values that count; a list in a stronger layer replaces a weaker one, it does not add to it.
    pub(crate) fn find(&self, setting: &Setting) -> Found {
        let given = self.0.iter().find_map(|layer| layer.get(setting)).cloned();
        given.unwrap_or_else(|| Found {
            values: default_of(setting).map(OsStr::to_owned).into_iter().collect(),
            origin: Origin::Default(setting.key),
        })
    }
}

fn default_of(setting: &Setting) -> Option<&'static OsStr> {
    match setting.kind {
        Kind::Switch => Some(OsStr::new("false")),
        Kind::Value | Kind::List => setting.default.map(OsStr::new),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::table::ALL, *};

    /// Every setting in every combination of layers: the strongest one that speaks is heard, whole.
    #[test]
    fn the_strongest_layer_that_speaks_is_heard() {
        for setting in ALL {
            for speaking in 0u8..8 {
                let layers = Layers((0..3u8).map(|rank| layer(setting, rank, speaking)).collect());
                let found = layers.find(setting);
                match (0..3u8).find(|rank| speaking & (1 << rank) != 0) {
                    Some(rank) => {
                        assert_eq!(found.values, [OsString::from(format!("said by {rank}"))]);
                        assert_eq!(found.origin, Origin::Flag(format!("layer {rank}")));
                    }
                    None => assert_eq!(found.origin, Origin::Default(setting.key)),
                }
            }
        }
    }

    fn layer(setting: &Setting, rank: u8, speaking: u8) -> Layer {
        let mut layer = Layer::default();
        if speaking & (1 << rank) != 0 {
            layer.put(setting, vec![format!("said by {rank}").into()], Origin::Flag(format!("layer {rank}")));
        }
        layer
    }
}
