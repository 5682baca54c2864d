//! Precompressed forms, chosen by Accept-Encoding.

use std::fs::File;
use std::time::{Duration, SystemTime};

use swath_serve::store::{EtagMode, Selected, Selection, Store};

use crate::{Space, outcome, read, select_at, selected};

const OLD: Duration = Duration::from_secs(1_700_000_000);

fn space() -> Space {
    let space = Space::new();
    for (name, content) in [
        ("page.html", "plain"),
        ("page.html.br", "as br"),
        ("page.html.zst", "as zst"),
        ("page.html.gz", "as gz"),
    ] {
        let path = space.write(name, content);
        File::options().write(true).open(path).unwrap().set_modified(SystemTime::UNIX_EPOCH + OLD).unwrap();
    }
    space
}

fn set_modified(space: &Space, name: &str, time: SystemTime) {
    File::options().write(true).open(space.root().join(name)).unwrap().set_modified(time).unwrap();
}

fn form(store: &Store, path: &str, accept: &str) -> Box<Selected> {
    let now = SystemTime::now() + Duration::from_secs(3600);
    match select_at(store, path, &[accept.as_bytes()], now) {
        Ok(Selection::Representation(selected)) => selected,
        other => panic!("{other:?}"),
    }
}

// R-12.5.5-1, R-14.1.2-9
#[test]
fn the_most_welcome_form_is_selected() {
    let space = space();
    let store = space.store(|options| options.precompressed = true);
    for (accept, content, coding) in [
        ("gzip, deflate, br, zstd", "as br", Some("br")),
        ("gzip, zstd", "as zst", Some("zstd")),
        ("gzip", "as gz", Some("gzip")),
        ("x-gzip", "as gz", Some("gzip")),
        ("gzip;q=0.9, br;q=0.8", "as gz", Some("gzip")),
        ("br;q=0, *", "as zst", Some("zstd")),
        ("identity;q=1, gzip;q=0.5", "plain", None),
        ("deflate", "plain", None),
        ("", "plain", None),
        // Nothing acceptable is there: the field is disregarded (§12.5.3).
        ("identity;q=0, deflate", "plain", None),
    ] {
        let form = form(&store, "/page.html", accept);
        assert_eq!(read(&form), content, "{accept}");
        let representation = &form.representation;
        assert_eq!(representation.content_encoding.as_ref().map(|value| value.to_str().unwrap()), coding);
        assert_eq!(representation.complete_length, content.len() as u64);
        assert_eq!(representation.content_type.as_ref().unwrap(), "text/html; charset=utf-8");
        assert_eq!(representation.vary.as_ref().unwrap(), "Accept-Encoding");
        assert_eq!(&*form.name, "page.html");
    }
    assert_eq!(read(&selected(&store, "/page.html")), "plain", "without the field");
}

// R-8.8.1-2, R-8.8.3.3-1
#[test]
fn each_form_has_a_strong_tag_of_its_own() {
    let space = space();
    for etag in [EtagMode::Stat, EtagMode::Content] {
        // The same octets, under the same inode even, are two forms all the same.
        std::fs::remove_file(space.root().join("page.html.gz")).unwrap();
        std::fs::hard_link(space.root().join("page.html"), space.root().join("page.html.gz")).unwrap();
        let store = space.store(|options| (options.precompressed, options.etag) = (true, etag));
        let tags: Vec<_> = ["", "br", "zstd", "gzip"]
            .map(|accept| form(&store, "/page.html", accept).representation.etag.clone().unwrap())
            .into();
        for (at, tag) in tags.iter().enumerate() {
            assert!(!tag.is_weak());
            assert!(tags[..at].iter().all(|other| !other.weak_eq(tag)), "{tags:?}");
        }
    }
}

#[test]
fn a_sidecar_older_than_its_file_is_ignored() {
    let space = space();
    // With a file that is kept, a sidecar that was passed over shows later: `kept` has that.
    let store = space.store(|options| (options.precompressed, options.open_files) = (true, 0));
    set_modified(&space, "page.html.br", SystemTime::UNIX_EPOCH + OLD - Duration::from_nanos(1));
    assert_eq!(read(&form(&store, "/page.html", "br, gzip;q=0.1")), "as gz");
    set_modified(&space, "page.html", SystemTime::UNIX_EPOCH + OLD + Duration::from_secs(1));
    let plain = form(&store, "/page.html", "br, gzip");
    assert_eq!(read(&plain), "plain");
    assert_eq!(plain.representation.vary.as_ref().unwrap(), "Accept-Encoding");
    set_modified(&space, "page.html.gz", SystemTime::UNIX_EPOCH + OLD + Duration::from_secs(2));
    let coded = form(&store, "/page.html", "br, gzip");
    assert_eq!(read(&coded), "as gz");
    assert_eq!(coded.representation.last_modified.unwrap().seconds(), OLD.as_secs() + 2);
}

#[test]
fn what_is_no_sidecar_is_passed_over() {
    let space = space();
    let store = space.store(|options| options.precompressed = true);
    space.write("alone.txt.gz", "no file beside it");
    assert_eq!(outcome(&store, "/alone.txt"), "not found");
    space.write("odd.txt", "plain");
    std::fs::create_dir(space.root().join("odd.txt.br")).unwrap();
    space.write("odd.txt.zst", "");
    space.link("../secret", "odd.txt.gz");
    assert_eq!(read(&form(&store, "/odd.txt", "br, zstd, gzip")), "plain");
    let longest = "n".repeat(254);
    space.write(&longest, "long");
    assert_eq!(read(&form(&store, &format!("/{longest}"), "gzip")), "long");
}

#[test]
fn sidecars_are_off_unless_asked_for() {
    let space = space();
    let store = space.store(|_| ());
    let plain = form(&store, "/page.html", "br");
    assert_eq!(read(&plain), "plain");
    assert!(plain.representation.vary.is_none() && plain.representation.content_encoding.is_none());
    let direct = form(&store, "/page.html.gz", "gzip");
    assert_eq!(read(&direct), "as gz");
    assert_eq!(direct.representation.content_type.as_ref().unwrap(), "application/gzip");
    assert!(direct.representation.content_encoding.is_none());
}

#[test]
fn an_index_has_sidecars_too() {
    let space = Space::new();
    space.write("index.html", "plain");
    space.write("index.html.gz", "as gz");
    let store = space.store(|options| options.precompressed = true);
    let index = form(&store, "/", "gzip");
    assert_eq!((read(&index).as_str(), index.name.to_str()), ("as gz", Some("index.html")));
    assert_eq!(index.representation.content_type.as_ref().unwrap(), "text/html; charset=utf-8");
}
