//! Which of the named links are there: names in, changes out.
//!
//! Looked at, not listened for: the kernel shows the state of each link as a small file, and a quarter of a second is less
//! than a server needs to notice that nobody reads.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::fault::Error;
use crate::job::Job;

/// How often links are looked at.
const INTERVAL: Duration = Duration::from_millis(250);
/// Where the kernel shows them.
const LINKS: &str = "/sys/class/net";

/// Remembers the state of each named link.
#[derive(Debug)]
pub(crate) struct LinkStates {
    links: Vec<(String, bool)>,
    looked: Option<Instant>,
}

impl LinkStates {
    /// Takes the names of a job; one that this system does not have is a mistake, one that is down may come up.
    pub(crate) fn new(job: &Job) -> Result<Self, Error> {
        for interface in &job.interfaces {
            let name = &interface.name;
            if name.contains('/') || !Path::new(LINKS).join(name).exists() {
                return Err(Error::Misuse(format!(
                    "there is no interface `{name}` here; there is {}",
                    names().join(", ")
                )));
            }
        }
        let links = job.interfaces.iter().map(|interface| (interface.name.clone(), true)).collect();
        Ok(Self { links, looked: None })
    }

    /// Looks, if it is time; returns what changed.
    pub(crate) fn changes(&mut self) -> Vec<(String, bool)> {
        if self.links.is_empty() || self.looked.is_some_and(|looked| looked.elapsed() < INTERVAL) {
            return Vec::new();
        }
        self.looked = Some(Instant::now());
        let changed = self.links.iter_mut().filter_map(|(name, up)| {
            let now = is_up(name);
            (std::mem::replace(up, now) != now).then(|| (name.clone(), now))
        });
        changed.collect()
    }
}

/// A link is up when it is switched on, has a carrier, and nothing says that it is down. Tunnels and the loopback do not
/// know (`unknown`), and are taken for up.
fn is_up(name: &str) -> bool {
    let read = |file: &str| fs::read_to_string(Path::new(LINKS).join(name).join(file)).ok();
    let state = read("operstate").unwrap_or_else(|| "gone".to_owned());
    // A link that is switched off refuses to tell its carrier.
    let carrier = read("carrier").is_some_and(|carrier| carrier.trim() == "1");
    matches!(state.trim(), "up" | "unknown" | "dormant") && carrier
}

fn names() -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(LINKS)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Interface;

    fn job(name: &str) -> Job {
        let mut job = Job::new("http://a.example/".parse().unwrap());
        job.interfaces.push(Interface { name: name.to_owned(), budget: None });
        job
    }

    #[test]
    fn a_link_that_is_not_there_is_named_beside_those_that_are() {
        for name in ["no-such-link", "../net/lo"] {
            let why = LinkStates::new(&job(name)).unwrap_err().to_string();
            assert!(why.contains(name) && why.contains("lo"), "{why}");
        }
    }

    #[test]
    fn the_loopback_is_up_and_does_not_change() {
        let mut states = LinkStates::new(&job("lo")).unwrap();
        assert_eq!(states.changes(), []);
        states.links[0].1 = false;
        assert_eq!(states.changes(), [], "it is not looked at again at once");
        states.looked = None;
        assert_eq!(states.changes(), [("lo".to_owned(), true)]);
    }
}
