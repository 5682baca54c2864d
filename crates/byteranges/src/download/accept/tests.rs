//! Each verdict, by a table of heads.

use http::{HeaderMap, HeaderValue, StatusCode};

use super::*;
use crate::{EntityTag, HttpDate};

const NOW: u64 = 784_111_777;

fn head(status: u16, fields: &[(&'static str, &'static str)]) -> Head {
    let mut map = HeaderMap::new();
    for (name, value) in fields {
        map.append(*name, HeaderValue::from_static(value));
    }
    Head::read(StatusCode::from_u16(status).unwrap(), &map, HttpDate::from_seconds(NOW).unwrap())
}

fn identity(etag: Option<&str>) -> Identity {
    let etag = etag.and_then(|tag| EntityTag::parse(tag.as_bytes()));
    Identity { complete_length: Some(1000), etag, last_modified: None, date_is_strong: false }
}

fn verdict(identity: Option<&Identity>, precondition: &Precondition, head: &Head) -> Verdict {
    let range = Asked::Range(ByteRange::new(100, 199).unwrap());
    judge(&Request { range, precondition, identity, arrived_end: 100 }, head)
}

fn tag() -> EntityTag {
    EntityTag::strong(b"v1").unwrap()
}

fn granted(verdict: &Verdict) -> Option<(u64, Option<u64>, Proof)> {
    match verdict {
        Verdict::Granted(granted) => Some((granted.first, granted.end, granted.proof)),
        _ => None,
    }
}

// R-15.3.7-6, R-13.1.1-5
#[test]
fn a_part_of_the_same_version_is_granted_with_its_proof() {
    let own = identity(Some("\"v1\""));
    let part = head(206, &[("content-range", "bytes 100-199/1000"), ("etag", "\"v1\"")]);
    for (precondition, proof) in [
        (Precondition::None, Proof::Compared),
        (Precondition::IfRange(tag()), Proof::Pinned),
        (Precondition::IfMatch(tag()), Proof::Pinned),
    ] {
        assert_eq!(granted(&verdict(Some(&own), &precondition, &part)), Some((100, Some(200), proof)));
    }
    let weak = identity(Some("W/\"v1\""));
    let part = head(206, &[("content-range", "bytes 100-149/*"), ("etag", "W/\"v1\"")]);
    assert_eq!(
        granted(&verdict(Some(&weak), &Precondition::None, &part)),
        Some((100, Some(150), Proof::Unproved))
    );
}

// R-14.4-3, R-14.4-7, R-15.3.7.2-0
#[test]
fn a_part_that_does_not_say_where_it_belongs_is_refused() {
    use Misbehaviour as M;
    let own = identity(Some("\"v1\""));
    for (fields, what) in [
        (&[("etag", "\"v1\"")][..], M::ContentRange),
        (&[("etag", "\"v1\""), ("content-range", "bytes 199-100/1000")], M::ContentRange),
        (&[("etag", "\"v1\""), ("content-range", "bytes 100-199/1000"), ("content-length", "99")], M::Length),
        (&[("etag", "\"v1\""), ("content-range", "bytes 101-199/1000")], M::WrongRange),
        (&[("etag", "\"v1\""), ("content-range", "bytes 0-99/1000")], M::WrongRange),
        (
            &[
                ("etag", "\"v1\""),
                ("content-range", "bytes 100-199/1000"),
                ("content-type", "multipart/byteranges; boundary=x"),
            ],
            M::ContentRange,
        ),
        (
            &[("etag", "\"v1\""), ("content-range", "bytes 100-199/1000"), ("content-encoding", "gzip")],
            M::Coded,
        ),
        (&[("content-range", "bytes 100-199/1000")], M::NoValidator),
    ] {
        let found = verdict(Some(&own), &Precondition::None, &head(206, fields));
        assert_eq!(found, Verdict::Misbehaved(what), "{fields:?}");
    }
}

#[test]
fn another_tag_or_length_is_a_change() {
    let own = identity(Some("\"v1\""));
    for fields in [
        [("content-range", "bytes 100-199/1000"), ("etag", "\"v2\"")],
        [("content-range", "bytes 100-199/1000"), ("etag", "W/\"v1\"")],
    ] {
        assert_eq!(verdict(Some(&own), &Precondition::None, &head(206, &fields)), Verdict::Changed);
    }
    // The same tag with another length contradicts itself, unless the whole was asked for and says so.
    let longer = head(206, &[("content-range", "bytes 100-199/1001"), ("etag", "\"v1\"")]);
    let contradiction = Verdict::Misbehaved(Misbehaviour::NoValidator);
    assert_eq!(verdict(Some(&own), &Precondition::None, &longer), contradiction);
    let weak = identity(None);
    assert_eq!(verdict(Some(&weak), &Precondition::None, &longer), Verdict::Changed);
    let whole = head(200, &[("etag", "\"v2\""), ("content-length", "1000")]);
    assert_eq!(verdict(Some(&own), &Precondition::IfRange(tag()), &whole), Verdict::Changed);
    let unknown = Identity { complete_length: None, ..identity(None) };
    let shorter = head(200, &[("content-length", "99")]);
    assert_eq!(verdict(Some(&unknown), &Precondition::None, &shorter), Verdict::Changed);
}

