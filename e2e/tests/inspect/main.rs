//! The inspector before real clients: what browsers, downloaders and viewers exchange, it shows, live; what is wrong with an
//! origin, it names.

mod clients;
mod page;
mod seek;
mod trouble;

use std::time::{Duration, Instant};

use serde_json::Value;
use swath_e2e::clients::program;
use swath_e2e::swath::{Launch, Swath};

/// How long what has happened may take to show, on two cores that have a browser to feed.
const SOON: Duration = Duration::from_secs(40);

/// Starts a server with an inspector on a free port; gives that's base, without a slash at the end.
fn inspected(launch: Launch) -> (Swath, String) {
    let server = launch.arg("--inspect=127.0.0.1:0").start();
    let base = place_of_inspector(|| server.notes());
    (server, base)
}

/// Waits until a program has said where its inspector is.
fn place_of_inspector(said: impl Fn() -> String) -> String {
    let deadline = Instant::now() + SOON;
    loop {
        let said = said();
        if let Some((_, rest)) = said.split_once("inspector at ") {
            return rest.lines().next().unwrap_or_default().trim_end_matches('/').to_owned();
        }
        assert!(Instant::now() < deadline, "no inspector: {said}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Asks the inspector for something as text.
fn ask(inspector: &str, path: &str) -> String {
    program::run("curl", ["-q", "-sS", "--fail", &format!("{inspector}{path}")]).text()
}

/// Asks the inspector for something as JSON.
fn ask_json(inspector: &str, path: &str) -> Value {
    let answer = ask(inspector, path);
    serde_json::from_str(&answer).unwrap_or_else(|why| panic!("{answer}: {why}"))
}

/// Gives the rules that findings name.
fn rules(findings: &Value) -> Vec<&str> {
    findings.as_array().expect("a list").iter().filter_map(|finding| finding["rule"].as_str()).collect()
}
