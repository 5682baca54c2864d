//! HTTP/2 in the clear, by prior knowledge.

use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::client::SendRequest;
use http::Request;
use swath_serve::exchange::Outcome;
use swath_serve::limits::Limits;
use tokio::net::TcpStream;

use crate::support::{PATIENCE, Running, patient, short};

/// Runs a client on a runtime of its own.
pub(crate) fn run(client: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime
        .block_on(async { tokio::time::timeout(PATIENCE, client).await.expect("the client took too long") });
}

/// Speaks HTTP/2; the handle returns how the connection ended.
pub(crate) async fn speak<T>(
    stream: T,
) -> (SendRequest<Bytes>, tokio::task::JoinHandle<Result<(), h2::Error>>)
where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
{
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    (client.ready().await.unwrap(), tokio::spawn(connection))
}

async fn connect(server: &Running) -> (SendRequest<Bytes>, tokio::task::JoinHandle<Result<(), h2::Error>>) {
    speak(TcpStream::connect(server.address).await.unwrap()).await
}

/// Connects with so large a window for the connection that no stream waits for another.
async fn connect_wide(server: &Running) -> SendRequest<Bytes> {
    let socket = TcpStream::connect(server.address).await.unwrap();
    let mut builder = h2::client::Builder::new();
    let handshake = builder.initial_connection_window_size(1 << 24).handshake::<_, Bytes>(socket);
    let (client, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    client.ready().await.unwrap()
}

/// Asks, and returns the response's head and the stream of its content.
pub(crate) async fn ask(
    client: &mut SendRequest<Bytes>,
    path: &str,
) -> (http::response::Parts, h2::RecvStream) {
    let request = Request::get(format!("http://test{path}")).body(()).unwrap();
    let (response, _) = client.send_request(request, true).unwrap();
    response.await.unwrap().into_parts()
}

/// Reads content to its end.
pub(crate) async fn read(mut content: h2::RecvStream) -> Result<u64, h2::Error> {
    let mut octets = 0;
    while let Some(piece) = content.data().await {
        let piece = piece?.len();
        octets += piece as u64;
        content.flow_control().release_capacity(piece)?;
    }
    Ok(octets)
}

#[test]
fn many_streams_are_answered_at_once() {
    let server = Running::start(patient());
    run(async {
        let (client, _) = connect(&server).await;
        let asked = (0..50u64).map(|number| {
            let mut client = client.clone();
            tokio::spawn(async move {
                let (parts, content) = ask(&mut client, &format!("/bytes/{}", number * 10_000)).await;
                assert_eq!(parts.status, 200);
                assert!(!parts.headers.contains_key("connection"));
                assert_eq!(read(content).await.unwrap(), number * 10_000);
            })
        });
        for one in asked.collect::<Vec<_>>() {
            one.await.unwrap();
        }
    });
    let mut sent: Vec<_> = server.seen.exchanges(50);
    sent.sort_unstable();
    assert_eq!(sent, (0..50).map(|number| (Outcome::Finished, number * 10_000)).collect::<Vec<_>>());
}

#[test]
fn a_stream_that_is_cut_is_reset_and_the_others_go_on() {
    let server = Running::start(patient());
    run(async {
        let (mut client, _) = connect(&server).await;
        let (_, cut) = ask(&mut client, "/cut/300000").await;
        let error = read(cut).await.unwrap_err();
        assert!(error.is_reset() && error.is_remote(), "{error}");
        let (_, whole) = ask(&mut client, "/bytes/300000").await;
        assert_eq!(read(whole).await.unwrap(), 300_000);
    });
    assert_eq!(server.seen.exchanges(2)[0].0, Outcome::Changed);
}

#[test]
fn a_stream_whose_peer_opens_no_window_is_reset_alone() {
    stall_alone("/bytes/10000000");
}

#[test]
fn a_stream_that_waits_for_its_last_chunk_to_be_taken_is_stalled_too() {
    stall_alone("/held/10000000");
}

fn stall_alone(path: &str) {
    let server = Running::start(Limits { stalled_write_time: Duration::from_millis(1500), ..short() });
    run(async {
        let mut client = connect_wide(&server).await;
        let (_, mut stuck) = ask(&mut client, path).await;
        let start = Instant::now();
        // Another stream keeps the connection busy for longer than a stall may last.
        let (_, busy) = ask(&mut client, "/slow/150").await;
        assert_eq!(read(busy).await.unwrap(), 150);
        let error = loop {
            match stuck.data().await {
                Some(Ok(_)) => {}
                Some(Err(error)) => break error,
                None => panic!("a stalled stream looked complete"),
            }
        };
        assert!(error.is_reset() && error.is_remote(), "{error}");
        assert!(start.elapsed() < Duration::from_secs(30));
        let (_, next) = ask(&mut client, "/bytes/1000").await;
        assert_eq!(read(next).await.unwrap(), 1000);
    });
    let outcomes: Vec<_> = server.seen.exchanges(3).iter().map(|(outcome, _)| *outcome).collect();
    assert_eq!(outcomes, [Outcome::Stalled, Outcome::Finished, Outcome::Finished]);
}

#[test]
fn streams_that_are_not_read_hold_no_other_up() {
    // Were they to, it would be until they are stalled.
    let server = Running::start(patient());
    run(async {
        let mut client = connect_wide(&server).await;
        let mut stuck = Vec::new();
        for number in 0..40 {
            stuck.push(ask(&mut client, ["/bytes/1000000", "/held/1000000"][number % 2]).await);
            let (_, content) = ask(&mut client, "/bytes/300000").await;
            assert_eq!(read(content).await.unwrap(), 300_000);
        }
        // They have waited, and lost nothing.
        for (_, content) in stuck {
            assert_eq!(read(content).await.unwrap(), 1_000_000);
        }
    });
}

#[test]
fn a_connection_that_takes_nothing_is_cut() {
    let server = Running::start(short());
    run(async {
        let socket = TcpStream::connect(server.address).await.unwrap();
        let (client, connection) = h2::client::Builder::new()
            .initial_window_size(1 << 30)
            .initial_connection_window_size(1 << 30)
            .handshake::<_, Bytes>(socket)
            .await
            .unwrap();
        let driver = tokio::spawn(connection);
        let mut client = client.ready().await.unwrap();
        let (_, _content) = ask(&mut client, "/bytes/1000000000").await;
        // Nobody reads the socket any more.
        driver.abort();
        let _ = driver.await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    });
    // The socket went with its driver here; what counts is that the server let go.
    assert_ne!(server.seen.exchanges(1)[0].0, Outcome::Finished);
}

#[test]
fn waiting_for_the_service_is_no_stall() {
    let server = Running::start(Limits { head_time: Duration::from_millis(200), ..short() });
    run(async {
        let (mut client, _) = connect(&server).await;
        for path in ["/late/1500", "/pause/1500"] {
            let (_, content) = ask(&mut client, path).await;
            assert!(read(content).await.unwrap() > 0, "{path}");
        }
    });
    assert_eq!(server.seen.exchanges(2), [(Outcome::Finished, 10), (Outcome::Finished, 1)]);
}

#[test]
fn a_stream_cancelled_by_its_peer_is_recorded_as_that() {
    let server = Running::start(short());
    run(async {
        let (mut client, _) = connect(&server).await;
        let (_, mut content) = ask(&mut client, "/bytes/10000000").await;
        content.data().await.unwrap().unwrap();
        drop(content);
        let (_, next) = ask(&mut client, "/bytes/10").await;
        assert_eq!(read(next).await.unwrap(), 10);
    });
    assert_eq!(server.seen.exchanges(2)[0].0, Outcome::AbortedByPeer);
}

#[test]
fn an_idle_connection_is_told_goodbye() {
    let server = Running::start(short());
    run(async {
        let (mut client, connection) = connect(&server).await;
        let (_, content) = ask(&mut client, "/one").await;
        read(content).await.unwrap();
        let start = Instant::now();
        // GOAWAY without an error ends the client's side cleanly.
        connection.await.unwrap().unwrap();
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(500) && took < Duration::from_secs(4), "{took:?}");
    });
}

