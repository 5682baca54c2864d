//! Each rule is broken by one story at least, and kept by its neighbour.

use super::super::sample;
use super::*;
use crate::exchange::Fields;

/// Changes the plain 206 of the sample.
type Change = fn(&mut Entry);

/// The fields with this one, or without it.
fn with(fields: &Fields, name: &str, value: &str) -> Fields {
    let added = Some((name, value)).filter(|_| !value.is_empty());
    fields.iter().filter(|(known, _)| *known != name).chain(added).collect()
}

fn answer(entry: &mut Entry, name: &str, value: &str) {
    entry.answer = with(&entry.answer, name, value);
}

/// Makes it another range, wholly sent.
fn range(entry: &mut Entry, first: u64, last: u64) {
    entry.range = Some(format!("bytes={first}-{last}"));
    entry.content_range = Some(format!("bytes {first}-{last}/1000000"));
    (entry.bytes_planned, entry.bytes_sent) = (last - first + 1, last - first + 1);
}

fn whole(entry: &mut Entry) {
    (entry.range, entry.content_range, entry.status) = (None, None, Some(200));
    entry.because = Some("forwarded".to_owned());
    answer(entry, "content-range", "");
    answer(entry, "content-length", "1000");
}

fn guard(entry: &mut Entry) {
    entry.if_range = Some("\"a\"".to_owned());
}

/// What was exchanged, and the rules that breaks.
const STORIES: &[(&str, &[Change], &[&str])] = &[
    ("a whole and a part that was asked for", &[|e| whole(e), |_| ()], &[]),
    (
        "a valid range is answered by 200",
        &[|e| {
            whole(e);
            e.range = Some("bytes=5-9".into());
        }],
        &["range-ignored"],
    ),
    (
        "the same where If-Range holds",
        &[|e| {
            whole(e);
            e.range = Some("bytes=5-9".into());
            guard(e);
        }],
        &["range-ignored"],
    ),
    (
        "If-Range does not hold",
        &[|e| {
            whole(e);
            e.range = Some("bytes=5-9".into());
            e.if_range = Some("\"b\"".into());
        }],
        &[],
    ),
    (
        "this server has a reason for its 200",
        &[|e| {
            whole(e);
            e.range = Some("bytes=0-0,2-2".into());
            e.because = Some("parts-longer-than-whole".into());
        }],
        &[],
    ),
    (
        "ranges are off",
        &[|e| {
            whole(e);
            e.range = Some("bytes=0-".into());
            e.because = Some("ranges-off".into());
            answer(e, "accept-ranges", "none");
        }],
        &["range-ignored", "accept-ranges-none"],
    ),
    (
        "a film is compressed on the fly",
        &[|e| {
            whole(e);
            answer(e, "content-encoding", "gzip");
            answer(e, "content-length", "");
            answer(e, "accept-ranges", "");
            answer(e, "etag", "W/\"a\"");
            e.request = with(&e.request, "accept-encoding", "gzip");
        }],
        &["coded-media", "accept-ranges-none", "no-length", "weak-tag", "no-vary"],
    ),
    (
        "a text is compressed on the fly",
        &[|e| {
            whole(e);
            answer(e, "content-type", "text/html");
            answer(e, "content-encoding", "gzip");
            answer(e, "vary", "Accept-Encoding");
            e.request = with(&e.request, "accept-encoding", "gzip");
        }],
        &[],
    ),
    ("no Content-Range", &[|e| e.content_range = None], &["content-range-missing"]),
    (
        "parts have one each",
        &[|e| {
            e.content_range = None;
            answer(e, "content-type", "multipart/byteranges; boundary=a");
        }],
        &[],
    ),
    (
        "an impossible Content-Range",
        &[|e| e.content_range = Some("bytes 5-4/10".into())],
        &["content-range-wrong"],
    ),
    ("another part than asked for", &[|e| e.range = Some("bytes=500-".into())], &["another-range"]),
    (
        "the last octets",
        &[|e| {
            e.range = Some("bytes=-100".into());
            e.content_range = Some("bytes 900-999/1000".into());
        }],
        &[],
    ),
    (
        "other last octets",
        &[|e| {
            e.range = Some("bytes=-100".into());
        }],
        &["another-range"],
    ),
    ("a part as long as the whole", &[|e| answer(e, "content-length", "5")], &["part-length"]),
    ("nobody asked for a part", &[|e| e.range = None], &["range-unasked"]),
    ("HEAD got a part", &[|e| e.method = Some("HEAD".into())], &["head-range"]),
    (
        "416 without a length",
        &[|e| {
            e.status = Some(416);
            e.content_range = None;
        }],
        &["unsatisfied-length"],
    ),
    (
        "416 with its length",
        &[|e| {
            e.status = Some(416);
            e.content_range = Some("bytes */1000".into());
        }],
        &[],
    ),
    ("no tag and no date", &[|e| answer(e, "etag", "")], &["no-validator"]),
    (
        "a date alone",
        &[|e| {
            answer(e, "etag", "");
            answer(e, "last-modified", "Sun, 22 Nov 2026 10:00:00 GMT");
        }],
        &[],
    ),
    ("a weak tag", &[|e| answer(e, "etag", "W/\"a\"")], &["weak-tag"]),
    (
        "a page of another origin cannot read the range",
        &[|e| {
            e.request = with(&e.request, "origin", "https://a.example");
            answer(e, "access-control-allow-origin", "*");
        }],
        &["cors-hidden"],
    ),
    (
        "one that can",
        &[|e| {
            e.request = with(&e.request, "origin", "https://a.example");
            answer(e, "access-control-allow-origin", "*");
            answer(e, "access-control-expose-headers", "ETag, Content-Range");
        }],
        &[],
    ),
    (
        "the origin is gone",
        &[|e| {
            e.status = Some(502);
            e.because = Some("origin-unreachable".into());
        }],
        &["origin-failed"],
    ),
    ("the origin broke off", &[|e| e.outcome = Some("origin-cut".into())], &["origin-failed"]),
    ("the file changed", &[|e| e.outcome = Some("changed".into())], &["broke-off"]),
    (
        "a range the wrong way round",
        &[|e| {
            whole(e);
            e.range = Some("bytes=5-4".into());
        }],
        &["range-invalid"],
    ),
    (
        "If-Range with a weak tag",
        &[|e| {
            whole(e);
            e.range = Some("bytes=5-".into());
            e.if_range = Some("W/\"a\"".into());
            answer(e, "etag", "W/\"a\"");
        }],
        &["if-range-weak", "weak-tag"],
    ),
    ("a later part without If-Range", &[|e| range(e, 0, 99), |e| range(e, 100, 199)], &["no-if-range"]),
    (
        "a later part with If-Range",
        &[
            |e| range(e, 0, 99),
            |e| {
                range(e, 100, 199);
                guard(e);
            },
        ],
        &[],
    ),
    (
        "the same again",
        &[
            |e| range(e, 0, 99_999),
            |e| {
                range(e, 10_000, 199_999);
                guard(e);
            },
        ],
        &["same-again"],
    ),
    (
        "a seam that is read again",
        &[
            |e| range(e, 0, 99_999),
            |e| {
                range(e, 90_000, 199_999);
                guard(e);
            },
        ],
        &[],
    ),
    (
        "the same again for another client",
        &[
            |e| range(e, 0, 99_999),
            |e| {
                range(e, 0, 99_999);
                e.peer = Some("192.0.2.8:1".into());
            },
        ],
        &[],
    ),
    (
        "an open range is broken off early",
        &[|e| {
            e.outcome = Some("aborted-by-peer".into());
            e.bytes_sent = 400;
        }],
        &["open-aborted"],
    ),
    (
        "a bounded range is broken off early",
        &[|e| {
            e.range = Some("bytes=0-999".into());
            e.outcome = Some("aborted-by-peer".into());
            e.bytes_sent = 400;
        }],
        &[],
    ),
    ("another tag", &[|_| (), |e| answer(e, "etag", "\"b\"")], &["tag-changes"]),
    (
        "our own page's cost",
        &[|e| {
            e.target = Some("/.swath/cost?view=*".into());
            e.content_range = None;
        }],
        &[],
    ),
];

