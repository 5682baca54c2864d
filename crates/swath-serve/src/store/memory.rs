//! Media in memory as a store: the same answers as for files, from octets that never change.
//!
//! In: named octets, once, then a path for each request. Out: what the path selects.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;
use std::time::SystemTime;

use byteranges::{HttpDate, Representation};
use bytes::Bytes;
use http::HeaderValue;
use sha2::{Digest, Sha256};

use super::files::tag_of_digest;
use super::media_type::media_type;
use super::target::{Target, is_hidden};
use super::{Directory, Entry, EntryKind, Selected, Selection, StoreError, Wanted};
use crate::source::Source;

/// Holds one medium: a name, its octets and when they were made.
#[derive(Clone, Debug)]
pub struct Medium {
    /// Its name: one component of a path.
    pub name: OsString,
    /// Its octets.
    pub octets: Bytes,
    /// Its modification date.
    pub modified: SystemTime,
}

/// Serves media that are held in memory, all in one directory.
///
/// Their entity tags are made from their octets and always strong. As for files, a name that starts with a dot is
/// hidden and `index.html` stands for the directory.
#[derive(Debug)]
pub struct Memory {
    media: BTreeMap<OsString, Held>,
}

#[derive(Debug)]
struct Held {
    octets: Bytes,
    modified: SystemTime,
    representation: Arc<Representation>,
    digest: [u8; 32],
}

impl Memory {
    /// Takes the media, of which later ones replace earlier ones of the same name, and hashes them.
    pub fn new(media: impl IntoIterator<Item = Medium>, cache_control: Option<&HeaderValue>) -> Self {
        let media = media.into_iter().filter(|medium| !is_hidden(&medium.name));
        Self { media: media.map(|medium| (medium.name.clone(), Held::new(medium, cache_control))).collect() }
    }

    /// Selects what a request is about; see [`Store::select`](super::Store::select).
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] and [`StoreError::BadTarget`].
    pub fn select(&self, wanted: &Wanted<'_>) -> Result<Selection, StoreError> {
        let target = Target::parse(wanted.path.as_bytes())?;
        let name = match (target.names(), target.has_trailing_slash()) {
            ([], _) => OsStr::new("index.html"),
            ([name], false) => name,
            _ => return Err(StoreError::NotFound),
        };
        match self.media.get(name) {
            Some(held) => Ok(Selection::Representation(Box::new(held.select(name)))),
            None if target.names().is_empty() => Ok(Selection::Directory(self.list())),
            None => Err(StoreError::NotFound),
        }
    }

    fn list(&self) -> Directory {
        let entry = |(name, held): (&OsString, &Held)| Entry {
            name: name.clone(),
            kind: EntryKind::File,
            length: held.representation.complete_length,
            modified: Some(held.modified),
        };
        Directory { names: Vec::new(), entries: self.media.iter().map(entry).collect(), truncated: false }
    }
}

impl Held {
    fn new(medium: Medium, cache_control: Option<&HeaderValue>) -> Self {
        let digest = Sha256::digest(&medium.octets).into();
        let representation = Representation {
            etag: tag_of_digest(&digest, None, true),
            last_modified: HttpDate::from_system_time(medium.modified),
            content_type: Some(media_type(&medium.name)),
            cache_control: cache_control.cloned(),
            ..Representation::new(u64::try_from(medium.octets.len()).unwrap_or(u64::MAX))
        };
        Self {
            octets: medium.octets,
            modified: medium.modified,
            representation: Arc::new(representation),
            digest,
        }
    }

    fn select(&self, name: &OsStr) -> Selected {
        Selected {
            representation: Arc::clone(&self.representation),
            source: Source::Memory(self.octets.clone()),
            name: name.into(),
            digest: Some(self.digest),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn memory(names: &[&'static str]) -> Memory {
        let modified = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let medium = |name: &&'static str| Medium {
            name: name.into(),
            octets: Bytes::from_static(name.as_bytes()),
            modified,
        };
        Memory::new(names.iter().map(medium), Some(&HeaderValue::from_static("no-cache")))
    }

    fn select(memory: &Memory, path: &str) -> Result<Selection, StoreError> {
        memory.select(&Wanted { path, accept_encoding: &[b"gzip"], now: SystemTime::now() })
    }

    #[test]
    fn media_have_the_facts_of_files() {
        let memory = memory(&["clip.mp4", "page.html"]);
        let Ok(Selection::Representation(clip)) = select(&memory, "/clip%2Emp4") else { panic!() };
        assert_eq!(clip.representation.complete_length, 8);
        assert_eq!(clip.representation.content_type.as_ref().unwrap(), "video/mp4");
        assert_eq!(clip.representation.cache_control.as_ref().unwrap(), "no-cache");
        assert_eq!(clip.representation.last_modified.unwrap().to_string(), "Tue, 14 Nov 2023 22:13:20 GMT");
        assert_eq!(clip.digest, Some(Sha256::digest("clip.mp4").into()));
        assert_eq!(clip.name.to_str(), Some("clip.mp4"));
        assert!(matches!(&clip.source, Source::Memory(octets) if octets == "clip.mp4"));
        let Ok(Selection::Representation(page)) = select(&memory, "/page.html") else { panic!() };
        let tags = (clip.representation.etag.clone().unwrap(), page.representation.etag.clone().unwrap());
        assert!(!tags.0.is_weak() && !tags.0.weak_eq(&tags.1));
    }

    #[test]
    fn the_directory_is_listed_unless_there_is_an_index() {
        let Ok(Selection::Directory(directory)) = select(&memory(&["b", "a", ".hidden"]), "/") else {
            panic!()
        };
        let names: Vec<_> = directory.entries.iter().map(|entry| entry.name.to_str().unwrap()).collect();
        assert_eq!(names, ["a", "b"]);
        let Ok(Selection::Representation(index)) = select(&memory(&["index.html"]), "/") else { panic!() };
        assert_eq!(&*index.name, "index.html");
    }

    #[test]
    fn nothing_else_is_there() {
        let memory = memory(&["a", ".hidden"]);
        for path in ["/b", "/a/", "/a/b", "/.hidden", "/%61%2f"] {
            assert!(
                matches!(select(&memory, path), Err(StoreError::NotFound | StoreError::BadTarget(_))),
                "{path}"
            );
        }
    }
}
