//! What the integration tests share: facts for each fixture, and an answer run to its last octet.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]
#![allow(dead_code, reason = "each test binary uses its part of this")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use byteranges::{
    Answer, Asked, AskedMethod, Boundary, Decision, EntityTag, HttpDate, Piece, Policy, Representation,
    compose, decide,
};
use http::header::{CONTENT_DISPOSITION, CONTENT_LANGUAGE};
use http::{HeaderName, HeaderValue};
use swath_spec::{Fixture, Own, Slice};

/// The clock of the tests: 2026-11-21 12:00:00.5 UTC.
pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(1_795_262_400_500)
}

/// The boundary of the tests; real ones are drawn at random.
pub(crate) fn boundary() -> Boundary {
    Boundary::from_random(0x00c0_ffee)
}

/// Gives the facts of a fixture, with every kind of representation field.
pub(crate) fn representation(fixture: Fixture) -> Representation {
    let day = Duration::from_secs(86_400);
    let value = HeaderValue::from_static;
    let (modified, changed) = match fixture {
        Fixture::FNew => (now(), now()),
        Fixture::FFuture => (now() + day, now() - day),
        _ => (now() - day, now() - day),
    };
    let mut facts = Representation {
        etag: EntityTag::strong(b"v1"),
        last_modified: HttpDate::from_system_time(modified),
        changed: Some(changed),
        content_type: Some(value("text/plain; charset=utf-8")),
        content_encoding: fixture.coding().map(HeaderValue::from_static),
        vary: Some(value("Accept-Encoding")),
        cache_control: Some(value("max-age=60")),
        expires: Some(value("Sun, 22 Nov 2026 12:00:00 GMT")),
        content_location: Some(value("/variant")),
        other: vec![
            (CONTENT_LANGUAGE, value("en")),
            (CONTENT_DISPOSITION, value("inline")),
            (HeaderName::from_static("repr-digest"), value("sha-256=:AAAA:")),
        ],
        ..Representation::new(fixture.length().unwrap_or(0))
    };
    match fixture {
        Fixture::FWeak | Fixture::FNew => facts.etag = EntityTag::weak(b"v1"),
        Fixture::FGzGzip => facts.etag = EntityTag::strong(b"v1-gzip"),
        Fixture::FDate => facts.etag = None,
        Fixture::FNov => (facts.etag, facts.last_modified, facts.changed) = (None, None, None),
        _ => {}
    }
    facts
}

/// Gives the policy under which a fixture is served.
pub(crate) fn policy(fixture: Fixture) -> Policy {
    Policy { ranges: fixture.has_ranges(), ..Policy::default() }
}

/// Says by hand what the plain answer carries, so that compose is not its own witness.
pub(crate) fn own(facts: &Representation) -> Own {
    let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    let optional = [
        ("etag", facts.etag.as_ref().map(EntityTag::as_header_value)),
        ("content-type", facts.content_type.as_ref()),
        ("content-encoding", facts.content_encoding.as_ref()),
        ("vary", facts.vary.as_ref()),
        ("cache-control", facts.cache_control.as_ref()),
        ("expires", facts.expires.as_ref()),
        ("content-location", facts.content_location.as_ref()),
    ];
    let mut plain: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, value) in optional {
        plain.extend(value.map(|value| (name.to_owned(), value.as_bytes().to_vec())));
    }
    for (name, value) in &facts.other {
        plain.push((name.to_string(), value.as_bytes().to_vec()));
    }
    if let Some(modified) = facts.last_modified {
        let sent = modified.seconds().min(now().duration_since(UNIX_EPOCH).unwrap().as_secs());
        plain.push((
            "last-modified".to_owned(),
            HttpDate::from_seconds(sent).unwrap().to_string().into_bytes(),
        ));
    }
    Own::from_plain(plain, seconds(now()))
}

/// Decides and composes, under the tests' clock and boundary.
pub(crate) fn answer(asked: &Asked<'_>, facts: &Representation, policy: &Policy) -> (Decision, Answer) {
    let decision = decide(asked, facts, policy, now());
    let answer = compose(&decision, asked, facts, policy, now(), boundary);
    (decision, answer)
}

/// Reads a method's name as the library does.
pub(crate) fn method(name: &str) -> AskedMethod {
    AskedMethod::from(&name.parse::<http::Method>().unwrap())
}

/// Takes all fields of one request.
pub(crate) fn asked<'a>(method: AskedMethod, fields: &'a [(&'a str, Vec<u8>)]) -> Asked<'a> {
    let mut asked = Asked::new(method);
    for (name, value) in fields {
        asked.push(name.as_bytes(), value);
    }
    asked
}

/// Performs the content against a fixture's octets.
pub(crate) fn perform(pieces: impl IntoIterator<Item = Piece>, fixture: Fixture) -> Vec<u8> {
    let of = fixture.length().unwrap_or(0);
    let mut sent = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Literal(octets) => sent.extend_from_slice(&octets),
            Piece::Range(range) => {
                sent.extend(fixture.slice(Slice { first: range.first(), last: range.last(), of }));
            }
        }
    }
    sent
}
