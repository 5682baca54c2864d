//! The rules: what each is about, and what cures it.
//!
//! Where `swath audit` has the same rule, `check` names it, and its title, its section and the cure for the software that
//! answered come from there; the texts here stand in where no audit is linked in.

use serde::Serialize;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// A rule of HTTP is broken.
    Broken,
    /// Bytes, or what ranges are for, are lost.
    Waste,
    /// Worth knowing; nothing may have to be done.
    Note,
}

/// Whose doing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The server's; through a lens the origin's.
    Server,
    /// The client's.
    Client,
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name.
    pub id: &'static str,
    /// Whose doing it is when it is broken.
    pub side: Side,
    /// How much that matters.
    pub weight: Weight,
    /// The section of RFC 9110, where there is one.
    pub section: &'static str,
    /// What is the matter.
    pub title: &'static str,
    /// What to do about it.
    pub cure: &'static str,
    /// The check of `swath audit` that is the same rule.
    pub check: Option<&'static str>,
}

macro_rules! rules {
    ($($name:ident = $id:literal $side:ident $weight:ident $section:literal $check:expr, $title:literal, $cure:literal;)*) => {
        $(pub(super) static $name: Rule = Rule {
            id: $id, side: Side::$side, weight: Weight::$weight, section: $section, check: $check, title: $title,
            cure: $cure,
        };)*

        /// Every rule, in the order of the documentation.
        pub static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    RANGE_IGNORED = "range-ignored" Server Waste "14.2" Some("range-served"),
        "A valid range is answered by the whole",
        "turn ranges on for this path; take compression and whatever makes content on the fly off for it";
    ACCEPT_NONE = "accept-ranges-none" Server Waste "14.3" Some("accept"),
        "Media are served without ranges, so nothing can seek in them",
        "turn ranges on for media, and send Accept-Ranges: bytes";
    CODED = "coded-media" Server Waste "8.4" Some("coded-slices"),
        "Media are compressed on the fly: positions no longer mean those of the file, and there are no ranges",
        "take compression off for video, audio, archives and PDF: they are compressed already";
    NO_LENGTH = "no-length" Server Waste "8.6" Some("content-length-one"),
        "Media come without a length, so nobody can tell where anything in them is",
        "send Content-Length: take compression and buffering filters off for media";
    NO_CONTENT_RANGE = "content-range-missing" Server Broken "15.3.7.1" Some("content-range"),
        "A 206 does not say which part it is",
        "send Content-Range with every 206 of one part";
    CONTENT_RANGE_WRONG = "content-range-wrong" Server Broken "14.4" Some("content-range-valid"),
        "A 206 says a range that cannot be",
        "send Content-Range: bytes FIRST-LAST/COMPLETE with FIRST <= LAST < COMPLETE";
    ANOTHER_RANGE = "another-range" Server Broken "15.3.7" Some("range-served"),
        "A 206 is of another part than was asked for",
        "send the range that was asked for, or the whole";
    PART_LENGTH = "part-length" Server Broken "15.3.7" Some("partial-length"),
        "Content-Length and Content-Range disagree",
        "make Content-Length the length of the part, not of the whole";
    UNASKED = "range-unasked" Server Broken "15.3.7" Some("range-unasked"),
        "A request without Range got a 206",
        "answer by 200 what has no Range";
    HEAD_RANGE = "head-range" Server Broken "14.2" Some("head-range"),
        "HEAD was answered as if Range counted for it",
        "ignore Range unless the method is GET";
    UNSATISFIED_LENGTH = "unsatisfied-length" Server Note "15.5.17" Some("unsatisfied-length"),
        "A 416 does not say how long the file is, so a client that resumes cannot tell that it has all",
        "send Content-Range: bytes */COMPLETE with 416";
    NO_TAG = "no-validator" Server Waste "8.8" Some("etag"),
        "There is no entity tag and no date, so a download cannot be resumed safely",
        "send a strong ETag, or at least Last-Modified";
    WEAK_TAG = "weak-tag" Server Waste "8.8.1" Some("etag-strong"),
        "The entity tag is weak, so If-Range never holds and each resume begins again",
        "send strong tags for files; compression on the fly weakens them";
    TAG_CHANGES = "tag-changes" Server Waste "8.8.1" Some("etag-constant"),
        "The entity tag changed between two answers",
        "if the file did not change, make all nodes give the same tag; if it did, replace files by rename";
    NO_VARY = "no-vary" Server Broken "12.5.5" Some("coded-vary"),
        "A coded answer does not say that it was negotiated",
        "send Vary: Accept-Encoding with whatever depends on it";
    CORS_HIDDEN = "cors-hidden" Server Note "" Some("cors-exposed"),
        "A page of another origin may not read Content-Range of this answer",
        "expose Content-Range, Accept-Ranges and ETag by Access-Control-Expose-Headers";
    ORIGIN_FAILED = "origin-failed" Server Broken "15.6" None,
        "The origin did not answer, or broke off",
        "look at its own log; the fault says how far it came";
    BROKE_OFF = "broke-off" Server Note "8.8.2" None,
        "An answer was broken off on this side, so that nobody takes it for the whole",
        "replace files by rename instead of writing into them; docs/log.md tells the outcomes";
    RANGE_INVALID = "range-invalid" Client Broken "14.1.1" None,
        "A Range means nothing, so it was ignored or refused",
        "write bytes=FIRST-LAST, bytes=FIRST- or bytes=-LENGTH, with LAST not below FIRST";
    IF_RANGE_WEAK = "if-range-weak" Client Broken "13.1.5" None,
        "If-Range holds a weak entity tag, which can never hold",
        "send If-Range only with a strong tag, or leave it out";
    NO_IF_RANGE = "no-if-range" Client Waste "13.1.5" None,
        "A part was asked for without If-Range: if the file changes, two versions are spliced",
        "send the strong ETag of the first answer as If-Range with each further range";
    SAME_AGAIN = "same-again" Client Waste "" None,
        "The same bytes were sent again to the same client",
        "let the client keep what it has: a cache that may store the answers (Cache-Control, a strong ETag) is where \
         most of it goes missing";
    OPEN_ABORTED = "open-aborted" Client Note "14.1.2" None,
        "Open ranges are asked for and broken off early: what was on its way is thrown away",
        "browsers do so at each seek, and nothing is wrong; asking for bounded ranges would spare the bytes";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_sound() {
        let mut ids = std::collections::HashSet::new();
        for rule in RULES {
            assert!(ids.insert(rule.id), "{} stands twice", rule.id);
            assert!(!rule.title.ends_with('.') && !rule.cure.ends_with('.'), "{}", rule.id);
        }
    }
}
