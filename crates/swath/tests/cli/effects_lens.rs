//! Every setting about an origin has an effect.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use crate::{
    certificate::own_authority,
    effects::{site, start},
    harness::Swath,
    running::{Running, ask, connect},
};

/// Starts a lens before a server that is running, and gives where it listens.
fn lens(swath: &Swath, args: &[&str]) -> (Running, SocketAddr) {
    let mut lens = Running::start(swath.command(&[&["serve", "--listen", "127.0.0.1:0"], args].concat()));
    let line = lens.says("serving a lens before http");
    let (_, url) = line.rsplit_once("http://").expect("a URL");
    let address = url.trim_end_matches('/').parse().expect("an address and a port");
    (lens, address)
}

#[test]
fn a_url_as_root_looks_through_to_that_server() {
    let swath = site();
    let (_origin, origin) = start(&swath, &[]);
    let (server, address) = lens(&swath, &[&format!("http://{origin}/")]);
    let answer = ask(connect(address), "/a.txt", "Range: bytes=2-4\r\n");
    assert!(answer.starts_with("HTTP/1.1 206 ") && answer.ends_with("\r\n\r\n234"), "{answer}");
    assert!(server.record().contains(" 206 \"bytes 2-4/10\" forwarded 3/3 finished "));
    let swath = swath.file("lens.toml", format!("root = \"http://{origin}/\"\n"));
    let (_server, address) = lens(&swath, &["--config", "lens.toml"]);
    assert!(ask(connect(address), "/a.txt", "").ends_with("\r\n\r\n0123456789"));
}

#[test]
fn an_origins_certificate_is_checked_as_told() {
    let made = own_authority("127.0.0.1");
    let swath = site().file("own.pem", made.cert.pem()).file("own.key", made.signing_key.serialize_pem());
    let (_origin, origin) = {
        let args = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", "own.pem", "--tls-key", "own.key"];
        let mut server = Running::start(swath.command(&args));
        let address = server.address();
        (server, address)
    };
    let url = format!("https://{origin}/");
    for (args, status) in [(&["--origin-cacert", "own.pem"][..], 200), (&["--origin-insecure"], 200)] {
        let (_server, address) = lens(&swath, &[args, &[&url]].concat());
        let answer = ask(connect(address), "/a.txt", "");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{args:?}: {answer}");
    }
    let others = own_authority("127.0.0.1");
    let swath = swath.file("others.pem", others.cert.pem());
    let (_server, address) = lens(&swath, &["--origin-cacert", "others.pem", &url]);
    let answer = ask(connect(address), "/a.txt", "");
    assert!(answer.starts_with("HTTP/1.1 502 ") && answer.contains("certificate"), "{answer}");
    let mut missing = Running::start(swath.command(&["serve", "--origin-cacert", "missing.pem", &url]));
    missing.says("missing.pem");
}

#[test]
fn an_origin_gets_the_time_it_is_given() {
    let swath = site();
    // It takes connections, and says nothing.
    let origin = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    let url = format!("http://{}/", origin.local_addr().expect("an address"));
    let (server, address) = lens(&swath, &["--origin-timeout", "300ms", &url]);
    let begun = Instant::now();
    let answer = ask(connect(address), "/a.txt", "");
    assert!(answer.starts_with("HTTP/1.1 504 ") && answer.contains("300ms"), "{answer}");
    assert!(begun.elapsed() >= Duration::from_millis(280) && begun.elapsed() < Duration::from_secs(10));
    assert!(server.record().contains(" 504 origin-slow "));
}
