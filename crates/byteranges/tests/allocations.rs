//! What an answer allocates: the list of its fields, and nothing else beside what it is written into.
//!
//! A program of its own, because counting takes the place of the process's allocator.

mod common;

use allocation_counter::measure;
use byteranges::{
    Asked, AskedMethod, Boundary, EntityTag, HttpDate, Policy, Representation, compose, decide,
};
use common::now;
use http::HeaderValue;

/// A file as a server describes it.
fn file() -> Representation {
    Representation {
        etag: EntityTag::strong(b"16f2a9c84d03b7e51c0de2f7"),
        last_modified: HttpDate::from_seconds(1_700_000_000),
        content_type: Some(HeaderValue::from_static("video/mp4")),
        cache_control: Some(HeaderValue::from_static("no-cache")),
        vary: Some(HeaderValue::from_static("Accept-Encoding")),
        ..Representation::new(10)
    }
}

/// How often memory is taken to decide, compose and write the head.
fn allocations(asked: &Asked<'_>) -> u64 {
    let (facts, policy, now) = (file(), Policy::default(), now());
    let mut head = Vec::with_capacity(1024);
    let mut answer = || {
        let decision = decide(asked, &facts, &policy, now);
        let answer = compose(&decision, asked, &facts, &policy, now, || Boundary::from_random(7));
        head.clear();
        answer.write_head(&mut head);
    };
    // The first clone of a value that was made from a vector moves it to where clones share it.
    answer();
    let counted = measure(answer);
    assert!(head.ends_with(b"\r\n\r\n") && head.capacity() == 1024);
    counted.count_total
}

#[test]
fn answers_of_one_piece_allocate_their_fields_only() {
    let get = || Asked::new(AskedMethod::Get);
    for (asked, what) in [
        (get(), "no Range"),
        (get().with("Range", "bytes=2-4"), "a range"),
        (get().with("Range", "bytes=-5"), "a suffix"),
        (get().with("Range", "bytes=5-").with("If-Range", "\"other\""), "an If-Range"),
        (get().with("If-None-Match", "\"other\", \"another\""), "tags"),
        (Asked::new(AskedMethod::Head).with("Range", "bytes=2-4"), "HEAD"),
    ] {
        assert_eq!(allocations(&asked), 1, "{what}");
    }
}

/// The count would see more.
#[test]
fn a_refusal_allocates_its_sentence_too() {
    assert!(allocations(&Asked::new(AskedMethod::Get).with("Range", "bytes=10-")) > 1);
}
