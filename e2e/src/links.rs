//! Two hosts in network namespaces, joined by two links of different rates.
//!
//! In: rates. Out: commands that run on either host, and a knife for each link. Needs root; everything goes with the namespaces when it is dropped.
//!
//! The server has one address, which both links lead to; the client has an address on each link. A socket bound to a device takes that device's
//! route, so that which link is used is the client's decision alone.

use std::ffi::OsStr;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::place;

/// The client's names of the links, the fast one first.
pub const LINKS: [&str; 2] = ["fast0", "slow0"];

/// The server's address.
pub const SERVER: &str = "10.99.0.1";

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Two hosts and their links.
#[derive(Debug)]
pub struct Links {
    client: String,
    server: String,
}

impl Links {
    /// Builds them. `rates` are bits a second for what the server sends, the fast link first, as `tc` writes them.
    ///
    /// # Errors
    /// With a sentence, when this process may not: it is not root, or the kernel has no namespaces or no tbf.
    pub fn build(rates: [&str; 2]) -> Result<Self, String> {
        let tag = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        let links = Self { client: format!("swath-c-{tag}"), server: format!("swath-s-{tag}") };
        for name in [&links.client, &links.server] {
            ip(&["netns", "add", name])?;
            ip(&["-n", name, "link", "set", "lo", "up"])?;
        }
        ip(&["-n", &links.server, "addr", "add", &format!("{SERVER}/32"), "dev", "lo"])?;
        for (number, (name, rate)) in LINKS.iter().zip(rates).enumerate() {
            links.join(number + 1, name, rate)?;
        }
        Ok(links)
    }

    fn join(&self, number: usize, name: &str, rate: &str) -> Result<(), String> {
        let (client, server) = (&self.client, &self.server);
        let (near, far) = (format!("10.77.{number}.2"), format!("10.77.{number}.1"));
        ip(&["link", "add", name, "netns", client, "type", "veth", "peer", "name", name, "netns", server])?;
        ip(&["-n", client, "addr", "add", &format!("{near}/24"), "dev", name])?;
        ip(&["-n", server, "addr", "add", &format!("{far}/24"), "dev", name])?;
        for host in [client, server] {
            ip(&["-n", host, "link", "set", name, "up"])?;
        }
        let metric = (number * 100).to_string();
        ip(&[
            "-n",
            client,
            "route",
            "add",
            &format!("{SERVER}/32"),
            "via",
            &far,
            "dev",
            name,
            "metric",
            &metric,
        ])?;
        // A tenth of a second of queue: long enough for TCP, short enough to be no memory.
        ip(&[
            "netns", "exec", server, "tc", "qdisc", "add", "dev", name, "root", "tbf", "rate", rate, "burst",
            "128kb", "latency", "100ms",
        ])
    }

    /// A command on the client's host.
    pub fn on_client(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(place::program("ip"));
        command.args(["netns", "exec", &self.client]).arg(program);
        command
    }

    /// The words that start a program on the server's host; `ip` becomes that program.
    pub fn to_server(&self) -> [&str; 4] {
        ["ip", "netns", "exec", &self.server]
    }

    /// Cuts a link in silence: it looks as before, and nothing goes through it any more.
    ///
    /// # Panics
    /// When `tc` refuses.
    pub fn cut(&self, name: &str) {
        for host in [&self.server, &self.client] {
            // A bucket that holds less than the smallest packet lets none through.
            let words = ["netns", "exec", host, "tc", "qdisc", "replace", "dev", name, "root", "tbf"];
            let size = ["rate", "1kbit", "burst", "10b", "latency", "1ms"];
            ip(&[&words[..], &size].concat()).unwrap_or_else(|why| panic!("the link cannot be cut: {why}"));
        }
    }

    /// Pulls the cable of a link: its device says that there is no carrier.
    ///
    /// # Panics
    /// When `ip` refuses.
    pub fn pull(&self, name: &str) {
        ip(&["-n", &self.server, "link", "set", name, "down"])
            .unwrap_or_else(|why| panic!("the cable cannot be pulled: {why}"));
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        for name in [&self.client, &self.server] {
            drop(ip(&["netns", "del", name]));
        }
    }
}

fn ip(words: &[&str]) -> Result<(), String> {
    let Output { status, stderr, .. } =
        Command::new(place::program("ip")).args(words).output().map_err(|why| format!("ip: {why}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("ip {}: {}", words.join(" "), String::from_utf8_lossy(&stderr).trim()))
    }
}
