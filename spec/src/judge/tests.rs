//! A right answer passes; each way to get it wrong is seen.

use super::*;

fn row(id: &str) -> Row {
    crate::rows().unwrap().into_iter().find(|row| row.id == id).unwrap()
}

fn own() -> Own {
    let plain = [
        ("Date", "Mon, 07 Nov 1994 08:49:37 GMT"),
        ("ETag", "\"v1\""),
        ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("Content-Type", "text/plain"),
        ("Vary", "Accept-Encoding"),
    ];
    Own::from_plain(plain.map(|(name, value)| (name.to_owned(), value.into())).to_vec(), 784_198_177)
}

fn with(own: &Own, more: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    let more = more.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
    own.plain.clone().into_iter().chain(more).collect()
}

fn partial() -> Observed {
    let fields = [("Content-Range", "bytes 0-4/10"), ("Content-Length", "5"), ("Accept-Ranges", "bytes")];
    Observed::new(206, with(&own(), &fields), b"01234".to_vec())
}

fn wrong(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Wrong(_))
}

#[test]
fn the_right_slice_is_ours() {
    assert_eq!(judge(&row("int-first-five"), &own(), &partial()), Verdict::Ours);
}

#[test]
fn a_whole_in_place_of_a_slice_conforms() {
    let fields = with(&own(), &[("Content-Length", "10"), ("Accept-Ranges", "bytes")]);
    let whole = Observed::new(200, fields, b"0123456789".to_vec());
    assert!(matches!(judge(&row("int-first-five"), &own(), &whole), Verdict::Conforming(_)));
    assert_eq!(judge(&row("unit-other-lines"), &own(), &whole), Verdict::Ours);
    assert!(wrong(&judge(&row("unit-other-lines"), &own(), &partial())));
}

#[test]
fn wrong_octets_are_seen() {
    for content in [&b"12345"[..], b"0123", b"012345", b""] {
        let mut seen = partial();
        seen.content = content.to_vec();
        seen.length = content.len() as u64;
        assert!(wrong(&judge(&row("int-first-five"), &own(), &seen)), "{content:?}");
    }
}

#[test]
fn a_field_that_is_missing_or_other_is_seen() {
    for name in ["Date", "ETag", "Last-Modified", "Content-Type", "Vary", "Content-Range"] {
        let mut seen = partial();
        seen.fields.retain(|(own, _)| own != name);
        assert!(wrong(&judge(&row("int-first-five"), &own(), &seen)), "without {name}");
        if name == "Date" {
            continue; // Any later clock is as right.
        }
        seen.fields.push((name.to_owned(), b"Tue, 08 Nov 1994 08:49:37 GMT".to_vec()));
        assert!(wrong(&judge(&row("int-first-five"), &own(), &seen)), "other {name}");
    }
}

#[test]
fn content_length_has_to_be_true() {
    for value in ["4", "10", "5, 5", "+5"] {
        let mut seen = partial();
        seen.fields.retain(|(own, _)| own != "Content-Length");
        seen.fields.push(("Content-Length".to_owned(), value.into()));
        assert!(wrong(&judge(&row("int-first-five"), &own(), &seen)), "{value}");
    }
}

#[test]
fn the_known_malformed_ranges_are_wrong() {
    for (id, value) in [("unsat-suffix-zero", "bytes 10-9/10"), ("empty-suffix-one", "bytes 0--1/0")] {
        let fields = with(&own(), &[("Content-Range", value), ("Content-Length", "0")]);
        assert!(wrong(&judge(&row(id), &own(), &Observed::new(206, fields, Vec::new()))), "{value}");
    }
}

#[test]
fn a_head_with_content_is_wrong() {
    let fields = with(&own(), &[("Content-Length", "10"), ("Accept-Ranges", "bytes")]);
    let seen = Observed::new(200, fields.clone(), Vec::new());
    assert_eq!(judge(&row("head-int"), &own(), &seen), Verdict::Ours);
    assert!(wrong(&judge(&row("head-int"), &own(), &Observed::new(200, fields, b"0".to_vec()))));
    let short = Observed::new(200, with(&own(), &[("Content-Length", "5")]), Vec::new());
    assert!(wrong(&judge(&row("head-int"), &own(), &short)));
}

#[test]
fn a_416_without_its_fields_only_differs_from_ours() {
    let date = ("Date".to_owned(), b"Mon, 07 Nov 1994 08:49:37 GMT".to_vec());
    let bare = Observed::new(416, vec![date], Vec::new());
    assert!(matches!(judge(&row("unsat-at-length"), &own(), &bare), Verdict::Conforming(_)));
    let mut full = bare;
    for (name, value) in [
        ("Content-Range", "bytes */10"),
        ("Cache-Control", "no-store"),
        ("ETag", "\"v1\""),
        ("Content-Length", "0"),
    ] {
        full.fields.push((name.to_owned(), value.into()));
    }
    assert_eq!(judge(&row("unsat-at-length"), &own(), &full), Verdict::Ours);
    assert!(wrong(&judge(&row("int-first-five"), &own(), &full)));
}

#[test]
fn multipart_is_read_part_by_part() {
    let row = row("set-first-and-last");
    let part = |range: &str, octet: &[u8], kind: &str| {
        [
            format!("--b\r\nContent-Type: {kind}\r\nContent-Range: bytes {range}/10000\r\n\r\n").as_bytes(),
            octet,
            b"\r\n",
        ]
        .concat()
    };
    let last = row.fixture.octet(9_999);
    let answer = |content: Vec<u8>| {
        let length = content.len().to_string();
        let mut fields = with(&own(), &[("Content-Length", &length), ("Accept-Ranges", "bytes")]);
        fields.retain(|(name, _)| name != "Content-Type");
        fields.push(("Content-Type".to_owned(), b"multipart/byteranges; boundary=b".to_vec()));
        Observed::new(206, fields, content)
    };
    let good =
        [part("0-0", &[0], "text/plain"), part("9999-9999", &[last], "text/plain"), b"--b--\r\n".to_vec()];
    assert_eq!(judge(&row, &own(), &answer(good.concat())), Verdict::Ours);
    let swapped = [good[1].clone(), good[0].clone(), good[2].clone()].concat();
    assert!(wrong(&judge(&row, &own(), &answer(swapped))));
    let other_type = [part("0-0", &[0], "text/html"), good[1].clone(), good[2].clone()].concat();
    assert!(wrong(&judge(&row, &own(), &answer(other_type))));
    let other_octet = [part("0-0", &[9], "text/plain"), good[1].clone(), good[2].clone()].concat();
    assert!(wrong(&judge(&row, &own(), &answer(other_octet))));
}
