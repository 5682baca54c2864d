//! Whatever is asked, the fast path answers as the engine does, octet for octet, or leaves it to the engine.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use swath_serve::exchange::Transport;
use swath_spec::{Fixture, Own, rows};

use crate::client::Way;
use crate::raw::converse;
use crate::server::{Servers, Setting};

static SERVERS: LazyLock<Servers> = LazyLock::new(Servers::start);

/// The line that every request of these tests begins with, and its Host.
fn request(line: &str, fields: &str) -> Vec<u8> {
    format!("{line} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n").into_bytes()
}

fn get(fields: &str) -> Vec<u8> {
    request("GET /f10.txt", fields)
}

fn agreed(setting: Setting, octets: &[u8]) -> String {
    agreed_of(&SERVERS, setting, octets)
}

/// Asks both ways, on a connection each, and says what the fast path answered if both agree.
fn agreed_of(servers: &Servers, setting: Setting, octets: &[u8]) -> String {
    let fast = converse(servers.plain(setting), octets);
    let engine = converse(servers.engine(setting), octets);
    assert_eq!(fast, engine, "{}", octets.escape_ascii());
    fast
}

/// Learns what the server says of a fixture to a request without conditions.
fn learn(servers: &Servers, setting: Setting, fixture: Fixture) -> Own {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let now = i64::try_from(now).unwrap();
    if fixture.length().is_none() {
        return Own { now, ..Own::default() };
    }
    let coding = fixture.coding().map(|coding| ("Accept-Encoding", coding.as_bytes().to_vec()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = servers.connect(setting, Way::Engine).await;
        let seen = connection.ask("HEAD", fixture.target(), &Vec::from_iter(coding)).await;
        Own::from_plain(seen.fields, now)
    })
}

/// Every request of the tables that can be written as HTTP/1.1, in order, with how its server is set up.
fn table(servers: &Servers) -> Vec<(Setting, Vec<u8>)> {
    let mut owns = HashMap::new();
    let rows = rows().unwrap().into_iter().filter(|row| row.transports.contains(swath_spec::Transport::H1));
    rows.map(|row| {
        let setting = match row.fixture {
            Fixture::FDate => Setting::NoTags,
            Fixture::Dyn => Setting::NoRanges,
            Fixture::FNew | Fixture::FWeak => Setting::Patient,
            _ => Setting::Default,
        };
        let own = match owns.entry(row.fixture) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(learn(servers, setting, row.fixture)),
        };
        let mut octets =
            format!("{} {} HTTP/1.1\r\nhost: localhost\r\n", row.method, row.fixture.target()).into_bytes();
        for (name, value) in row.request(own).unwrap() {
            octets.extend_from_slice(name.as_bytes());
            octets.extend_from_slice(b": ");
            octets.extend_from_slice(&value);
            octets.extend_from_slice(b"\r\n");
        }
        octets.extend_from_slice(b"\r\n");
        (setting, octets)
    })
    .collect()
}

#[test]
fn every_case_of_the_tables_is_answered_octet_for_octet_as_by_the_engine() {
    // Servers of its own, since it counts what they answered.
    let servers = Servers::start();
    let cases = table(&servers);
    for (setting, octets) in &cases {
        let answer = agreed_of(&servers, *setting, octets);
        assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
    }
    let fast = servers.count(Transport::FastPath);
    assert!(fast > 450, "{fast} of {} went by the fast path", cases.len());
}

#[test]
fn pipelined_requests_are_answered_in_order_as_by_the_engine() {
    let mut pipelines: HashMap<_, Vec<Vec<u8>>> = HashMap::new();
    for (setting, octets) in table(&SERVERS) {
        pipelines.entry(setting).or_default().push(octets);
    }
    for (setting, requests) in pipelines {
        for some in requests.chunks(12) {
            let answers = agreed(setting, &some.concat());
            assert!(answers.matches("HTTP/1.1 ").count() >= some.len(), "{answers}");
        }
    }
}

/// What is no file: pages, redirects, refusals of the shared service.
#[test]
fn pages_and_errors_are_the_same() {
    for (line, fields) in [
        ("GET /", "Accept: text/html\r\n"),
        ("HEAD /", "Accept: text/html\r\n"),
        ("GET /", "Accept: application/json\r\n"),
        ("GET /missing.txt", ""),
        ("HEAD /missing.txt", ""),
        ("GET /missing.txt", "Accept: text/html\r\n"),
        ("GET /%00", ""),
        ("GET /a%2fb", ""),
        ("GET /../f10.txt", ""),
        ("GET //f10.txt", ""),
        ("GET /f10.txt?download", ""),
        ("GET /f10.txt?a=b#c", ""),
        ("GET /f10.txt", "Range: bytes=99-\r\nAccept: text/html\r\n"),
        ("GET /f10.txt", "If-Match: \"x\"\r\nAccept: text/html\r\n"),
        ("GET /.swath/style.css", ""),
        ("GET /.swath/style.css", "Range: bytes=0-99,200-299\r\n"),
        ("GET /.swath/missing", ""),
    ] {
        let answer = agreed(Setting::Default, &request(line, fields));
        assert!(answer.starts_with("HTTP/1.1 "), "{line}: {answer}");
    }
    let long = format!("GET /{}", "x".repeat(8 * 1024));
    assert!(agreed(Setting::Default, &request(&long, "")).starts_with("HTTP/1.1 414 "));
}