// R-14.2-2
#[test]
fn a_whole_of_the_same_version_tells_what_the_server_dislikes() {
    let own = identity(Some("\"v1\""));
    let whole = head(200, &[("etag", "\"v1\""), ("content-length", "1000")]);
    assert_eq!(verdict(Some(&own), &Precondition::IfRange(tag()), &whole), Verdict::Downgrade);
    assert!(matches!(verdict(Some(&own), &Precondition::None, &whole), Verdict::RangesIgnored(_)));
    let refused = head(412, &[("etag", "\"v1\"")]);
    assert_eq!(verdict(Some(&own), &Precondition::IfMatch(tag()), &refused), Verdict::Downgrade);
    let page = head(200, &[("content-type", "text/html"), ("content-length", "1000")]);
    assert_eq!(
        verdict(Some(&own), &Precondition::None, &page),
        Verdict::Misbehaved(Misbehaviour::NoValidator)
    );
}

// R-14.4-7
#[test]
fn a_part_under_the_status_of_a_whole_is_refused() {
    let own = identity(Some("\"v1\""));
    for identity in [None, Some(&own)] {
        for (value, length) in
            [("bytes 0-99/1000", "100"), ("bytes 100-999/1000", "900"), ("bytes 0-99/*", "1000")]
        {
            let fields = [("content-range", value), ("content-length", length), ("etag", "\"v1\"")];
            let found = verdict(identity, &Precondition::None, &head(200, &fields));
            assert_eq!(found, Verdict::Misbehaved(Misbehaviour::ContentRange), "{value}");
        }
    }
    let harmless =
        head(200, &[("content-range", "bytes 0-999/1000"), ("content-length", "1000"), ("etag", "\"v1\"")]);
    assert!(matches!(verdict(Some(&own), &Precondition::None, &harmless), Verdict::RangesIgnored(_)));
}

// R-15.5.17-3, R-15.5.17-5
#[test]
fn an_unsatisfied_range_is_complete_or_changed() {
    let end = |value| head(416, &[("content-range", value)]);
    let unknown = Identity { complete_length: None, ..identity(None) };
    let known = identity(None);
    let ask = |identity, head: &Head| verdict(identity, &Precondition::None, head);
    assert_eq!(ask(Some(&unknown), &end("bytes */100")), Verdict::Complete { complete_length: 100 });
    assert_eq!(ask(Some(&unknown), &end("bytes */50")), Verdict::Changed);
    assert_eq!(ask(Some(&known), &end("bytes */50")), Verdict::Changed);
    let misbehaved = Verdict::Misbehaved(Misbehaviour::Status(416));
    assert_eq!(ask(Some(&known), &end("bytes */1000")), misbehaved);
    assert_eq!(ask(Some(&unknown), &head(416, &[])), misbehaved);
    let pinned = Precondition::IfMatch(EntityTag::strong(b"v1").unwrap());
    assert_eq!(
        verdict(Some(&known), &pinned, &end("bytes */50")),
        misbehaved,
        "If-Match held, so nothing changed"
    );
    let tagged = head(416, &[("content-range", "bytes */50"), ("etag", "\"v2\"")]);
    assert_eq!(verdict(Some(&known), &pinned, &tagged), Verdict::Changed);
    assert_eq!(ask(None, &end("bytes */0")), Verdict::AskWhole);
    assert_eq!(ask(None, &end("bytes */7")), Verdict::AskWhole);
}

// R-15-1
#[test]
fn other_statuses_are_busy_failing_or_refused() {
    let ask = |status| verdict(None, &Precondition::None, &head(status, &[("retry-after", "3")]));
    assert_eq!(ask(503), Verdict::Busy(503, Some(Duration::from_secs(3))));
    assert_eq!(ask(429), Verdict::Busy(429, Some(Duration::from_secs(3))));
    assert_eq!(ask(500), Verdict::Failing(500));
    assert_eq!(ask(599), Verdict::Failing(599));
    assert_eq!(ask(404), Verdict::Refused(404));
    assert_eq!(ask(299), Verdict::Misbehaved(Misbehaviour::Status(299)));
    assert_eq!(ask(304), Verdict::Misbehaved(Misbehaviour::Status(304)));
    assert_eq!(ask(204), Verdict::Misbehaved(Misbehaviour::Status(204)));
}

#[test]
fn a_shifted_part_has_to_be_compared_and_a_whole_one_is_where_it_can_be() {
    let part = |first| Granted { first, end: None, complete_length: None, proof: Proof::Pinned };
    let (status_206, status_200) = (head(206, &[]), head(200, &[]));
    let range = |first, last| ByteRange::new(first, last).unwrap();
    let lead = |head: &Head, granted: &Granted, start, before, limit| {
        lead(head, granted, Asked::From(start), start, before, limit)
    };
    assert_eq!(lead(&status_206, &part(100), 100, 0, 64), Some(None));
    assert_eq!(lead(&status_206, &part(0), 100, 100, 64), Some(Some(range(36, 99))));
    assert_eq!(lead(&status_206, &part(50), 100, 20, 64), Some(Some(range(80, 99))));
    assert_eq!(lead(&status_206, &part(99), 100, 100, 64), None);
    assert_eq!(lead(&status_206, &part(0), 100, 0, 64), None);
    assert_eq!(lead(&status_200, &part(0), 5, 5, 64), Some(Some(range(0, 4))));
    // Few octets were asked for again, as few were held: it begins as it was asked to.
    let led = super::lead(&status_206, &part(97), Asked::From(97), 100, 3, 64);
    assert_eq!(led, Some(Some(range(97, 99))));
}
