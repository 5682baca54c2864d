//! Other people's servers, each with a configuration of its own, in the foreground, on a free port of the loopback.
//!
//! In: the programs that `e2e/setup.sh` installs, or that `make field` builds. Out: a base URL with two files below it:
//! `file.bin`, 10,000 octets of noise, and `empty.bin`. Each module holds one server: its defaults, plus only what lets it
//! run beside others without root (address, folder, no logs).

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    clients::site::Site,
    place::program,
    process::{LOOK_EVERY, Started, free_port},
};

mod apache;
mod caddy;
mod hosts;
mod lighttpd;
mod nginx;
mod npm;
mod python;
mod static_web_server;
mod swath;

/// How long a server may take until it listens: two cores may have much else to do.
const PATIENCE: Duration = Duration::from_secs(20);

/// What every server serves: noise, and nothing.
pub const FILES: [&str; 2] = ["file.bin", "empty.bin"];

/// How often a port that somebody else took meanwhile is tried anew.
pub(crate) const TRIES: usize = 5;

/// How one server is started.
#[derive(Clone, Copy)]
pub struct Recipe {
    /// What it is called on the command line and in the table.
    pub name: &'static str,
    /// What was configured, beyond its defaults, and where it comes from.
    pub configuration: &'static str,
    /// Asks the program for its version.
    pub version: fn() -> String,
    /// Writes the configuration and gives the command that runs it in the foreground.
    pub command: fn(&Place) -> Command,
}

impl fmt::Debug for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Where a server is to run.
#[derive(Debug)]
pub struct Place {
    /// A folder for its configuration and whatever it writes.
    pub folder: PathBuf,
    /// The files it serves.
    pub root: PathBuf,
    /// The port of 127.0.0.1 it listens on.
    pub port: u16,
}

impl Place {
    /// Writes a file of the configuration; gives its path.
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        path
    }
}

/// Gives the servers that Debian packages, which `make test` audits.
pub fn packaged() -> Vec<Recipe> {
    vec![nginx::RECIPE, apache::RECIPE, lighttpd::RECIPE, caddy::RECIPE, python::RECIPE]
}

/// Gives those, and swath.
pub fn with_swath() -> Vec<Recipe> {
    let mut all = vec![swath::RECIPE];
    all.extend(packaged());
    all
}

/// Gives all servers of `make field`, swath first.
pub fn all() -> Vec<Recipe> {
    let mut all = vec![swath::RECIPE];
    all.extend(packaged());
    all.push(static_web_server::RECIPE);
    all.extend(hosts::RECIPES);
    all.extend(npm::RECIPES);
    all
}

/// A server that runs; ended, with all that it started, when it is dropped.
pub struct Running {
    address: SocketAddr,
    // In this order: the server ends before its files go.
    _started: Started,
    _folder: tempfile::TempDir,
    site: Site,
}

impl Running {
    /// Starts a server and waits until it listens.
    ///
    /// # Panics
    /// With the end of its log, when it does not.
    #[must_use]
    pub fn start(recipe: &Recipe) -> Self {
        let site = Site::new();
        site.noise(FILES[0], 10_000);
        site.noise(FILES[1], 0);
        // Past the time in which swath calls a tag weak, and with the coarse clock of any file system.
        std::thread::sleep(Duration::from_millis(60));
        let folder = tempfile::Builder::new().prefix("swath-server-").tempdir().expect("a folder");
        // A server started as root gives up its rights, and has to be let in nevertheless.
        for path in [site.path(), folder.path()] {
            open_to_all(path);
        }
        let mut said = String::new();
        for _ in 0..TRIES {
            let place = Place { folder: folder.path().into(), root: site.path().into(), port: free_port() };
            let mut command = (recipe.command)(&place);
            command.current_dir(&place.folder);
            let mut started = Started::spawn(&mut command, recipe.name, folder.path());
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, place.port));
            if listens(&mut started, address) {
                return Self { address, _started: started, _folder: folder, site };
            }
            said = started.describe();
        }
        panic!("{} did not listen after {TRIES} starts: {said}", recipe.name);
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The folder that it serves.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.site.path()
    }

    /// The URL of a file, whose name stands without a slash.
    #[must_use]
    pub fn url(&self, file: &str) -> String {
        format!("http://{}/{file}", self.address)
    }
}

fn open_to_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
        .expect("our own folder can be opened");
}

/// Waits until a server listens; false when it ended instead, or takes too long.
pub(crate) fn listens(started: &mut Started, address: SocketAddr) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        // First whether it lives: another program may listen on the port that this one lost.
        if started.ended().is_some() {
            return false;
        }
        if TcpStream::connect(address).is_ok() {
            return started.ended().is_none();
        }
        std::thread::sleep(LOOK_EVERY);
    }
    false
}

/// Runs a program that says its version; gives the first word of the first line of its output that holds a digit, cut down to the number.
fn version_of(program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|why| {
        panic!("{}: {why}; e2e/setup.sh or `make field` installs it", program.display())
    });
    let text = [output.stdout, output.stderr].concat();
    number_in(&String::from_utf8_lossy(&text))
}

/// Finds the first number with a dot in it, with what hangs on it.
fn number_in(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || matches!(c, '/' | '(' | ')' | ',' | '"' | '@'))
        .map(|word| word.trim_start_matches('v'))
        .find(|word| word.contains('.') && word.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or_else(|| panic!("no version in {text:?}"))
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_say() {
        assert_eq!(number_in("nginx version: nginx/1.22.1"), "1.22.1");
        assert_eq!(number_in("Server version: Apache/2.4.71 (Debian)\nServer built: x"), "2.4.71");
        assert_eq!(number_in("v2.6.2 h1:abc="), "2.6.2");
        assert_eq!(number_in("Python 3.11.2"), "3.11.2");
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = all().iter().map(|recipe| recipe.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
