//! Files that are kept open between requests: what of them shows at once, what within their age, and what never.

use std::collections::HashMap;
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use swath_serve::facts::Facts;
use swath_serve::source::Source;
use swath_serve::store::{EtagMode, Selected, Selection, Store};

use crate::{RESOLUTIONS, Space, outcome, read, select_at, selected};

/// An age that no test reaches.
const LONG: Duration = Duration::from_secs(3600);

/// How long a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(20);

fn keeping(space: &Space) -> Store {
    space.store(|options| options.open_files_age = LONG)
}

fn file(selected: &Selected) -> &Arc<File> {
    match &selected.source {
        Source::File(open) => open.file(),
        Source::Memory(_) => panic!("a file"),
    }
}

/// Whether both were answered from one descriptor.
fn same(one: &Selected, other: &Selected) -> bool {
    Arc::ptr_eq(file(one), file(other))
}

fn tag(selected: &Selected) -> String {
    let tag = selected.representation.etag.as_ref().expect("a tag");
    tag.as_header_value().to_str().expect("ASCII").to_owned()
}

/// How many descriptors of this process lead beneath `root`, deleted files included.
fn held(root: &Path) -> usize {
    let targets =
        fs::read_dir("/proc/self/fd").unwrap().flatten().filter_map(|fd| fs::read_link(fd.path()).ok());
    // The store's own descriptor of the root is not beneath it.
    targets.filter(|target| target.starts_with(root) && target != root).count()
}

#[test]
fn a_file_is_looked_up_once_for_many_requests() {
    let space = Space::new();
    space.write("file", "content");
    let store = keeping(&space);
    let (one, other) = (selected(&store, "/file"), selected(&store, "/file"));
    assert!(same(&one, &other) && tag(&one) == tag(&other) && read(&other) == "content");
    for off in [(0, LONG), (1024, Duration::ZERO)] {
        let store = space.store(|options| (options.open_files, options.open_files_age) = off);
        assert!(!same(&selected(&store, "/file"), &selected(&store, "/file")), "{off:?}");
    }
}

#[test]
fn whatever_happens_to_the_file_shows_at_once() {
    let space = Space::new();
    let store = keeping(&space);
    let path = space.write("file", "first");
    let mut before = selected(&store, "/file");
    let mut expect = |content: &str, why: &str| {
        let now = selected(&store, "/file");
        assert_eq!(read(&now), content, "{why}");
        assert!(!same(&before, &now) && tag(&before) != tag(&now), "{why}");
        assert!(same(&now, &selected(&store, "/file")), "{why}");
        before = now;
    };
    // The kernel's clock has to tick between two versions: what settling is for, and these tests are ahead of.
    let tick = || thread::sleep(Duration::from_millis(20));
    tick();
    File::options().write(true).open(&path).unwrap().write_all_at(b"other", 0).unwrap();
    expect("other", "written in place, at the same length");
    tick();
    File::options().append(true).open(&path).unwrap().write_all(b" and more").unwrap();
    expect("other and more", "appended to");
    tick();
    File::options().write(true).open(&path).unwrap().set_len(5).unwrap();
    expect("other", "cut");
    tick();
    fs::write(space.root().join("next"), "renamed").unwrap();
    fs::rename(space.root().join("next"), &path).unwrap();
    expect("renamed", "replaced by rename");
    tick();
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    expect("renamed", "other permissions: whether it may be read is asked again");
    fs::rename(&path, space.root().join("elsewhere")).unwrap();
    assert_eq!(outcome(&store, "/file"), "not found", "moved away");
    fs::rename(space.root().join("elsewhere"), &path).unwrap();
    assert_eq!(outcome(&store, "/file"), "renamed");
    fs::remove_file(&path).unwrap();
    assert_eq!(outcome(&store, "/file"), "not found", "deleted");
    fs::create_dir(&path).unwrap();
    assert_eq!(outcome(&store, "/file"), "to /file/");
}

