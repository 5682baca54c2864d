//! What a later run wants to know about a finished file: which representation it is.
//!
//! In: an open file and what the server said; later, its path. Out: facts for a conditional request, if nothing was
//! changed since.
//!
//! They stand in extended attributes, beside the length and time that they are about. The URL itself may hold secrets
//! that nobody expects in a file's attributes, so only a digest of it is kept.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use byteranges::HttpDate;
use byteranges::download::Identity;
use rustix::fs::{XattrFlags, fgetxattr, fsetxattr};
use sha2::{Digest as _, Sha256};
use url::Url;

/// Which URL it came from, as hexadecimal digits of a digest.
const SOURCE: &str = "user.swath.source";
/// Which representation it is.
const IDENTITY: &str = "user.swath.identity";
/// The length and modification time that the others are about.
const STATE: &str = "user.swath.state";
/// The longest attribute that is read: tags longer than a head may be are no tags.
const VALUE_MAX: usize = 8 * 1024;

/// Holds what is known about a finished file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Which representation it is. Where nothing says so, its length and modification time stand for that.
    pub identity: Identity,
    /// Whether it was fetched from the URL asked about; `None` where nothing says so.
    pub same_source: Option<bool>,
}

/// Reads what is known about the file at `path`, and whether it came from `url`; none where there is no regular file.
///
/// # Errors
///
/// What the operating system says, but not that there is no such file.
pub fn facts(path: &Path, url: &Url) -> io::Result<Option<Facts>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Ok(None);
    }
    let known = read(&file, STATE).is_some_and(|state| state == self::state(&meta).into_bytes());
    let kept = read(&file, IDENTITY).filter(|_| known).and_then(|words| Identity::from_words(&words));
    let source = read(&file, SOURCE).filter(|_| known);
    Ok(Some(Facts {
        identity: kept.unwrap_or_else(|| Identity {
            complete_length: Some(meta.len()),
            etag: None,
            last_modified: meta.modified().ok().and_then(HttpDate::from_system_time),
            date_is_strong: false,
        }),
        same_source: source.map(|source| source == self::source(url).into_bytes()),
    }))
}

/// Gives a whole file the date of its representation, and notes which one it is where the file system can.
///
/// # Errors
///
/// When the date cannot be set. A file system without attributes is no error: the next run then has the length and the
/// date, which many servers take as well.
pub fn describe(file: &File, url: &Url, identity: &Identity) -> io::Result<()> {
    if let Some(date) = identity.last_modified {
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(date.seconds()))?;
    }
    let state = state(&file.metadata()?);
    // The state comes last: without it the others count for nothing.
    let values =
        [(SOURCE, source(url).into_bytes()), (IDENTITY, identity.to_words()), (STATE, state.into_bytes())];
    for (name, value) in values {
        if fsetxattr(file, name, &value, XattrFlags::empty()).is_err() {
            break;
        }
    }
    Ok(())
}

fn state(meta: &std::fs::Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    format!("{} {}.{:09}", meta.len(), meta.mtime(), meta.mtime_nsec())
}

/// A digest of the URL, without what says who asks, and without its fragment.
fn source(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    // URLs that cannot have them have none.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    Sha256::digest(url.as_str().as_bytes()).iter().take(16).map(|octet| format!("{octet:02x}")).collect()
}

fn read(file: &File, name: &str) -> Option<Vec<u8>> {
    let mut value = vec![0; VALUE_MAX];
    let length = fgetxattr(file, name, &mut value).ok()?;
    value.truncate(length);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use byteranges::EntityTag;
    use std::io::Write;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_finished_file_says_which_representation_it_is() {
        let identity = Identity {
            complete_length: Some(5),
            etag: EntityTag::strong(b"v1"),
            last_modified: HttpDate::from_seconds(1_700_000_000),
            date_is_strong: false,
        };
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().write_all(b"whole").unwrap();
        describe(file.as_file(), &url("http://user:secret@example.org/a?token=t#top"), &identity).unwrap();
        let facts = |text| facts(file.path(), &url(text)).unwrap().unwrap();
        let known = facts("http://example.org/a?token=t");
        assert_eq!(known.identity.last_modified, identity.last_modified);
        if known.same_source.is_none() {
            eprintln!("no extended attributes here: not tested");
            return;
        }
        assert_eq!((known.identity, known.same_source), (identity, Some(true)));
        assert_eq!(facts("http://example.org/b").same_source, Some(false));
        let attributes = [SOURCE, IDENTITY, STATE].iter().flat_map(|name| read(file.as_file(), name));
        let text = String::from_utf8_lossy(&attributes.flatten().collect::<Vec<_>>()).into_owned();
        assert!(text.contains("v1") && !text.contains("secret") && !text.contains("token"), "{text}");
        // Once it is written to, nothing of it counts.
        file.as_file().write_all(b"!").unwrap();
        let changed = facts("http://example.org/a?token=t");
        assert_eq!((changed.identity.etag, changed.same_source), (None, None));
        assert_eq!(changed.identity.complete_length, Some(6));
    }

    #[test]
    fn no_file_is_no_error() {
        let directory = tempfile::tempdir().unwrap();
        let url = url("http://example.org/");
        assert_eq!(facts(&directory.path().join("none"), &url).unwrap(), None);
        assert_eq!(facts(directory.path(), &url).unwrap(), None);
    }
}
