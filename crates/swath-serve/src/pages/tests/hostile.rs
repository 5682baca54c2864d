//! Any bytes as a name: the page keeps its shape, and its links lead to those bytes.

use percent_encoding::percent_decode_str;
use proptest::prelude::*;

use super::document::{Element, elements};
use super::*;

/// Names made to break out of text, attributes, links and the direction of the line.
const NASTY: [&[u8]; 16] = [
    b"\"><script>alert(1)</script>",
    b"'onmouseover='alert(1)",
    b"<!--",
    b"]]><svg onload=x>",
    b"</title></style></table>",
    b"&lt;&#0;&amp",
    b"javascript:alert(1)",
    b"a?play#t=1&b",
    b"..%2f..%2fetc",
    b"back\\slash",
    b"line\nfeed\r\ttab\0nul\x1b[31m",
    b"\xff\xfe\xc0\xaf\xed\xa0\x80",
    "gpj.\u{202e}exe\u{2066}".as_bytes(),
    "\u{fffe}\u{1ffff}\u{85}\u{feff}".as_bytes(),
    b" leading and trailing ",
    b"-o",
];

fn any_name() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 1..60),
        any::<String>().prop_map(String::into_bytes),
        (proptest::sample::select(NASTY.to_vec()), proptest::collection::vec(any::<u8>(), 0..8))
            .prop_map(|(nasty, more)| [nasty, &more].concat()),
    ]
}

/// The tags and the names of their attributes: what a hostile name must not change.
fn shape(elements: &[Element]) -> Vec<(String, Vec<String>)> {
    elements
        .iter()
        .map(|element| (element.tag.clone(), element.attributes.iter().map(|(key, _)| key.clone()).collect()))
        .collect()
}

fn opened(elements: &[Element]) -> Vec<Vec<u8>> {
    let links = elements.iter().filter(|element| element.has_class("open"));
    links
        .map(|element| {
            let href = element.attribute("href").expect("a link leads somewhere");
            let href = href.strip_suffix("?play").or_else(|| href.strip_suffix('/')).unwrap_or(href);
            let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
            assert!(href.bytes().all(unreserved), "{href}");
            percent_decode_str(href).collect()
        })
        .collect()
}

fn check_listing(name: &[u8]) {
    let entries = |name| vec![file(name, 1, "video/mp4"), folder(name), file(name, 2, "text/plain")];
    let page = elements(&listing("/", entries(name)).html().text);
    assert_eq!(shape(&page), shape(&elements(&listing("/", entries(b"harmless")).html().text)));
    assert_eq!(opened(&page), [name, name, name]);
    for element in page.iter().filter(|element| element.has_class("open")) {
        let hidden = |c: char| {
            c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)
        };
        assert!(!element.text.contains(hidden), "{:?}", element.text);
    }
}

fn check_player(name: &[u8]) {
    let draw = |name: &[u8]| {
        let path = format!("/{}", super::super::name::href(name));
        let tracks = [Track {
            name: name.to_owned(),
            language: None,
            label: "x".to_owned(),
            kind: super::super::TrackKind::Subtitles,
        }];
        elements(&player(&path, name, &tracks).html().text)
    };
    let page = draw(name);
    assert_eq!(shape(&page), shape(&draw(b"harmless")));
    let media = page.iter().find(|element| element.tag == "video").expect("a film");
    let source = media.attribute("src").expect("an address").strip_suffix("?view=k3Jx").expect("the token");
    assert_eq!(percent_decode_str(source).collect::<Vec<u8>>(), name);
}

fn check_error(name: &[u8]) {
    let draw = |name: &[u8]| {
        let path = format!("/{}", String::from_utf8_lossy(name).replace('/', ""));
        let page = ErrorPage { detail: Some(&path), ..unsatisfied(&path, name) };
        let line = page.text().text;
        assert_eq!(line.matches('\n').count(), 1, "one line: {line:?}");
        elements(&page.html().text)
    };
    assert_eq!(shape(&draw(name)), shape(&draw(b"harmless")));
}

#[test]
fn names_made_to_break_out_stay_names() {
    for name in NASTY {
        check_listing(name);
        check_player(name);
        check_error(name);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_listed(name in any_name()) {
        check_listing(&name);
    }

    #[test]
    fn any_bytes_are_played(name in any_name()) {
        check_player(&name);
    }

    #[test]
    fn any_bytes_are_told_of(name in any_name()) {
        check_error(&name);
    }

    #[test]
    fn any_bytes_are_json(name in any_name()) {
        let page = listing("/", vec![file(&name, 7, "video/mp4")]).json();
        let document: serde_json::Value = serde_json::from_str(&page.text).unwrap();
        let entry = &document["entries"][0];
        prop_assert_eq!(entry["name"].as_str().unwrap(), String::from_utf8_lossy(&name));
        prop_assert_eq!(percent_decode_str(entry["href"].as_str().unwrap()).collect::<Vec<u8>>(), name);
    }
}