/// R-9112/6.3-1, R-9112/5.1-1, R-9112/5.2-1, R-9112/2.2-1, R-9112/3.2-1: what others might read in another way is not read
/// here, and what the engine would let pass is refused by the service that both share.
#[test]
fn what_could_be_smuggled_is_refused_both_ways() {
    let smuggled = get("Range: bytes=1-1\r\n");
    let length = smuggled.len();
    let chunk = format!("{length:x}");
    // The request; the status that it is answered with; whether anything may be answered after it.
    let cases: Vec<(Vec<u8>, u16, bool)> = vec![
        (get("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 200, false),
        (get("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 200, false),
        (get("Content-Length: 5, 6\r\n"), 400, false),
        (get("Content-Length: 5\r\nContent-Length: 6\r\n"), 400, false),
        (get("Content-Length: +5\r\n"), 400, false),
        (get("Transfer-Encoding: x\r\n"), 400, false),
        (get("Transfer-Encoding : chunked\r\n"), 400, false),
        (get("Range: bytes=0-\r\n 1\r\n"), 400, false),
        (get("Range : bytes=0-1\r\n"), 400, false),
        (get(": bytes=0-1\r\n"), 400, false),
        (get("Range: bytes=0-\x001\r\n"), 400, false),
        (get("Range: bytes=0-\r1\r\n"), 400, false),
        (get("Host: other\r\n"), 400, true),
        (b"GET /f10.txt HTTP/1.1\r\n\r\n".to_vec(), 400, true),
        (b"GET /f10.txt HTTP/1.1\r\nHost: user@localhost\r\n\r\n".to_vec(), 400, true),
        (request("get /f10.txt", ""), 405, true),
        (request("Get /f10.txt", ""), 405, true),
        (request("BREW /f10.txt", ""), 405, true),
        (request("CONNECT localhost:80", ""), 405, true),
        (request("GET *", ""), 400, true),
        (request("GET f10.txt", ""), 400, true),
        (request("GET  /f10.txt", ""), 400, false),
        (b"GET /f10.txt\r\nHost: localhost\r\n\r\n".to_vec(), 400, false),
        (b"GET /f10.txt HTTP/1.2\r\nHost: localhost\r\n\r\n".to_vec(), 400, false),
        (b"GET /f10.txt HTTP/3.0\r\nHost: localhost\r\n\r\n".to_vec(), 400, false),
        ([get(""), b"garbage".to_vec()].concat(), 200, false),
        ([get(""), b"\0\r\n\r\n".to_vec()].concat(), 200, false),
        ([get(&format!("Content-Length: {length}\r\n")), smuggled.clone()].concat(), 200, true),
        (
            [
                get("Transfer-Encoding: chunked\r\n"),
                format!("{chunk}\r\n").into_bytes(),
                smuggled,
                b"\r\n0\r\n\r\n".to_vec(),
            ]
            .concat(),
            200,
            false,
        ),
        // RFC 9112 allows these readings, and the engine makes them; there is nothing in them to mistake.
        (request("GET http://localhost/f10.txt", ""), 200, true),
        (b"GET /f10.txt HTTP/1.1\nHost: localhost\n\n".to_vec(), 200, true),
        ([b"\r\n".to_vec(), get("")].concat(), 200, true),
        (get("Expect: 100-continue\r\n"), 200, true),
        (get("Upgrade: h2c\r\nConnection: upgrade\r\n"), 200, true),
        (b"GET /f10.txt HTTP/1.0\r\n\r\n".to_vec(), 200, false),
    ];
    // Servers of its own, since it counts what they answered.
    let servers = Servers::start();
    for (octets, status, goes_on) in cases {
        let fast = servers.count(Transport::FastPath);
        let followed = [octets.as_slice(), &get("Range: bytes=9-9\r\n")].concat();
        let answers = agreed_of(&servers, Setting::Default, &followed);
        let shown = octets.escape_ascii();
        assert_eq!(answers.get(9..12), Some(status.to_string().as_str()), "{shown}: {answers}");
        assert_eq!(answers.contains("content-range: bytes 9-9/10"), goes_on, "{shown}: {answers}");
        assert!(!answers.contains("content-range: bytes 1-1/10"), "{shown}: content was answered: {answers}");
        // Only what stands before the doubtful octets may have gone by the fast path.
        let fast = servers.count(Transport::FastPath) - fast;
        let understood = octets.starts_with(&get("")) && octets.len() > get("").len()
            || octets.windows(5).any(|some| some == b"user@");
        assert_eq!(fast > 0, understood, "{shown}: {fast} by the fast path");
    }
}

#[test]
fn closing_is_agreed_on() {
    for (fields, more) in [
        ("Connection: close\r\n", false),
        ("Connection: keep-alive\r\n", true),
        ("Connection: keep-alive, Close\r\n", false),
        ("Connection: keep-alive\r\nConnection: close\r\n", false),
        ("Connection: x\r\n", true),
    ] {
        let answers = agreed(Setting::Default, &[get(fields), get("")].concat());
        assert_eq!(answers.matches("HTTP/1.1 200").count(), if more { 2 } else { 1 }, "{fields}: {answers}");
        assert_eq!(answers.contains("\nconnection: close\n"), !more, "{fields}: {answers}");
    }
}
