//! Where the tests find and leave things: paths out of the workspace's layout, nothing else.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

/// Gives the root of the workspace.
pub fn workspace() -> PathBuf {
    let e2e = Path::new(env!("CARGO_MANIFEST_DIR"));
    e2e.parent().expect("e2e/ lies in the workspace").to_path_buf()
}

/// Gives a folder under `e2e/.work`, which git ignores, and makes it first.
pub fn work(name: &str) -> PathBuf {
    let path = workspace().join("e2e/.work").join(name);
    fs::create_dir_all(&path).unwrap_or_else(|error| panic!("cannot make {}: {error}", path.display()));
    path
}

/// Gives an empty folder for one test's logs; those of the run before are thrown away.
pub fn logs(test: &str) -> PathBuf {
    let path = workspace().join("e2e/.work/logs").join(test);
    drop(fs::remove_dir_all(&path));
    fs::create_dir_all(&path).unwrap_or_else(|error| panic!("cannot make {}: {error}", path.display()));
    path
}

/// Finds a program: in the folder where `e2e/setup.sh` puts its own, then along `PATH` and where Debian keeps what
/// an ordinary user does not type.
///
/// # Panics
/// When it is nowhere: a missing program fails the test that needs it.
pub fn program(name: &str) -> PathBuf {
    find_program(name).unwrap_or_else(|| {
        panic!("`{name}` is not installed; run e2e/setup.sh, which installs what the tests need")
    })
}

fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from);
    tools()
        .into_iter()
        .chain(std::env::split_paths(&path))
        .chain(system)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Gives the folder where `e2e/setup.sh` puts what Debian does not package; the same rule stands there.
fn tools() -> Option<PathBuf> {
    let named = std::env::var_os("SWATH_TOOLS").map(PathBuf::from);
    let cache = || std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let folder = named.or_else(|| Some(cache().or_else(home)?.join("swath/tools")))?;
    Some(folder.join("bin"))
}

/// Finds the first file called `name` under `folder`, at most `depth` folders down.
pub fn find_below(folder: &Path, name: &OsStr, depth: usize) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    if let Some(file) = entries.iter().find(|path| path.file_name() == Some(name) && path.is_file()) {
        return Some(file.clone());
    }
    let deeper = depth.checked_sub(1)?;
    entries.iter().filter(|path| path.is_dir()).find_map(|folder| find_below(folder, name, deeper))
}
