//! The pages and the JSON as they are sent; a change of them is looked at before it is kept.

use super::*;

#[test]
fn the_pages_are_as_they_were() {
    for (kind, page) in every_page() {
        // Hashes of the assets change with every touch of the style; the page does not.
        let text = super::super::asset("style.css").map(|style| page.text.replace(&style.hash, "STYLE"));
        let text =
            super::super::asset("player.js").map(|script| text.unwrap().replace(&script.hash, "SCRIPT"));
        let text =
            super::super::asset("favicon.svg").map(|icon| text.unwrap().replace(&icon.hash, "ICON")).unwrap();
        insta::assert_snapshot!(kind, text.replace("><", ">\n<"));
    }
}

#[test]
fn the_json_has_the_shape_that_is_promised() {
    let entries = vec![file(b"caf\xe9 1.mp4", 1_394_395, "video/mp4"), folder(b"old")];
    let page = Listing { truncated: true, ..listing("/films/", entries) }.json();
    assert_eq!((page.content_type, page.security_policy), ("application/json", None));
    assert_eq!(
        page.text,
        concat!(
            r#"{"path":"/films/","truncated":true,"entries":["#,
            r#"{"name":"old","href":"old/","kind":"directory","length":null,"modified":null},"#,
            r#"{"name":"caf�1.mp4","href":"caf%E9%201.mp4","kind":"file","length":1394395,"modified":"2026-11-21T12:00:00Z"}"#,
            "]}\n"
        )
        .replace("caf�1", "caf\u{fffd} 1")
    );
}

#[test]
fn a_fault_is_told_in_one_line() {
    let line = |page: ErrorPage<'_>| page.text().text;
    assert_eq!(
        line(unsatisfied("/clip.mp4", b"bytes=4096-")),
        "416 Range Not Satisfiable: No byte of bytes=4096- is in the file: it has 2,048 bytes, and its last is byte 2,047.\n"
    );
    let empty = Some(Unsatisfied { complete_length: 0, range: b"bytes=0-" });
    assert_eq!(
        line(ErrorPage { unsatisfied: empty, ..unsatisfied("/", b"") }),
        "416 Range Not Satisfiable: The file is empty, so no byte of bytes=0- is in it.\n"
    );
    let refused = ErrorPage { status: StatusCode::FORBIDDEN, path: "/x", detail: None, unsatisfied: None };
    assert!(line(refused).starts_with("403 Forbidden: The file is there"));
    let told = ErrorPage { detail: Some("No Host.\r\nSet-Cookie: x"), ..refused };
    assert_eq!(line(told), "403 Forbidden: No Host.[U+000D][U+000A]Set-Cookie: x\n");
}

#[test]
fn every_status_has_words_of_its_own() {
    for code in 300..600 {
        let status = StatusCode::from_u16(code).unwrap();
        let page = ErrorPage { status, path: "/", detail: None, unsatisfied: None };
        let line = page.text().text;
        assert!(line.starts_with(&format!("{code} ")) && line.ends_with(".\n"), "{line}");
        assert!(page.html().text.contains(&format!("<title>{code} ")));
    }
}
