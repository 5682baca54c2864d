//! Metalinks that are good, and that are not.

use super::*;
use proptest::prelude::*;

const A: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const B: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn of(files: &str) -> Result<Vec<File>, MetalinkError> {
    parse(format!("<?xml version=\"1.0\"?><metalink xmlns=\"{NAMESPACE}\">{files}</metalink>").as_bytes())
}

fn file(inside: &str) -> Result<File, MetalinkError> {
    let files = of(&format!("<file name=\"a.iso\">{inside}<url>http://h/a</url></file>"))?;
    Ok(files.into_iter().next().unwrap())
}

// R-5854/4.2.8-1
#[test]
fn a_whole_metalink_is_read() {
    let text = format!(
        "<m:metalink xmlns:m=\"{NAMESPACE}\" xmlns:x=\"urn:other\">
           <!-- a comment --><m:generator>x</m:generator><x:file name=\"../no\"/>
           <m:file name=\"dists/a &amp; b.iso\">
             <m:size> 20 </m:size><m:identity>A</m:identity>
             <m:hash type=\"md5\">00</m:hash>
             <m:hash type=\"sha-256\"> {A} </m:hash>
             <m:pieces length=\"10\" type=\"sha-256\"><m:hash>{A}</m:hash><m:hash>{B}</m:hash></m:pieces>
             <m:url>http://late.example/a?x=1&amp;y=&#50;</m:url>
             <m:url priority=\"2\" location=\"DE\">https://two.example/a</m:url>
             <m:url priority=\"1\"><![CDATA[http://one.example/a]]></m:url>
             <m:url priority=\"1\">ftp://one.example/a</m:url>
             <m:metaurl mediatype=\"torrent\">http://t.example/a.torrent</m:metaurl>
           </m:file>
           <m:file name=\"b\"><m:url>http://h/b</m:url></m:file>
         </m:metalink>"
    );
    let files = parse(text.as_bytes()).unwrap();
    let first = &files[0];
    assert_eq!((first.name.as_str(), first.size, files.len()), ("a & b.iso", Some(20), 2));
    assert_eq!(first.digests, [Digest::read(Algorithm::Sha256, A).unwrap()]);
    let pieces = first.pieces.as_ref().unwrap();
    assert_eq!((pieces.length, pieces.digests.len()), (10, 2));
    let places: Vec<_> = first.mirrors.iter().map(|mirror| (mirror.url.as_str(), mirror.priority)).collect();
    let due = [
        ("http://one.example/a", 1),
        ("https://two.example/a", 2),
        ("http://late.example/a?x=1&y=2", 999_999),
    ];
    assert_eq!(places, due);
    assert_eq!(first.mirrors[1].country.as_deref(), Some("de"));
    assert_eq!(files[1].pieces, None);
}

// R-5854/4.1.2.1-1
#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in [
        "",
        "/a",
        "./a",
        "../a",
        "a/../b",
        "a/..",
        "a//b",
        "a/./b",
        "..",
        "a\\b",
        "C:\\a",
        "a/",
        "/etc/passwd",
    ] {
        let refused = of(&format!("<file name=\"{name}\"><url>http://h/a</url></file>")).unwrap_err();
        assert!(matches!(refused, MetalinkError::Name(_)), "{name}: {refused}");
    }
    let nameless = of("<file><url>http://h/a</url></file>").unwrap_err();
    assert!(matches!(nameless, MetalinkError::Name(_)));
    let one = "<file name=\"a\"><url>http://h/a</url></file>";
    assert!(matches!(of(&format!("{one}{one}")), Err(MetalinkError::Name(_))), "twice");
    assert_eq!(of("<file name=\"dir/.ssh\"><url>http://h/a</url></file>").unwrap()[0].name, "_ssh");
}

#[test]
fn what_is_something_else_says_so() {
    let version_3 = b"<metalink version=\"3.0\" xmlns=\"http://www.metalinker.org/\"><files/></metalink>";
    assert_eq!(parse(version_3), Err(MetalinkError::Version3));
    for other in ["<html/>", "<metalink><file name=\"a\"/></metalink>", "", "not xml", "{}"] {
        assert_eq!(parse(other.as_bytes()), Err(MetalinkError::Other), "{other}");
    }
    assert_eq!(of(""), Err(MetalinkError::Other), "no files");
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><metalink>&b;</metalink>";
    for broken in [bomb, "<metalink", &format!("<metalink xmlns=\"{NAMESPACE}\"><file name=\"a\">")] {
        assert!(matches!(parse(broken.as_bytes()), Err(MetalinkError::Xml(_))), "{broken}");
    }
    assert!(matches!(file("<url>&unknown;</url>"), Err(MetalinkError::Xml(_))));
    let no_http = of("<file name=\"a\"><url>ftp://h/a</url></file>");
    assert_eq!(no_http, Err(MetalinkError::NoMirror("a".into())));
}

// R-5854/4.1.3-1
#[test]
fn contradictions_are_refused() {
    let contradiction = Err(MetalinkError::Contradiction("a.iso".into()));
    for inside in [
        "<size>x</size>".to_owned(),
        "<size>-1</size>".to_owned(),
        "<size>1</size><size>2</size>".to_owned(),
        format!("<hash type=\"sha-256\">{A}</hash><hash type=\"sha-256\">{B}</hash>"),
        format!("<size>20</size><pieces length=\"10\" type=\"sha-256\"><hash>{A}</hash></pieces>"),
        format!("<pieces length=\"10\" type=\"sha-256\"><hash>{A}</hash><hash>zz</hash></pieces>"),
    ] {
        assert_eq!(file(&inside), contradiction, "{inside}");
    }
    let unknown = file("<pieces length=\"10\" type=\"md5\"><hash>00</hash></pieces>").unwrap();
    assert_eq!(unknown.pieces, None, "an algorithm that is not known");
}

#[test]
fn limits_hold() {
    assert!(matches!(parse(&vec![b' '; LENGTH_MAX + 1]), Err(MetalinkError::TooMuch(_))));
    assert!(matches!(of(&"<x>".repeat(100)), Err(MetalinkError::TooMuch(_))));
    let long = format!("<url>http://h/{}</url>", "a".repeat(TEXT_MAX));
    assert!(matches!(file(&long), Err(MetalinkError::TooMuch(_))));
    let many: String = (0..=MIRRORS_MAX).map(|number| format!("<url>http://h/{number}</url>")).collect();
    assert!(matches!(file(&many), Err(MetalinkError::TooMuch(_))));
    let files: String = (0..=FILES_MAX)
        .map(|number| format!("<file name=\"{number}\"><url>http://h/</url></file>"))
        .collect();
    assert!(matches!(of(&files), Err(MetalinkError::TooMuch(_))));
}

proptest! {
    #[test]
    fn whatever_is_read_keeps_the_promises(inside in "(<(file|size|hash|pieces|url|x)( (name|type|length|priority)=\"[a./0-9-]{0,8}\")?>|</(file|size|url|x)>|http://h/a|[&<;a0 ]){0,20}") {
        for text in [inside.clone(), format!("<file name=\"a\"><url>http://h/a</url>{inside}</file>")] {
            if let Ok(files) = of(&text) {
                for file in files {
                    prop_assert!(!file.mirrors.is_empty() && !file.name.contains('/'));
                }
            }
        }
    }

    #[test]
    fn anything_is_read_without_harm(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&octets);
    }
}
