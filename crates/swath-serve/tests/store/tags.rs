//! Validators of real files, with the clock in the test's hand.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use byteranges::EntityTag;
use http::HeaderValue;
use sha2::{Digest, Sha256};
use swath_serve::source::Source;
use swath_serve::store::{EtagMode, Selected, Selection, Settle, Store};

use crate::{Space, select_at, selected};

fn at(store: &Store, path: &str, now: SystemTime) -> Box<Selected> {
    match select_at(store, path, &[], now) {
        Ok(Selection::Representation(selected)) => selected,
        other => panic!("{other:?}"),
    }
}

/// When a file's facts last changed; a clock that stands there makes no test depend on how fast it runs.
fn changed(path: impl AsRef<Path>) -> SystemTime {
    let facts = std::fs::metadata(path).unwrap();
    let seconds = u64::try_from(facts.ctime()).unwrap();
    SystemTime::UNIX_EPOCH + Duration::new(seconds, u32::try_from(facts.ctime_nsec()).unwrap())
}

fn tag(selected: &Selected) -> EntityTag {
    selected.representation.etag.clone().unwrap()
}

fn is_strong(selected: &Selected) -> bool {
    let Source::File(open) = &selected.source else { panic!() };
    open.is_strong()
}

// R-8.8.3-1
#[test]
fn a_tag_is_weak_while_the_change_is_young_or_lies_ahead() {
    let space = Space::new();
    space.write("file", "x");
    let settle = Settle { fine: Duration::from_secs(10), coarse: Duration::from_secs(10) };
    let store = space.store(|options| options.settle = settle);
    let changed = selected(&store, "/file").representation.changed.unwrap();
    for (now, strong) in [
        (changed - Duration::from_secs(1), false),
        (changed, false),
        (changed + Duration::from_millis(9_999), false),
        (changed + Duration::from_secs(10), true),
    ] {
        let selected = at(&store, "/file", now);
        assert_eq!(!tag(&selected).is_weak(), strong, "{now:?}");
        assert_eq!(is_strong(&selected), strong);
        assert!(tag(&selected).weak_eq(&tag(&at(&store, "/file", changed + Duration::from_secs(99)))));
    }
}

#[test]
fn the_default_makes_a_new_file_weak_and_soon_strong() {
    let space = Space::new();
    let store = space.store(|_| ());
    let path = space.write("file", "x");
    assert!(tag(&at(&store, "/file", changed(path) + Duration::from_millis(19))).is_weak());
    let deadline = Instant::now() + Duration::from_secs(5);
    while tag(&at(&store, "/file", SystemTime::now())).is_weak() {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(1));
    }
}

// R-8.8.1-1
#[test]
fn every_change_makes_another_tag() {
    let space = Space::new();
    let path = space.write("file", "one");
    let store = space.store(|_| ());
    let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
    let mut seen = vec![tag(&selected(&store, "/file"))];
    let open = || File::options().write(true).open(&path).unwrap();
    for change in [
        &|| std::fs::write(&path, "two").unwrap(),
        &|| open().set_len(2).unwrap(),
        &|| File::options().append(true).open(&path).unwrap().write_all(b"x").unwrap(),
        // The old mtime put back: ctime still tells.
        &|| (open().write_all(b"2").unwrap(), open().set_modified(modified).unwrap()).0,
        &|| std::fs::rename(space.write("new", "2wx"), &path).unwrap(),
    ] as [&dyn Fn(); 5]
    {
        // One tick of the kernel's clock: the time for which tags stay weak.
        std::thread::sleep(Duration::from_millis(20));
        change();
        let tag = tag(&selected(&store, "/file"));
        assert!(seen.iter().all(|other| !other.weak_eq(&tag)));
        seen.push(tag);
    }
    assert!(tag(&selected(&store, "/file")).strong_eq(seen.last().unwrap()));
}

