//! nginx with settings that break seeking, behind the lens: the inspector names the trouble and nginx's own cure.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::Value;
use swath_e2e::clients::noise::noise;
use swath_e2e::clients::program::run;
use swath_e2e::place;
use swath_e2e::process::{LOOK_EVERY, Started, free_port};
use swath_e2e::swath::Swath;

use crate::{SOON, ask_json, inspected, rules};

fn config(folder: &Path, port: u16) -> String {
    let shown = folder.display();
    // As root it would give up the rights to read the folder; as anybody else it passes over `user`.
    format!(
        "user root; daemon off; pid {shown}/pid; worker_processes 1; events {{}}\n\
         http {{ access_log off; client_body_temp_path {shown}/b; proxy_temp_path {shown}/p;\n\
         fastcgi_temp_path {shown}/f; uwsgi_temp_path {shown}/u; scgi_temp_path {shown}/s;\n\
         types {{ video/mp4 mp4; }}\n\
         server {{ listen 127.0.0.1:{port}; root {shown}/root;\n\
         location /zipped/ {{ gzip on; gzip_types video/mp4; gzip_proxied any; }}\n\
         location /off/ {{ max_ranges 0; }} }} }}\n"
    )
}

/// Starts nginx on a folder with a film under each path.
fn nginx() -> (Started, u16) {
    let folder = place::work("inspect-nginx");
    let film = noise(11, 1_000_000);
    for part in ["zipped", "off", "well"] {
        fs::create_dir_all(folder.join("root").join(part)).expect("a folder");
        fs::write(folder.join("root").join(part).join("film.mp4"), &film).expect("a file");
    }
    let port = free_port();
    let path = folder.join("config");
    fs::write(&path, config(&folder, port)).expect("a file");
    let mut command = Command::new(place::program("nginx"));
    command.arg("-c").arg(&path).arg("-e").arg(folder.join("errors"));
    let mut started = Started::spawn(&mut command, "nginx", &place::logs("inspect-nginx"));
    let deadline = Instant::now() + SOON;
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(started.ended().is_none() && Instant::now() < deadline, "{}", started.describe());
        std::thread::sleep(LOOK_EVERY);
    }
    (started, port)
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
    let (mut nginx, port) = nginx();
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