#[test]
fn goodbye_is_a_frame() {
    let server = Running::start(short());
    let mut client = server.connect();
    // The preface and empty settings, then silence.
    client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00");
    let received = client.rest();
    let mut frames = &received[..];
    let mut kinds = Vec::new();
    while let Some((head, rest)) = frames.split_at_checked(9) {
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        kinds.push(head[3]);
        frames = &rest[length..];
    }
    const GOAWAY: u8 = 7;
    assert!(kinds.contains(&GOAWAY), "{kinds:?}");
}

#[test]
fn pings_do_not_keep_a_connection() {
    let server = Running::start(short());
    run(async {
        let socket = TcpStream::connect(server.address).await.unwrap();
        let (_client, mut connection) = h2::client::handshake(socket).await.unwrap();
        let mut pings = connection.ping_pong().unwrap();
        let connection = tokio::spawn(connection);
        let start = Instant::now();
        while pings.ping(h2::Ping::opaque()).await.is_ok() {
            assert!(start.elapsed() < Duration::from_secs(5), "pings kept the connection");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let _ = connection.await;
    });
}

#[test]
fn a_head_too_long_is_answered_431_and_recorded() {
    let server = Running::start(short());
    run(async {
        let (mut client, _) = connect(&server).await;
        let request = Request::get("http://test/").header("x-long", "z".repeat(40_000)).body(()).unwrap();
        let (response, _) = client.send_request(request, true).unwrap();
        assert_eq!(response.await.unwrap().status(), 431);
        let mut request = Request::get("http://test/");
        for number in 0..101 {
            request = request.header(format!("x-{number}"), "1");
        }
        let (response, _) = client.send_request(request.body(()).unwrap(), true).unwrap();
        assert_eq!(response.await.unwrap().status(), 431);
        let (parts, _) = ask(&mut client, "/next").await;
        assert_eq!(parts.status, 200);
    });
    assert_eq!(server.seen.refusals(2), [(Some(431), Outcome::BadHead); 2]);
}

#[test]
fn content_is_not_asked_for_and_the_answer_arrives() {
    let server = Running::start(short());
    run(async {
        let (mut client, _) = connect(&server).await;
        let request = Request::post("http://test/big").body(()).unwrap();
        let (response, mut upload) = client.send_request(request, false).unwrap();
        upload.send_data(Bytes::from(vec![0; 1_000_000]), true).unwrap();
        let (parts, content) = response.await.unwrap().into_parts();
        assert_eq!(parts.status, 200);
        assert_eq!(read(content).await.unwrap(), "/big with content".len() as u64);
    });
}

#[test]
fn enough_requests_end_the_connection_cleanly() {
    let requests_per_connection = 3.try_into().unwrap();
    let server =
        Running::start(Limits { requests_per_connection, idle_time: Duration::from_secs(60), ..short() });
    run(async {
        let (mut client, connection) = connect(&server).await;
        for _ in 0..3 {
            let (_, content) = ask(&mut client, "/bytes/100000").await;
            assert_eq!(read(content).await.unwrap(), 100_000);
        }
        connection.await.unwrap().unwrap();
    });
}

#[test]
fn frames_that_break_the_protocol_are_recorded_once() {
    let server = Running::start(short());
    let mut client = server.connect();
    // The preface, then a frame longer than any may be.
    client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\x04\x00\x00\x00\x00\x00");
    let _ = client.until_reset();
    assert_eq!(server.seen.refusals(1), [(None, Outcome::BadHead)]);
}

#[test]
fn what_is_under_way_at_a_stop_is_finished() {
    let mut server = Running::start(Limits { grace: Duration::from_secs(10), ..short() });
    let address = server.address;
    let (told, stop) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        run(async move {
            let (mut client, connection) = speak(TcpStream::connect(address).await.unwrap()).await;
            let (_, content) = ask(&mut client, "/slow/50").await;
            told.send(()).unwrap();
            assert_eq!(read(content).await.unwrap(), 50);
            drop(client);
            connection.await.unwrap().unwrap();
        });
    });
    stop.recv().unwrap();
    server.stop();
    thread.join().unwrap();
    let took = server.stopped();
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(server.seen.exchanges(1), [(Outcome::Finished, 50)]);
}

