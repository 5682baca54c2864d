//! Lays the fixtures out as files: in: an empty directory; out: the root of a server under test.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::fixture::{END, MARK_AT};
use crate::{Fixture, Slice};

/// What the files' Last-Modified is, apart from those that have to be young: an hour or more ago.
const AGE: Duration = Duration::from_secs(90_000);

/// Writes every fixture that a file system can hold beneath `root`, with its modification date.
///
/// A strong tag needs a file that has rested since its last change: let a few seconds go by before asking. The young
/// fixture has to be written again with [`touch_new`] just before it is asked for.
pub fn lay_out(root: &Path) -> io::Result<()> {
    for fixture in Fixture::ALL {
        let path = path(root, fixture);
        match fixture {
            Fixture::Missing | Fixture::FHuge | Fixture::FNov | Fixture::FGzIdentity => continue,
            Fixture::Dir => {
                fs::create_dir(path)?;
                continue;
            }
            Fixture::FBig => write_sparse(&path, fixture.length().unwrap_or(0))?,
            Fixture::FGzGzip => {
                fs::write(&path, Fixture::FGzIdentity.whole())?;
                date(&path, SystemTime::now() - AGE)?;
                let sidecar = root.join("coded.txt.gz");
                fs::write(&sidecar, fixture.whole())?;
                date(&sidecar, SystemTime::now() - AGE)?;
                continue;
            }
            _ => fs::write(&path, fixture.whole())?,
        }
        let modified = match fixture {
            Fixture::FFuture => SystemTime::now() + Duration::from_secs(86_400),
            Fixture::FNew => SystemTime::now(),
            _ => SystemTime::now() - AGE,
        };
        date(&path, modified)?;
    }
    Ok(())
}

/// Writes the young fixture anew, so that its modification date is this very second.
pub fn touch_new(root: &Path) -> io::Result<()> {
    fs::write(path(root, Fixture::FNew), Fixture::FNew.whole())
}

fn path(root: &Path, fixture: Fixture) -> std::path::PathBuf {
    root.join(fixture.target().trim_start_matches('/'))
}

fn date(path: &Path, modified: SystemTime) -> io::Result<()> {
    File::options().write(true).open(path)?.set_modified(modified)
}

fn write_sparse(path: &Path, length: u64) -> io::Result<()> {
    let mut file = File::create(path)?;
    let mark = Slice { first: MARK_AT, last: MARK_AT + 5, of: length };
    file.seek(SeekFrom::Start(mark.first))?;
    file.write_all(&Fixture::FBig.slice(mark))?;
    file.seek(SeekFrom::Start(length.saturating_sub(5)))?;
    file.write_all(END)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::FileExt;

    #[test]
    fn files_hold_the_fixtures() {
        let root = tempfile::tempdir().unwrap();
        lay_out(root.path()).unwrap();
        for fixture in [Fixture::F0, Fixture::F10, Fixture::F10k, Fixture::FCrlf, Fixture::Dyn] {
            assert_eq!(fs::read(path(root.path(), fixture)).unwrap(), fixture.whole(), "{}", fixture.name());
        }
        let big = File::open(path(root.path(), Fixture::FBig)).unwrap();
        assert_eq!(big.metadata().unwrap().len(), Fixture::FBig.length().unwrap());
        let slice = Slice::read("4294967290-4294967310/8589934597").unwrap();
        let mut octets = vec![1; 21];
        big.read_exact_at(&mut octets, slice.first).unwrap();
        assert_eq!(octets, Fixture::FBig.slice(slice));
        assert!(path(root.path(), Fixture::Dir).is_dir());
    }
}
