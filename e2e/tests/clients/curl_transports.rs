//! curl over everything that is not plain HTTP/1.1 on TCP: HTTP/1.0, HTTP/2, TLS, a Unix socket.

use std::net::TcpListener;

use swath_e2e::clients::curl::{Answer, curl};
use swath_e2e::clients::program;
use swath_e2e::clients::site::Site;
use swath_e2e::swath::Swath;

use crate::witness::{assert_finished, of};

const LENGTH: usize = 300_000;

/// Asks for one range and for several, whatever stands between, and checks every octet.
fn one_and_several(octets: &[u8], url: &str, transport: &[&str]) -> [Answer; 2] {
    let ask = |ranges: &str| curl(transport.iter().copied().chain(["-r", ranges, url])).expect(206);
    let one = ask("100000-199999");
    assert!(one.content == octets[100_000..200_000], "{transport:?}");
    assert_eq!(one.field("content-range"), Some("bytes 100000-199999/300000"));
    let several = ask("0-99,-100");
    let parts = several.parts();
    assert_eq!(parts.len(), 2);
    assert_eq!((parts[0].octets, parts[1].octets), (&octets[..100], &octets[LENGTH - 100..]));
    [one, several]
}

fn assert_two_finished(server: Swath) {
    let records = server.stop();
    let records = of(&records, "/data.bin");
    assert_eq!(records.len(), 2);
    records.into_iter().for_each(assert_finished);
}

#[test]
fn http_1_0_has_ranges_and_closes() {
    let site = Site::new();
    let octets = site.noise("data.bin", LENGTH);
    let server = site.serve().start();
    for answer in one_and_several(&octets, &server.url("/data.bin"), &["--http1.0"]) {
        assert_eq!(answer.field("transfer-encoding"), None);
        assert_ne!(answer.field("connection"), Some("keep-alive"), "curl did not ask to keep it");
    }
    assert_two_finished(server);
}

#[test]
fn http_2_by_prior_knowledge() {
    let site = Site::new();
    let octets = site.noise("data.bin", LENGTH);
    let server = site.serve().start();
    for answer in one_and_several(&octets, &server.url("/data.bin"), &["--http2-prior-knowledge"]) {
        assert_eq!(answer.version, "HTTP/2");
    }
    assert_two_finished(server);
}

#[test]
fn tls_with_a_certificate_made_on_the_spot() {
    let site = Site::new();
    let octets = site.noise("data.bin", LENGTH);
    for (wanted, version) in [("--http1.1", "HTTP/1.1"), ("--http2", "HTTP/2")] {
        let server = site.serve().arg("--tls-self-signed").start();
        assert!(server.base().starts_with("https://"), "{}", server.base());
        for answer in one_and_several(&octets, &server.url("/data.bin"), &["-k", wanted]) {
            assert_eq!(answer.version, version);
        }
        assert_two_finished(server);
    }
}

#[test]
fn tls_with_a_certificate_that_the_client_trusts() {
    let site = Site::new();
    let octets = site.noise("data.bin", LENGTH);
    let keys = tempfile::tempdir().expect("a folder for keys");
    let (certificate, key) = (keys.path().join("cert.pem"), keys.path().join("key.pem"));
    let (certificate, key) = (certificate.to_str().expect("UTF-8"), key.to_str().expect("UTF-8"));
    let request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=swath-test \
                   -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE";
    let _ = program::run("openssl", request.split_whitespace().chain(["-keyout", key, "-out", certificate]))
        .succeeded();
    let server = site.serve().args(["--tls-cert", certificate, "--tls-key", key]).start();
    let url = server.url("/data.bin");
    for answer in one_and_several(&octets, &url, &["--cacert", certificate]) {
        assert_eq!(answer.version, "HTTP/2", "ALPN offers both and both prefer HTTP/2");
    }
    assert_eq!(curl([url.as_str()]).code, 60, "without --cacert curl trusts no such server");
    let records = server.stop();
    assert_eq!(of(&records, "/data.bin").len(), 2, "a failed handshake is no exchange");
}

#[test]
fn a_unix_socket() {
    let site = Site::new();
    let octets = site.noise("data.bin", LENGTH);
    let folder = tempfile::tempdir().expect("a folder for the socket");
    let socket = folder.path().join("swath.sock");
    let socket = socket.to_str().expect("UTF-8");
    let server = site.serve().listen(&format!("unix:{socket}")).start();
    let _ = one_and_several(&octets, "http://localhost/data.bin", &["--unix-socket", socket]);
    assert_two_finished(server);
}

#[test]
fn two_listeners_and_two_requests_on_one_connection() {
    let site = Site::new();
    let octets = site.noise("data.bin", LENGTH);
    // The whole of 127/8 is the loopback, where IPv6 may be switched off.
    let second = if TcpListener::bind("[::1]:0").is_ok() { "http://[::1]:0" } else { "http://127.0.0.2:0" };
    println!("second listener: {second}");
    let server = site.serve().listen("http://127.0.0.1:0").listen(second).start();
    assert_eq!(server.bases().len(), 2);
    for base in server.bases() {
        let url = format!("{base}/data.bin");
        // The second transfer reuses the connection: curl counts 0 new ones for it.
        let report = program::run(
            "curl",
            [
                "-q",
                "-sS",
                "-r",
                "0-9",
                "-w",
                "%{num_connects}",
                "-o",
                "/dev/null",
                &url,
                "-o",
                "/dev/null",
                &url,
            ],
        );
        assert_eq!(report.text(), "10", "{base}");
    }
    let records = server.stop();
    assert_eq!(records.len(), 4);
    assert!(octets.len() == LENGTH && records.iter().all(|record| record.bytes_sent == 10));
}