#[test]
fn another_way_to_it_shows_within_the_age() {
    let space = Space::new();
    for (directory, content) in [("one", "old"), ("two", "new")] {
        space.write(&format!("{directory}/file"), content);
    }
    space.link("one", "way");
    let swap = |to: &str| {
        space.link(to, "way.new");
        fs::rename(space.root().join("way.new"), space.root().join("way")).unwrap();
    };
    let lasting = keeping(&space);
    assert_eq!(outcome(&lasting, "/way/file"), "old");
    swap("two");
    assert_eq!(outcome(&lasting, "/way/file"), "old", "what the age is the bound of");

    let age = Duration::from_millis(300);
    let store = space.store(|options| options.open_files_age = age);
    assert_eq!(outcome(&store, "/way/file"), "new");
    swap("one");
    thread::sleep(age);
    assert_eq!(outcome(&store, "/way/file"), "old");
    let careful = space.store(|options| options.open_files_age = Duration::ZERO);
    assert_eq!(outcome(&careful, "/way/file"), "old");
    swap("two");
    assert_eq!(outcome(&careful, "/way/file"), "new");
}

#[test]
fn one_that_grew_old_stays_where_its_path_still_leads_there() {
    let space = Space::new();
    space.write("file", "content");
    space.write("below/file", "content");
    space.link("below", "way");
    let age = Duration::from_millis(100);
    let store = space.store(|options| options.open_files_age = age);
    for path in ["/file", "/below/file", "/way/file"] {
        // One that nobody asks for in time is closed, which may happen on a busy machine.
        let stays = (0..50).any(|_| {
            let before = selected(&store, path);
            thread::sleep(age);
            same(&before, &selected(&store, path))
        });
        assert!(stays, "{path}");
    }
}

/// Neither moving a directory nor linking to it moves anything of the file in it: only its way is another.
#[test]
fn a_directory_that_left_the_root_is_not_followed_to_where_it_went() {
    let space = Space::new();
    let age = Duration::from_millis(300);
    for resolution in RESOLUTIONS {
        space.write("below/file", "content");
        let store = space.store(|options| (options.open_files_age, options.resolution) = (age, resolution));
        assert_eq!(outcome(&store, "/below/file"), "content");
        thread::sleep(age);
        // Its way is looked at again, as it is from now on.
        assert_eq!(outcome(&store, "/below/file"), "content");
        let (within, without) = (space.root().join("below"), space.outer().join("without"));
        fs::rename(&within, &without).unwrap();
        space.link("../without", "below");
        thread::sleep(age);
        assert_eq!(outcome(&store, "/below/file"), "not found", "{resolution:?}");
        fs::remove_file(&within).unwrap();
        fs::remove_dir_all(&without).unwrap();
    }
}

#[test]
fn a_file_that_has_not_settled_is_not_kept() {
    let space = Space::new();
    space.write("file", "young");
    let store = space.store(|options| {
        options.open_files_age = LONG;
        (options.settle.fine, options.settle.coarse) = (LONG, LONG);
    });
    let select = |now| match select_at(&store, "/file", &[], now) {
        Ok(Selection::Representation(selected)) => selected,
        other => panic!("{other:?}"),
    };
    let now = SystemTime::now();
    assert!(!same(&select(now), &select(now)));
    assert!(tag(&select(now)).starts_with("W/"));
    let (later, again) = (select(now + 2 * LONG), select(now + 2 * LONG));
    assert!(same(&later, &again) && tag(&later).starts_with('"'));
    // A clock that was put back makes it young again.
    assert!(!same(&again, &select(now)) && tag(&select(now)).starts_with("W/"));
}

#[test]
fn no_more_are_held_than_was_allowed() {
    let space = Space::new();
    let root = space.root().canonicalize().unwrap();
    // Enough for several shards.
    let most = 200;
    let store = space.store(|options| (options.open_files, options.open_files_age) = (most, LONG));
    for number in 0..3 * most {
        let path = format!("/{number}");
        space.write(&path[1..], "x");
        drop(selected(&store, &path));
        assert!(held(&root) <= most, "{} after {number}", held(&root));
    }
    assert_eq!(held(&root), most, "however the names fall");
    assert_eq!((store.give_up_descriptors(), held(&root)), (most, 0));
    drop(selected(&store, "/1"));
    assert_eq!(held(&root), 1);
    drop(store);
    assert_eq!(held(&root), 0, "the store takes them along");
}

