//! Where the binary under test lies: the release build in the target folder of the running test, or `SWATH_BIN`; it is never built from here.

use std::path::PathBuf;

/// Gives its path: of the release build, since sizes and times of a debug build say nothing.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("SWATH_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().expect("the running test has a path");
    // target/PROFILE/deps/test-hash → target/release/swath
    let target = test.ancestors().nth(3).expect("a test lies three levels below the target folder");
    let binary = target.join("release/swath");
    assert!(binary.is_file(), "{} is missing: `make e2e` builds it", binary.display());
    binary
}
