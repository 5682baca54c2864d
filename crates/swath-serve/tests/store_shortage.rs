//! The store when no descriptors are left. Alone in its process, because the limit is the process's.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use swath_serve::store::{Files, FilesOptions, Selection, Store, StoreError, Symlinks, Wanted};

#[tokio::test]
async fn without_descriptors_requests_are_put_off_and_then_served_again() {
    let space = tempfile::tempdir().unwrap();
    std::fs::write(space.path().join("file"), "x").unwrap();
    std::fs::create_dir(space.path().join("dir")).unwrap();
    std::os::unix::fs::symlink(space.path().join("file"), space.path().join("absolute")).unwrap();
    std::os::unix::fs::symlink("/etc", space.path().join("outside")).unwrap();
    let stores = [Symlinks::Inside, Symlinks::Follow, Symlinks::None].map(|symlinks| {
        let options = FilesOptions { symlinks, ..FilesOptions::new(space.path()) };
        Store::Files(Files::open(options).unwrap())
    });
    let select = async |store: &Store, path: &str| {
        store.select(&Wanted { path, accept_encoding: &[], now: SystemTime::now() }).await
    };
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum: getrlimit(Resource::Nofile).maximum })
        .unwrap();
    let mut held = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        held.push(file);
    }
    for store in &stores {
        for path in ["/file", "/dir", "/dir/", "/"] {
            let outcome = select(store, path).await;
            assert!(matches!(outcome, Err(StoreError::Overloaded)), "{path}: {outcome:?}");
        }
    }
    for path in ["/absolute", "/outside"] {
        let outcome = select(&stores[0], path).await;
        assert!(matches!(outcome, Err(StoreError::Overloaded)), "{path}: {outcome:?}");
    }
    drop(held);
    for store in &stores {
        assert!(matches!(select(store, "/file").await, Ok(Selection::Representation(_))));
        assert!(matches!(select(store, "/").await, Ok(Selection::Directory(_))));
    }
    what_is_kept_makes_room(space.path()).await;
}

/// Descriptors held for later requests are there for those who need them now.
async fn what_is_kept_makes_room(root: &Path) {
    let store = Store::Files(Files::open(FilesOptions::new(root)).unwrap());
    let settled = SystemTime::now() + Duration::from_secs(3600);
    let select = async |path: &str| store.select(&Wanted { path, accept_encoding: &[], now: settled }).await;
    for path in ["/file", "/absolute", "/third", "/fourth"] {
        std::fs::write(root.join(&path[1..]), "x").unwrap();
        drop(select(path).await.unwrap());
    }
    let mut held = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        held.push(file);
    }
    std::fs::write(root.join("dir/other"), "x").unwrap_err();
    assert!(matches!(select("/file").await, Ok(Selection::Representation(_))), "what is kept is at hand");
    let listed = select("/dir/").await;
    assert!(matches!(listed, Ok(Selection::Directory(_))), "{listed:?}");
}