#[test]
fn what_nobody_asks_for_any_more_is_closed() {
    let space = Space::new();
    let root = space.root().canonicalize().unwrap();
    let store = space.store(|options| options.open_files_age = Duration::from_millis(50));
    for _ in 0..2 {
        let path = space.write("file", "space that is wanted back");
        drop(selected(&store, "/file"));
        fs::remove_file(path).unwrap();
        let begun = Instant::now();
        while held(&root) > 0 {
            assert!(begun.elapsed() < PATIENCE, "a deleted file is held");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn forms_are_kept_apart_and_watched() {
    let space = Space::new();
    space.write("page.html", "plain");
    let coded = space.write("page.html.gz", "as gz");
    let store = space.store(|options| (options.precompressed, options.open_files_age) = (true, LONG));
    let later = SystemTime::now() + LONG;
    let form = |accept: &str| match select_at(&store, "/page.html", &[accept.as_bytes()], later) {
        Ok(Selection::Representation(selected)) => selected,
        other => panic!("{other:?}"),
    };
    for _ in 0..2 {
        assert_eq!((read(&form("gzip")), read(&form(""))), ("as gz".into(), "plain".into()));
    }
    assert!(same(&form("gzip"), &form("gzip;q=0.5")) && !same(&form("gzip"), &form("")));
    thread::sleep(Duration::from_millis(20));
    fs::write(&coded, "again").unwrap();
    assert_eq!(read(&form("gzip")), "again");
    // A file that is newer than its sidecar is sent itself.
    thread::sleep(Duration::from_millis(20));
    space.write("page.html", "newer");
    assert_eq!(read(&form("gzip")), "newer");
}

#[test]
fn a_digest_that_is_still_being_made_is_not_waited_for_in_vain() {
    let space = Space::new();
    space.write("file", "longer than nothing");
    let store = space.store(|options| {
        (options.etag, options.hash_inline_max) = (EtagMode::Content, 0);
        options.open_files_age = LONG;
    });
    let begun = Instant::now();
    while selected(&store, "/file").representation.etag.is_none() {
        assert!(begun.elapsed() < PATIENCE, "it never came to have a tag");
        thread::sleep(Duration::from_millis(5));
    }
    assert!(same(&selected(&store, "/file"), &selected(&store, "/file")));
}

/// Reads as a response does: the octets, and then a look whether the file is still the promised one.
fn read_as_a_response(selected: &Selected) -> Option<Vec<u8>> {
    let Source::File(open) = &selected.source else { panic!("a file") };
    let mut octets = vec![0; usize::try_from(open.promised().length).unwrap()];
    open.file().read_exact_at(&mut octets, 0).ok()?;
    (Facts::of(open.file()).unwrap() == *open.promised()).then_some(octets)
}

/// Writes versions of equal length, each by another way, with rests in which they settle.
fn write_versions(space: &Space, over: &AtomicBool) {
    let (path, next) = (space.root().join("file"), space.root().join("next"));
    let mut number = 0_u64;
    while !over.load(Ordering::Relaxed) {
        number += 1;
        let content = format!("{number:016}").repeat(256);
        if number.is_multiple_of(2) {
            File::options().write(true).open(&path).unwrap().write_all_at(content.as_bytes(), 0).unwrap();
        } else {
            fs::write(&next, content).unwrap();
            fs::rename(&next, &path).unwrap();
        }
        thread::sleep(Duration::from_millis(number * 7 % 41));
    }
}

// R-8.8.1-1
#[test]
fn one_strong_tag_never_stands_for_two_versions() {
    let space = Space::new();
    space.write("file", "0".repeat(4096));
    let store = space.store(|_| ());
    let over = AtomicBool::new(false);
    let (mut versions, mut kept) = (HashMap::<String, Vec<u8>>::new(), 0_u64);
    thread::scope(|scope| {
        scope.spawn(|| write_versions(&space, &over));
        let begun = Instant::now();
        let mut before: Option<Box<Selected>> = None;
        while begun.elapsed() < Duration::from_millis(1500)
            || (versions.len() < 8 && begun.elapsed() < PATIENCE)
        {
            let Ok(Selection::Representation(now)) = select_at(&store, "/file", &[], SystemTime::now())
            else {
                panic!("it is always there");
            };
            kept += u64::from(before.as_ref().is_some_and(|before| same(before, &now)));
            if let (false, Some(octets)) = (tag(&now).starts_with("W/"), read_as_a_response(&now)) {
                let version = versions.entry(tag(&now)).or_insert_with(|| octets.clone());
                assert!(*version == octets, "{} stands for two versions", tag(&now));
            }
            before = Some(now);
        }
        over.store(true, Ordering::Relaxed);
    });
    assert!(
        versions.len() >= 8 && kept > 0,
        "{} strong tags, {kept} answers from what was kept",
        versions.len()
    );
}
