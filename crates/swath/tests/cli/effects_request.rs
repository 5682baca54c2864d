//! Every flag that says how `swath get` and `swath cat` ask has an effect.

use std::{
    fs,
    net::TcpListener,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::{
    certificate::{certified, own_authority},
    effects_get::{TAG, get, good, honest},
    harness::Swath,
    origin::{Origin, field, octets, ranged},
    running::Running,
};

fn json(line: &str) -> serde_json::Value {
    serde_json::from_str(line).expect("JSON")
}

#[test]
fn fields_and_credentials_are_sent() {
    let origin = honest(b"content");
    let host = origin.address.to_string();
    let netrc = format!("machine {} login ann password b\n", origin.address.ip());
    let swath = Swath::new()
        .file("netrc", &netrc)
        .file(".netrc", netrc.replace("ann", "eve"))
        .file("cookies.txt", format!("{}\tFALSE\t/\tFALSE\t0\tid\t7\n", origin.address.ip()));
    let home = swath.path().to_str().expect("UTF-8").to_owned();
    let swath = swath.env("HOME", &home);
    for (args, name, value) in [
        (&["-H", "X-Trace: 7"][..], "x-trace", "7"),
        (&["--header", "User-Agent: me"], "user-agent", "me"),
        // `Basic` of me:s, ann:b and eve:b.
        (&["--user", "me:s"], "authorization", "basic bwu6cw=="),
        (&["--netrc=netrc"], "authorization", "basic yw5uomi="),
        (&["--netrc"], "authorization", "basic zxzlomi="),
        (&["--cookies", "cookies.txt"], "cookie", "id=7"),
    ] {
        good(&swath, &[args, &["-o", "-", &origin.url("a")]].concat());
        let head = origin.heads().pop().expect("a request");
        assert_eq!(field(&head, name), Some(value), "{args:?}: {head}");
        assert_eq!(field(&head, "host"), Some(host.as_str()));
    }
    good(&swath, &["-o", "-", &origin.url("a")]);
    let head = origin.heads().pop().expect("a request");
    assert!(field(&head, "authorization").is_none() && field(&head, "cookie").is_none(), "{head}");
}

#[test]
fn a_proxy_is_gone_through_and_left_out_as_told() {
    let swath = Swath::new();
    let origin = honest(b"straight");
    let proxy = Origin::start(|head, _| {
        assert!(head.starts_with("get http://"), "{head}");
        ranged(head, b"proxied", TAG, "")
    });
    let through = proxy.url("");
    let read = |swath: &Swath, args: &[&str]| {
        let output = swath.output(&[&["get", "-o", "-"], args].concat());
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    assert_eq!(read(&swath, &["--proxy", &through, &origin.url("a")]), "proxied");
    let swath = swath.env("http_proxy", &through);
    assert_eq!(read(&swath, &[&origin.url("a")]), "proxied");
    assert_eq!(read(&swath, &["--proxy", "none", &origin.url("a")]), "straight");
}

#[test]
fn certificates_are_checked_as_told() {
    let made = own_authority("127.0.0.1");
    let swath = Swath::new()
        .file("a.txt", "content")
        .file("own.pem", made.cert.pem())
        .file("own.key", made.signing_key.serialize_pem());
    let args = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", "own.pem", "--tls-key", "own.key"];
    let mut server = Running::start(swath.command(&args));
    let url = format!("https://{}/a.txt", server.address());
    let (exit, said) = get(&swath, &["--retries", "0", "-o", "1", &url]);
    assert!(exit == 5 && said.contains("certificate"), "{exit} {said}");
    good(&swath, &["--cacert", "own.pem", "-o", "2", &url]);
    good(&swath, &["--insecure", "-o", "3", &url]);
    let cat = swath.output(&["cat", "--cacert", "own.pem", "-r", "0-2", &url]);
    assert_eq!(cat.stdout, b"con", "{}", String::from_utf8_lossy(&cat.stderr));
}

#[test]
fn the_version_of_http_is_chosen() {
    let swath = certified(Swath::new().file("a.txt", "content"));
    // The last one counts, so that an alias can be overruled.
    let chosen: [(&[&str], &str); 5] = [
        (&[], "HTTP/1.1"),
        (&["--http1.1"], "HTTP/1.1"),
        (&["--http2"], "HTTP/2.0"),
        (&["--http2", "--http1.1"], "HTTP/1.1"),
        (&["--http1.1", "--http2"], "HTTP/2.0"),
    ];
    for (scheme, own) in [("http", &[][..]), ("https", &["--tls-cert", "cert.pem", "--tls-key", "key.pem"])] {
        let words = ["serve", "--listen", "127.0.0.1:0", "--inspect-record", scheme];
        let mut server = Running::start(swath.command(&[&words[..], own].concat()));
        let url = format!("{scheme}://{}/a.txt", server.address());
        for (flags, _) in chosen {
            good(&swath, &[flags, &["--insecure", "-o", "-", &url]].concat());
            let cat = swath.output(&[&["cat"], flags, &["--insecure", "-r", "0-2", &url]].concat());
            assert_eq!(cat.stdout, b"con", "{}", String::from_utf8_lossy(&cat.stderr));
        }
        server.signal(Signal::TERM);
        assert!(server.wait().0.success());
        let recorded = fs::read_to_string(swath.path().join(scheme)).expect("a recording");
        let spoken: Vec<_> = recorded.lines().skip(1).map(json).map(|one| one["version"].clone()).collect();
        let expected: Vec<_> = chosen.iter().flat_map(|(_, version)| [*version; 2]).collect();
        assert_eq!(spoken, expected, "{scheme}");
    }
    // Who speaks HTTP/1.1 only is told apart from who is not there.
    let origin = honest(b"content");
    let (exit, said) = get(&swath, &["--http2", "--retries", "0", "-o", "-", &origin.url("a")]);
    assert!(exit == 5 && said.contains("HTTP/2"), "{exit} {said}");
}

#[test]
fn a_rate_is_kept() {
    let swath = Swath::new();
    let origin = honest(&octets(600_000));
    let begun = Instant::now();
    good(&swath, &["--limit-rate", "300K", &origin.url("a")]);
    let took = begun.elapsed();
    assert!(took > Duration::from_millis(900) && took < Duration::from_secs(8), "{took:?}");
}

#[test]
fn patience_and_retries_have_their_ends() {
    let swath = Swath::new();
    // It takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let url = format!("http://{}/a", silent.local_addr().expect("an address"));
    let begun = Instant::now();
    let (exit, said) = get(&swath, &["--timeout", "0.3", "--retries", "0", &url]);
    assert_eq!(exit, 5, "{said}");
    assert!(begun.elapsed() > Duration::from_millis(280) && begun.elapsed() < Duration::from_secs(5));
    // The third try is answered: two retries are enough, one is not.
    let flaky = || {
        Origin::start(|head, number| match number {
            0 | 1 => b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n".to_vec(),
            _ => ranged(head, b"content", TAG, ""),
        })
    };
    good(&swath, &["--retries", "2", &flaky().url("b")]);
    assert_ne!(get(&swath, &["--retries", "0", &flaky().url("c")]).0, 0);
}
