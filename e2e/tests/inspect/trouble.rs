//! nginx with settings that break seeking, behind the lens: the inspector names the trouble and nginx's own cure.

use std::fs;

use serde_json::Value;
use swath_e2e::clients::noise::noise;
use swath_e2e::clients::program::run;
use swath_e2e::nginx;
use swath_e2e::place;
use swath_e2e::process::Started;
use swath_e2e::swath::Swath;

use crate::{SOON, ask_json, inspected, rules};

/// Writes a film under each path and starts nginx, which treats each in its own way.
fn films() -> (Started, u16) {
    let root = place::work("inspect-nginx").join("root");
    let film = noise(11, 1_000_000);
    for part in ["zipped", "off", "well"] {
        fs::create_dir_all(root.join(part)).expect("a folder");
        fs::write(root.join(part).join("film.mp4"), &film).expect("a file");
    }
    let settings = format!(
        "root {};\n\
         location /zipped/ {{ gzip on; gzip_types video/mp4; gzip_proxied any; }}\n\
         location /off/ {{ max_ranges 0; }}\n",
        root.display()
    );
    nginx::start("inspect-nginx", &settings)
}

/// Asks for the film as a player does, and for a part of its middle.
fn play(server: &Swath, part: &str) {
    let url = server.url(&format!("/{part}/film.mp4"));
    for range in ["0-", "500000-"] {
        let agent = format!("player-of-{part}");
        let arguments =
            ["-q", "-sS", "-o", "/dev/null", "-A", &agent, "-H", "Accept-Encoding: gzip", "-r", range, &url];
        let _ = run("curl", arguments).succeeded();
    }
}

fn of<'a>(findings: &'a Value, part: &str) -> Vec<&'a Value> {
    let path = format!("/{part}/film.mp4");
    findings.as_array().expect("a list").iter().filter(|one| one["path"] == path.as_str()).collect()
}

#[test]
fn compressed_films_and_ranges_turned_off_are_named_with_the_cure() {
    let (mut nginx, port) = films();
    let (server, inspector) = inspected(Swath::of(format!("http://127.0.0.1:{port}/")));
    for part in ["zipped", "off", "well"] {
        play(&server, part);
    }
    let findings = ask_json(&inspector, "/api/findings");
    let zipped = Value::from(of(&findings, "zipped").into_iter().cloned().collect::<Vec<_>>());
    for rule in ["range-ignored", "coded-media", "accept-ranges-none", "no-length", "weak-tag", "no-vary"] {
        assert!(rules(&zipped).contains(&rule), "{rule} in {zipped:#}");
    }
    let weak = of(&findings, "zipped").into_iter().find(|one| one["rule"] == "weak-tag").expect("weak");
    assert_eq!(weak["check"], "etag-strong");
    assert!(weak["cure"].as_str().is_some_and(|cure| cure.starts_with("nginx: `gzip off;`")), "{weak:#}");
    let off = Value::from(of(&findings, "off").into_iter().cloned().collect::<Vec<_>>());
    assert!(rules(&off).contains(&"range-ignored"), "{off:#}");
    assert!(of(&findings, "well").iter().all(|one| one["side"] == "client"), "{findings:#}");
    let _ = server.stop();
    let _ = nginx.terminate(SOON);
}
