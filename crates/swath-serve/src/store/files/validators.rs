//! Entity tags and dates of a file (§8.8), and whether they are old enough to be strong.
//!
//! In: the facts of one open descriptor, or a digest, and the clock. Out: an [`EntityTag`], strong or weak.
//!
//! A tag made from facts is a hash of inode, length, mtime and ctime in nanoseconds. The hash keeps the inode
//! undisclosed; the device is left out because it is not the same after the next mount. While the last change is
//! recent, another one could leave the same facts behind, so the tag is marked weak until the change has settled.
//! What no fact shows is out of reach: writers through mmap before they sync, attribute caches of NFS. That holds for
//! digests too, since they are remembered by the same facts; but a digest is the same on every replica, and where a
//! file system in user space invents its inodes.

use std::time::{Duration, SystemTime};

use byteranges::EntityTag;
use byteranges::validator::{SETTLE_COARSE, SETTLE_FINE, is_settled};
use sha2::{Digest, Sha256};

use crate::facts::{Facts, Stamp};
use crate::store::accept_encoding::Coding;

/// The octets of a digest that stand in a tag: 128 bits, beyond any accident.
const TAG_OCTETS: usize = 16;

/// Says what entity tags are made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EtagMode {
    /// Inode, length, mtime and ctime: costs nothing; another copy of the file has another tag.
    #[default]
    Stat,
    /// The octets: the same on every replica; the file has to be read once.
    Content,
    /// No tag. If-Range then works by date only, and resuming is less safe.
    None,
}

/// Holds how long a change has to rest before a validator made from its time is called strong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settle {
    /// Where ctime has digits below the millisecond: default 20 ms, several ticks of the kernel's clock.
    pub fine: Duration,
    /// Where it has none, so that it may be cut to a second or two: default 2.5 s.
    pub coarse: Duration,
}

impl Default for Settle {
    fn default() -> Self {
        Self { fine: SETTLE_FINE, coarse: SETTLE_COARSE }
    }
}

impl Settle {
    /// Whether a change at `changed` has rested long enough at `now`; never if it lies in the future.
    pub fn has_settled(&self, changed: Stamp, now: SystemTime) -> bool {
        self.settled_from(changed).is_some_and(|from| from <= now)
    }

    /// From when on a change at `changed` has rested long enough; `None` where no clock gets there.
    pub(super) fn settled_from(&self, changed: Stamp) -> Option<SystemTime> {
        let rest = if changed.nanoseconds.is_multiple_of(1_000_000) { self.coarse } else { self.fine };
        changed.to_system_time()?.checked_add(rest)
    }

    /// Whether both dates of a file are old enough for Last-Modified to count as strong (R-8.8.2.2-1), whatever
    /// their digits: the field has none.
    pub(super) fn has_settled_date(&self, facts: &Facts, now: SystemTime) -> bool {
        [facts.mtime, facts.ctime]
            .into_iter()
            .all(|stamp| stamp.to_system_time().is_some_and(|time| is_settled(time, now, self.coarse)))
    }
}

/// The tag of a file by its facts; weak unless `settled` (R-8.8.1-1, R-8.8.3-1, R-8.8.3-3).
pub(super) fn tag_of_facts(facts: &Facts, coding: Option<Coding>, settled: bool) -> Option<EntityTag> {
    let mut hash = Sha256::new();
    hash.update(facts.ino.to_le_bytes());
    hash.update(facts.length.to_le_bytes());
    for stamp in [facts.mtime, facts.ctime] {
        hash.update(stamp.seconds.to_le_bytes());
        hash.update(stamp.nanoseconds.to_le_bytes());
    }
    tag(&hash.finalize(), coding, settled)
}

/// The tag of a digest of all octets; weak unless `settled`.
pub(in crate::store) fn tag_of_digest(
    digest: &[u8; 32],
    coding: Option<Coding>,
    settled: bool,
) -> Option<EntityTag> {
    tag(digest, coding, settled)
}

