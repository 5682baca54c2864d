//! The store against a real file system: what can be reached, what cannot, and what is said about it.

mod hostile;
mod kept;
mod kinds;
mod links;
mod listing;
mod permissions;
mod races;
mod sidecars;
mod single;
mod tags;

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use swath_serve::source::Source;
use swath_serve::store::{
    Files, FilesOptions, Resolution, Selected, Selection, Store, StoreError, Symlinks, Wanted,
};

/// What stands outside the root and must never be read.
const SECRET: &str = "the secret beside the root";

/// Both ways to resolve a path; each answer has to be the same by either.
const RESOLUTIONS: [Resolution; 2] = [Resolution::Kernel, Resolution::Stepwise];

const MODES: [Symlinks; 3] = [Symlinks::Inside, Symlinks::Follow, Symlinks::None];

/// A root with a folder around it that holds a secret.
struct Space {
    outer: tempfile::TempDir,
}

impl Space {
    fn new() -> Self {
        let outer = tempfile::tempdir().unwrap();
        std::fs::create_dir(outer.path().join("root")).unwrap();
        std::fs::write(outer.path().join("secret"), SECRET).unwrap();
        Self { outer }
    }

    fn outer(&self) -> &Path {
        self.outer.path()
    }

    fn root(&self) -> PathBuf {
        self.outer.path().join("root")
    }

    /// Writes a file beneath the root, and the directories above it.
    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.root().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    fn link(&self, text: impl AsRef<Path>, name: &str) {
        std::os::unix::fs::symlink(text, self.root().join(name)).unwrap();
    }

    fn store(&self, edit: impl FnOnce(&mut FilesOptions)) -> Store {
        store(self.root(), edit)
    }
}

fn store(root: impl Into<PathBuf>, edit: impl FnOnce(&mut FilesOptions)) -> Store {
    let mut options = FilesOptions::new(root);
    edit(&mut options);
    Store::Files(Files::open(options).unwrap())
}

/// Selects with the clock an hour ahead, so that all validators have settled.
fn select(store: &Store, path: &str) -> Result<Selection, StoreError> {
    select_at(store, path, &[], SystemTime::now() + Duration::from_secs(3600))
}

fn select_at(
    store: &Store,
    path: &str,
    accept_encoding: &[&[u8]],
    now: SystemTime,
) -> Result<Selection, StoreError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(store.select(&Wanted { path, accept_encoding, now }))
}

fn selected(store: &Store, path: &str) -> Box<Selected> {
    match select(store, path) {
        Ok(Selection::Representation(selected)) => selected,
        other => panic!("{path}: {other:?}"),
    }
}

fn read(selected: &Selected) -> String {
    let length = usize::try_from(selected.representation.complete_length).unwrap();
    let octets = match &selected.source {
        Source::File(open) => {
            let mut octets = vec![0; length];
            open.file().read_exact_at(&mut octets, 0).unwrap();
            octets
        }
        Source::Memory(octets) => octets.to_vec(),
    };
    String::from_utf8(octets).unwrap()
}

/// One word for an outcome: the content, or what came instead.
fn outcome(store: &Store, path: &str) -> String {
    match select(store, path) {
        Ok(Selection::Representation(selected)) => read(&selected),
        Ok(Selection::Directory(_)) => "directory".into(),
        Ok(Selection::Redirect(to)) => format!("to {to}"),
        Err(StoreError::NotFound) => "not found".into(),
        Err(StoreError::Forbidden) => "forbidden".into(),
        Err(StoreError::BadTarget(_)) => "bad target".into(),
        Err(StoreError::Overloaded) => "overloaded".into(),
        Err(StoreError::Io(error)) => format!("{error}"),
    }
}
