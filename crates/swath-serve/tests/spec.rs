//! Runs every case of `spec/` against real servers on loopback: HTTP/1.1, HTTP/2, and both under TLS; and against the
//! tower service, which has to give the same answers.
//!
//! Each transport asks all cases of one server over one connection, one after the other, so that every answer also has
//! to leave the connection fit for the next. The young and the weak fixtures are served by a server to which an hour is
//! young, since a test cannot count on being quicker than 20 ms.

#[path = "spec/client.rs"]
mod client;
#[path = "spec/server.rs"]
mod server;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::{SystemTime, UNIX_EPOCH};

use client::{Connection, Way};
use server::{Servers, Setting};
use swath_spec::{Fixture, Observed, Own, Row, Transport, Verdict, judge, rows};

/// How a server has to be set up for a fixture.
fn setting(fixture: Fixture) -> Setting {
    match fixture {
        Fixture::FDate => Setting::NoTags,
        Fixture::Dyn => Setting::NoRanges,
        Fixture::FNew | Fixture::FWeak => Setting::Patient,
        _ => Setting::Default,
    }
}

/// Learns what the server says of a fixture to a request without conditions.
async fn learn(connection: &mut Connection, fixture: Fixture) -> Own {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let now = i64::try_from(now).unwrap();
    if fixture.length().is_none() {
        return Own { now, ..Own::default() };
    }
    let coding = fixture.coding().map(|coding| ("Accept-Encoding", coding.as_bytes().to_vec()));
    // HEAD has the fields of GET (R-9.3.2-2), and spares the octets of the big one.
    let seen = connection.ask("HEAD", fixture.target(), &Vec::from_iter(coding)).await;
    assert_eq!(seen.status, 200, "{}", fixture.name());
    Own::from_plain(seen.fields, now)
}

/// Asks every case that this way can carry; returns what did not get our answer.
async fn run(servers: &Servers, way: Way) -> (usize, Vec<String>) {
    let (mut connections, mut owns) = (HashMap::new(), HashMap::new());
    let (mut failures, mut count) = (Vec::new(), 0);
    for row in rows().unwrap().into_iter().filter(|row| row.transports.contains(way.transport())) {
        let setting = setting(row.fixture);
        // A method that the fast path declines would take the rest of its connection's cases along.
        let connection = match connections.entry((setting, matches!(row.method, "GET" | "HEAD"))) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(place) => place.insert(servers.connect(setting, way).await),
        };
        let own = match owns.entry(row.fixture) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(learn(connection, row.fixture).await),
        };
        let (verdict, seen) = ask(connection, &row, own).await;
        count += 1;
        if verdict != Verdict::Ours {
            failures.push(format!("{way:?} {}: {verdict:?}\n    {}", row.id, sketch(&seen)));
        }
    }
    for (setting, connection) in &connections {
        assert_eq!(connection.opened(), 1, "{way:?}: a connection to {setting:?} did not last");
    }
    (count, failures)
}

async fn ask(connection: &mut Connection, row: &Row, own: &Own) -> (Verdict, Observed) {
    let fields = row.request(own).unwrap();
    let seen = connection.ask(row.method, row.fixture.target(), &fields).await;
    (judge(row, own, &seen), seen)
}

/// Shows an answer in one line.
fn sketch(seen: &Observed) -> String {
    let fields: Vec<_> =
        seen.fields.iter().map(|(name, value)| format!("{name}: {}", value.escape_ascii())).collect();
    format!("{} with {} octets; {}", seen.status, seen.length, fields.join(", "))
}

/// The cases of §13.2.1 and §14.2 that only a server can show are among these: what is missing or redirected (R-13.2.1-2).
#[test]
fn every_case_gets_our_answer_on_every_transport() {
    let servers = Servers::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut failures = Vec::new();
    for way in Way::ALL {
        let before = servers.count(swath_serve::exchange::Transport::FastPath);
        let (count, failed) = runtime.block_on(run(&servers, way));
        assert!(count > 450, "{way:?}: only {count} cases");
        failures.extend(failed);
        let fast = servers.count(swath_serve::exchange::Transport::FastPath) - before;
        println!("{way:?}: {count} cases, {fast} of them on the fast path");
        assert_eq!(fast > 450, way == Way::Http1, "{way:?}: {fast} by the fast path");
    }
    // Closes the clients' connections, which nobody drives from here on; HTTP/2 would wait for their goodbye.
    drop(runtime);
    servers.stop();
    assert!(failures.is_empty(), "{} answers:\n{}", failures.len(), failures.join("\n"));
}

/// A judge that finds nothing would pass anything: the wrong fixture's answers have to be refused.
#[test]
fn a_server_that_answered_for_another_file_would_be_noticed() {
    let servers = Servers::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let wrong = runtime.block_on(async {
        let mut connection = servers.connect(Setting::Default, Way::Http1).await;
        let own = learn(&mut connection, Fixture::F2048).await;
        let row = rows().unwrap().into_iter().find(|row| row.id == "int-first-five").unwrap();
        let fields = row.request(&own).unwrap();
        let seen = connection.ask(row.method, Fixture::F2048.target(), &fields).await;
        judge(&row, &own, &seen)
    });
    drop(runtime);
    servers.stop();
    assert!(matches!(wrong, Verdict::Wrong(_)), "{wrong:?}");
}

/// Tells the transport of a case for each way of asking.
impl Way {
    fn transport(self) -> Transport {
        match self {
            Self::Http1 | Self::Engine | Self::Tower => Transport::H1,
            Self::Http2 => Transport::H2,
            Self::TlsHttp1 | Self::TlsHttp2 => Transport::Tls,
        }
    }
}