/// Writes the start of a digest as a tag. The coding is named, so that two forms of one resource never share a
/// tag (R-8.8.1-2, R-8.8.3.3-1), not even where their octets or their inode are the same.
fn tag(digest: &[u8], coding: Option<Coding>, settled: bool) -> Option<EntityTag> {
    let mut opaque = String::with_capacity(2 * TAG_OCTETS + 5);
    for octet in digest.iter().take(TAG_OCTETS) {
        for digit in [octet >> 4, octet & 15] {
            opaque.extend(char::from_digit(digit.into(), 16));
        }
    }
    if let Some(coding) = coding {
        opaque.push('-');
        opaque.push_str(coding.token());
    }
    if settled { EntityTag::strong(opaque.as_bytes()) } else { EntityTag::weak(opaque.as_bytes()) }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    const FACTS: Facts = Facts {
        dev: 1,
        ino: 0x1234_5678,
        length: 10,
        mtime: Stamp { seconds: 100, nanoseconds: 5 },
        ctime: Stamp { seconds: 200, nanoseconds: 6 },
        nlink: 1,
        mode: 0o100_644,
        uid: 0,
        gid: 0,
    };

    fn opaque(edit: impl FnOnce(&mut Facts)) -> String {
        let mut facts = FACTS;
        edit(&mut facts);
        let tag = tag_of_facts(&facts, None, true).unwrap();
        tag.as_header_value().to_str().unwrap().to_owned()
    }

    #[test]
    fn each_fact_that_tells_versions_apart_is_in_the_tag() {
        let tag = opaque(|_| ());
        assert_eq!(tag.len(), 34);
        for edit in [
            (|facts: &mut Facts| facts.ino += 1) as fn(&mut Facts),
            |facts| facts.length += 1,
            |facts| facts.mtime.seconds += 1,
            |facts| facts.mtime.nanoseconds += 1,
            |facts| facts.ctime.seconds += 1,
            |facts| facts.ctime.nanoseconds += 1,
        ] {
            assert_ne!(opaque(edit), tag);
        }
        assert_ne!(opaque(|facts| std::mem::swap(&mut facts.mtime, &mut facts.ctime)), tag);
        for edit in [
            (|facts: &mut Facts| facts.dev += 1) as fn(&mut Facts),
            |facts| facts.mode = 0,
            |facts| facts.uid = 9,
            |facts| facts.nlink = 9,
        ] {
            assert_eq!(opaque(edit), tag);
        }
    }

    #[test]
    fn the_inode_is_not_disclosed() {
        let tag = opaque(|_| ());
        assert!(
            !tag.contains("12345678") && !tag.contains("78563412") && !tag.contains(&FACTS.ino.to_string())
        );
    }

    #[test]
    fn forms_of_one_resource_have_tags_of_their_own() {
        let tags: Vec<_> = [None, Some(Coding::Brotli), Some(Coding::Zstandard), Some(Coding::Gzip)]
            .map(|coding| tag_of_facts(&FACTS, coding, true).unwrap().as_header_value().clone())
            .into();
        for (at, tag) in tags.iter().enumerate() {
            assert!(!tags[..at].contains(tag));
        }
        let digest = [7; 32];
        assert!(
            !tag_of_digest(&digest, None, true)
                .unwrap()
                .weak_eq(&tag_of_digest(&digest, Some(Coding::Gzip), true).unwrap())
        );
    }

    #[test]
    fn a_change_settles_after_its_time() {
        let settle = Settle::default();
        let fine = Stamp { seconds: 100, nanoseconds: 1_000_001 };
        let coarse = Stamp { seconds: 100, nanoseconds: 1_000_000 };
        let at = |millis: u64, nanos: u64| {
            UNIX_EPOCH + Duration::from_millis(100_000 + millis) + Duration::from_nanos(nanos)
        };
        for (changed, now, expected) in [
            (fine, at(1, 0), false),
            (fine, at(21, 0), false),
            (fine, at(21, 1), true),
            (coarse, at(21, 1), false),
            (coarse, at(2500, 999_999), false),
            (coarse, at(2501, 0), true),
            (fine, at(0, 0), false),
            (Stamp { seconds: i64::MAX, nanoseconds: 1 }, at(0, 0), false),
        ] {
            assert_eq!(settle.has_settled(changed, now), expected, "{changed:?} {now:?}");
        }
        let patient = Settle { fine: Duration::from_secs(60), coarse: Duration::from_secs(90) };
        assert!(!patient.has_settled(fine, at(59_000, 0)) && patient.has_settled(fine, at(60_002, 0)));
        assert!(!patient.has_settled(coarse, at(60_002, 0)) && patient.has_settled(coarse, at(90_001, 0)));
    }

    #[test]
    fn the_tag_is_weak_until_then_and_otherwise_the_same() {
        let (weak, strong) =
            (tag_of_facts(&FACTS, None, false).unwrap(), tag_of_facts(&FACTS, None, true).unwrap());
        assert!(weak.is_weak() && !strong.is_weak());
        assert!(weak.weak_eq(&strong) && !weak.strong_eq(&strong));
    }
}