#[test]
fn what_outlasts_the_grace_is_cut() {
    let mut server = Running::start(short());
    let address = server.address;
    let (told, stop) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        run(async move {
            let (mut client, _connection) = speak(TcpStream::connect(address).await.unwrap()).await;
            let (_, content) = ask(&mut client, "/slow/100000").await;
            told.send(()).unwrap();
            assert!(read(content).await.is_err());
        });
    });
    stop.recv().unwrap();
    server.stop();
    server.stopped();
    thread.join().unwrap();
    assert_eq!(server.seen.exchanges(1)[0].0, Outcome::ShutDown);
}

#[test]
fn a_rate_is_no_stall() {
    let rate = std::num::NonZeroU64::new(50_000);
    // Idle time counts from the end of a stream, also while paced octets of it are still leaving.
    let idle_time = Duration::from_secs(600);
    let stalled_write_time = Duration::from_millis(400);
    let server = Running::start(Limits { rate, idle_time, stalled_write_time, ..short() });
    run(async {
        let mut client = connect_wide(&server).await;
        for path in ["/bytes/100000", "/held/100000"] {
            let (_, content) = ask(&mut client, path).await;
            assert_eq!(read(content).await.unwrap(), 100_000, "{path}");
        }
    });
    assert_eq!(server.seen.exchanges(2), [(Outcome::Finished, 100_000), (Outcome::Finished, 100_000)]);
}

#[test]
fn a_rate_holds_for_all_streams_together() {
    let rate = std::num::NonZeroU64::new(1_000_000);
    let server = Running::start(Limits { rate, ..patient() });
    run(async {
        let (client, _) = connect(&server).await;
        let start = Instant::now();
        let streams = (0..3).map(|_| {
            let mut client = client.clone();
            tokio::spawn(async move {
                let (_, content) = ask(&mut client, "/bytes/500000").await;
                assert_eq!(read(content).await.unwrap(), 500_000);
            })
        });
        for stream in streams.collect::<Vec<_>>() {
            stream.await.unwrap();
        }
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(1200) && took < Duration::from_secs(30), "{took:?}");
    });
}