fn told(changes: &[Change]) -> Vec<Finding> {
    let entry = |(index, change): (usize, &Change)| {
        let mut entry = sample::entry(index as u64 + 1);
        change(&mut entry);
        Arc::new(entry)
    };
    let entries: Vec<_> = changes.iter().enumerate().map(entry).collect();
    findings(&entries, &Checks::new())
}

#[test]
fn each_story_breaks_its_rules_and_no_other() {
    for (name, changes, expected) in STORIES {
        let mut found: Vec<_> = told(changes).iter().map(|finding| finding.rule).collect();
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn every_rule_is_broken_by_a_story() {
    for rule in RULES {
        assert!(STORIES.iter().any(|(_, _, broken)| broken.contains(&rule.id)), "{}", rule.id);
    }
}

#[test]
fn the_cure_is_for_the_software_that_answered() {
    let mut entry = sample::entry(1);
    answer(&mut entry, "etag", "W/\"a\"");
    answer(&mut entry, "server", "nginx/1.26");
    let text = CheckText {
        title: "The tag is strong".into(),
        section: "13.1.5".into(),
        cures: vec![("Apache".into(), "x".into()), ("nginx".into(), "`gzip off;`".into())],
    };
    let checks = Checks::from([("etag-strong".to_owned(), text)]);
    let found = findings(&[Arc::new(entry)], &checks);
    assert_eq!((found[0].cure.as_str(), found[0].section.as_str()), ("nginx: `gzip off;`", "13.1.5"));
    assert_eq!(found[0].keeps.as_deref(), Some("The tag is strong"));
}

#[test]
fn findings_name_their_exchanges_and_stay_bounded() {
    let mut changes: Vec<Change> = vec![|_| ()];
    changes.extend([(|e: &mut Entry| answer(e, "etag", "W/\"a\"")) as Change; 200]);
    let found = told(&changes);
    let weak = found.iter().find(|finding| finding.rule == "weak-tag").expect("weak");
    assert_eq!((weak.count, weak.ids.len(), weak.ids[0]), (200, NAMED_MAX, 2));
    let files = (0..2000_u64).map(|id| {
        let mut entry = sample::entry(id + 1);
        entry.resource = Some(id.to_string());
        entry.content_range = None;
        Arc::new(entry)
    });
    assert_eq!(findings(&files.collect::<Vec<_>>(), &Checks::new()).len(), FINDINGS_MAX);
}