// R-8.8.3-3
#[test]
fn dates_are_those_of_the_file() {
    let space = Space::new();
    let path = space.write("file", "x");
    let store = space.store(|options| options.cache_control = Some(HeaderValue::from_static("max-age=60")));
    let file = File::options().write(true).open(path).unwrap();
    for (modified, expected) in [
        (SystemTime::UNIX_EPOCH + Duration::new(1_700_000_000, 999_999_999), Some(1_700_000_000)),
        (SystemTime::UNIX_EPOCH, Some(0)),
        (SystemTime::UNIX_EPOCH - Duration::from_secs(1), None),
    ] {
        file.set_modified(modified).unwrap();
        let representation = selected(&store, "/file").representation;
        assert_eq!(representation.last_modified.map(|date| date.seconds()), expected);
        let age = SystemTime::now().duration_since(representation.changed.unwrap()).unwrap_or_default();
        assert!(age < Duration::from_secs(60), "ctime is when the date was set");
        assert_eq!(representation.cache_control.as_ref().unwrap(), "max-age=60");
    }
}

// R-8.8.2.2-1
#[test]
fn without_tags_a_date_may_be_strong() {
    let space = Space::new();
    let path = space.write("file", "x");
    let store = space.store(|options| options.etag = EtagMode::None);
    let now = SystemTime::now();
    assert!(at(&store, "/file", now).representation.etag.is_none());
    assert!(!is_strong(&at(&store, "/file", now)));
    assert!(is_strong(&at(&store, "/file", now + Duration::from_secs(3))));
    File::options().write(true).open(path).unwrap().set_modified(now + Duration::from_secs(100)).unwrap();
    assert!(!is_strong(&at(&store, "/file", now + Duration::from_secs(3))), "modified in the future");
}

#[test]
fn content_tags_are_the_same_for_every_copy() {
    let spaces = [Space::new(), Space::new()];
    let tags = spaces.each_ref().map(|space| {
        space.write("name", "the same octets");
        let store = space.store(|options| options.etag = EtagMode::Content);
        let selected = selected(&store, "/name");
        assert_eq!(selected.digest, Some(Sha256::digest("the same octets").into()));
        assert!(is_strong(&selected));
        tag(&selected)
    });
    assert!(tags[0].strong_eq(&tags[1]));
    spaces[1].write("name", "the same octetz");
    let store = spaces[1].store(|options| options.etag = EtagMode::Content);
    assert!(!tag(&selected(&store, "/name")).weak_eq(&tags[0]));
}

#[test]
fn content_tags_are_weak_while_the_change_is_young() {
    let space = Space::new();
    let path = space.write("file", "one");
    let store = space.store(|options| options.etag = EtagMode::Content);
    let young = at(&store, "/file", changed(path));
    assert!(tag(&young).is_weak() && young.digest.is_none() && !is_strong(&young));
    let old = selected(&store, "/file");
    assert!(!tag(&old).is_weak() && tag(&old).weak_eq(&tag(&young)));
    std::thread::sleep(Duration::from_millis(20));
    space.write("file", "two");
    assert!(
        !tag(&selected(&store, "/file")).weak_eq(&tag(&old)),
        "what is remembered is for the old version"
    );
}

#[test]
fn a_long_file_has_no_tag_until_its_digest_is_known() {
    let space = Space::new();
    let octets = vec![7; 3 << 20];
    space.write("long", &octets);
    let store = space.store(|options| {
        options.etag = EtagMode::Content;
        options.hash_inline_max = octets.len() as u64 - 1;
    });
    let first = selected(&store, "/long");
    assert!(first.representation.etag.is_none() && first.digest.is_none());
    assert!(first.representation.last_modified.is_some());
    let deadline = Instant::now() + Duration::from_secs(30);
    let known = loop {
        let again = selected(&store, "/long");
        if again.representation.etag.is_some() {
            break again;
        }
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(known.digest, Some(Sha256::digest(&octets).into()));
    assert!(is_strong(&known));
}

#[test]
fn a_file_at_the_limit_is_hashed_before_the_answer() {
    let space = Space::new();
    space.write("file", "four");
    let store = space.store(|options| (options.etag, options.hash_inline_max) = (EtagMode::Content, 4));
    assert!(selected(&store, "/file").digest.is_some());
}
