//! Long answers over real sockets: whole, cut, slow, and of files that change.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

use swath_serve::exchange::Outcome;
use swath_serve::limits::Limits;

use crate::support::{Site, head, poke, rest, settle};

const LONG: usize = 24 << 20;

/// Small ranges are copied and long ones sent by the kernel: both around every border between them.
#[test]
fn ranges_of_every_length_are_right_to_the_octet() {
    let site = Site::start(Limits::default());
    let octets = site.file("long.bin", 6 << 20);
    let mut count = 0;
    for around in
        [1, 512, 4 << 10, 16 << 10, 32 << 10, 64 << 10, 128 << 10, 256 << 10, 512 << 10, 1 << 20, 4 << 20]
    {
        for length in around - 1..=around + 1 {
            for first in [0, 4_097] {
                let Some(last) = (first + length as usize).checked_sub(1).filter(|last| *last >= first)
                else {
                    continue;
                };
                let mut stream =
                    site.ask("long.bin", &format!("Range: bytes={first}-{last}\r\nConnection: close\r\n"));
                assert!(head(&mut stream).contains(&format!("content-length: {}\r\n", last - first + 1)));
                assert!(rest(&mut stream) == (octets[first..=last].to_vec(), false), "{first}-{last}");
                count += 1;
            }
        }
    }
    assert!(site.outcomes(count).iter().all(|(outcome, _)| *outcome == Outcome::Finished));
}

#[test]
fn more_than_two_gibibytes_are_sent_whole() {
    let site = Site::start(Limits::default());
    let length: u64 = (2 << 30) + 8192;
    let file = File::create(site.path("huge.bin")).unwrap();
    file.set_len(length).unwrap();
    file.write_all_at(b"the end", length - 7).unwrap();
    settle(&site.path("huge.bin"));
    let mut stream = site.ask("huge.bin", "Connection: close\r\n");
    assert!(head(&mut stream).contains(&format!("content-length: {length}\r\n")));
    let (mut some, mut count, mut end) = (vec![0; 1 << 20], 0u64, Vec::new());
    loop {
        let read = stream.read(&mut some).unwrap();
        if read == 0 {
            break;
        }
        count += read as u64;
        end.extend_from_slice(&some[read.saturating_sub(7)..read]);
    }
    assert_eq!(count, length);
    assert!(end.ends_with(b"the end"));
    assert_eq!(site.outcomes(1), [(Outcome::Finished, length)]);
}

#[test]
fn long_parts_and_short_ones_are_right_in_one_answer() {
    let site = Site::start(Limits::default());
    let octets = site.file("long.bin", 6 << 20);
    let ranges = [(5, 1_004), (2_000, 1_500_000), (1_600_000, 1_600_000), (2_000_000, 5_000_000)];
    let set = ranges.map(|(first, last)| format!("{first}-{last}")).join(",");
    let mut stream = site.ask("long.bin", &format!("Range: bytes={set}\r\nConnection: close\r\n"));
    let head = head(&mut stream);
    let boundary = head.split("boundary=").nth(1).unwrap().lines().next().unwrap().to_owned();
    let (content, reset) = rest(&mut stream);
    assert!(!reset && head.contains(&format!("content-length: {}\r\n", content.len())), "{head}");
    let parts = swath_spec::multipart::read(&content, &boundary).unwrap();
    assert_eq!(parts.len(), ranges.len());
    for (part, (first, last)) in parts.iter().zip(ranges) {
        assert!(part.octets == &octets[first..=last], "{first}-{last}");
    }
}

/// Begins a long answer and reads a little of it, so that the server waits for room.
fn begun(site: &Site, name: &str) -> std::net::TcpStream {
    let mut stream = site.ask(name, "");
    assert!(head(&mut stream).starts_with("HTTP/1.1 200 "));
    stream.read_exact(&mut vec![0; 100_000]).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    stream
}

/// R-8.6-3: what was changed in place is not sent as if it were what was promised.
#[test]
fn a_file_that_is_changed_while_it_is_sent_ends_in_a_reset() {
    let site = Site::start(Limits::default());
    site.file("long.bin", LONG);
    let mut stream = begun(&site, "long.bin");
    poke(&site.path("long.bin"), 1);
    let (content, reset) = rest(&mut stream);
    assert!(reset && content.len() < LONG - 100_000, "{reset} after {}", content.len());
    assert_eq!(site.outcomes(1)[0].0, Outcome::Changed);
}

#[test]
fn a_file_that_becomes_shorter_ends_in_a_reset() {
    for length in [0, 1 << 20, LONG - 1] {
        let site = Site::start(Limits::default());
        site.file("long.bin", LONG);
        let mut stream = begun(&site, "long.bin");
        File::options().write(true).open(site.path("long.bin")).unwrap().set_len(length as u64).unwrap();
        let (content, reset) = rest(&mut stream);
        assert!(reset && content.len() < LONG - 100_000, "{length}: {reset} after {}", content.len());
        assert_eq!(site.outcomes(1)[0].0, Outcome::Truncated, "{length}");
    }
}

/// Facts that are remembered are proved for each answer, also where no octet is read for it.
#[test]
fn a_change_between_two_requests_shows_whatever_is_asked() {
    for (request, before, after) in [
        ("GET", "HTTP/1.1 206 ", "HTTP/1.1 206 "),
        ("HEAD", "HTTP/1.1 200 ", "HTTP/1.1 200 "),
        ("GET conditional", "HTTP/1.1 304 ", "HTTP/1.1 200 "),
        ("GET long", "HTTP/1.1 206 ", "HTTP/1.1 206 "),
    ] {
        let site = Site::start(Limits::default());
        site.file("file.bin", 200_000);
        let mut stream = site.ask("file.bin", "Range: bytes=0-1\r\n");
        let old = etag(&head(&mut stream));
        stream.read_exact(&mut [0; 2]).unwrap();
        let fields = match request {
            "GET" => "Range: bytes=0-1\r\n".to_owned(),
            "GET long" => "Range: bytes=0-199998\r\n".to_owned(),
            "GET conditional" => format!("If-None-Match: {old}\r\n"),
            _ => String::new(),
        };
        let (method, _) = request.split_once(' ').unwrap_or((request, ""));
        let mut ask = || {
            stream
                .write_all(format!("{method} /file.bin HTTP/1.1\r\nHost: a\r\n{fields}\r\n").as_bytes())
                .unwrap();
            let head = head(&mut stream);
            let length = head
                .split("content-length: ")
                .nth(1)
                .and_then(|rest| rest.lines().next())
                .map_or(0, |length| length.parse().unwrap());
            let mut content = vec![0; if method == "HEAD" { 0 } else { length }];
            stream.read_exact(&mut content).unwrap();
            (head, content)
        };
        for _ in 0..2 {
            let (head, _) = ask();
            assert!(head.starts_with(before) && etag(&head) == old, "{request}: {head}");
        }
        poke(&site.path("file.bin"), 1);
        let (head, content) = ask();
        assert!(head.starts_with(after) && etag(&head) != old, "{request}: {head}");
        assert!(content.is_empty() || content[1] == b'!', "{request}");
        // What was let go of is not recorded: one record for each answer.
        assert!(site.outcomes(4).iter().all(|(outcome, _)| *outcome == Outcome::Finished), "{request}");
        assert_eq!(site.outcomes(4).len(), 4, "{request}");
    }
}

fn etag(head: &str) -> String {
    head.split("etag: ").nth(1).unwrap().lines().next().unwrap().to_owned()
}

/// Connects with a small window, so that little is on its way, and asks for a whole file.
fn narrow(site: &Site, name: &str) -> std::net::TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(64 << 10).unwrap();
    socket.connect(&site.address.into()).unwrap();
    let mut stream = std::net::TcpStream::from(socket);
    stream.set_read_timeout(Some(crate::raw::PATIENCE)).unwrap();
    stream
        .write_all(format!("GET /{name} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").as_bytes())
        .unwrap();
    head(&mut stream);
    stream
}

/// A change near the end, when most has arrived: the answer must not be complete.
#[test]
fn a_file_that_changes_at_the_last_moment_ends_in_a_reset() {
    let site = Site::start(Limits { unsent_bytes: 16 << 10, ..Limits::default() });
    site.file("long.bin", 8 << 20);
    let mut stream = narrow(&site, "long.bin");
    let mut content = vec![0; (8 << 20) - (3 << 20)];
    stream.read_exact(&mut content).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    poke(&site.path("long.bin"), 5);
    let (content, reset) = rest(&mut stream);
    assert!(reset && content.len() < 3 << 20, "{reset} after {}", content.len());
    assert_eq!(site.outcomes(1)[0].0, Outcome::Changed);
}

#[test]
fn a_file_that_is_replaced_by_rename_goes_on_as_it_was() {
    let site = Site::start(Limits::default());
    let octets = site.file("long.bin", LONG);
    let mut stream = begun(&site, "long.bin");
    std::fs::write(site.path("new.bin"), b"other").unwrap();
    std::fs::rename(site.path("new.bin"), site.path("long.bin")).unwrap();
    let mut content = vec![0; LONG - 100_000];
    stream.read_exact(&mut content).unwrap();
    assert!(content == octets[100_000..]);
    assert_eq!(site.outcomes(1), [(Outcome::Finished, LONG as u64)]);
}

#[test]
fn a_peer_that_resets_is_recorded_with_what_it_took() {
    let site = Site::start(Limits::default());
    site.file("long.bin", LONG);
    let stream = begun(&site, "long.bin");
    // Closed with octets unread: the kernel sends a reset.
    drop(stream);
    let (outcome, sent) = site.outcomes(1)[0];
    assert_eq!(outcome, Outcome::AbortedByPeer);
    assert!((100_000..LONG as u64).contains(&sent), "{sent}");
    // The server goes on.
    assert!(head(&mut site.ask("long.bin", "Range: bytes=0-0\r\n")).starts_with("HTTP/1.1 206 "));
}

#[test]
fn a_peer_that_has_ended_its_side_gets_all_of_its_answer() {
    let site = Site::start(Limits::default());
    let octets = site.file("long.bin", LONG);
    let mut stream = site.ask("long.bin", "");
    stream.shutdown(Shutdown::Write).unwrap();
    head(&mut stream);
    assert!(rest(&mut stream) == (octets, false));
}

#[test]
fn a_peer_that_takes_nothing_is_cut_in_time() {
    let stalled_write_time = Duration::from_millis(500);
    let site = Site::start(Limits { stalled_write_time, ..Limits::default() });
    site.file("long.bin", LONG);
    site.file("short.bin", 400 << 10);
    let mut stream = begun(&site, "long.bin");
    let start = Instant::now();
    assert_eq!(site.outcomes(1)[0].0, Outcome::Stalled);
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(rest(&mut stream).1, "it is told that it did not get all");
}

/// A peer that reads slowly and steadily keeps its answer, and waiting for it costs no processor time.
#[test]
fn a_slow_reader_gets_all_and_costs_little() {
    let limits = Limits {
        stalled_write_time: Duration::from_millis(800),
        unsent_bytes: 16 << 10,
        ..Limits::default()
    };
    let site = Site::start(limits);
    let octets = site.file("long.bin", 8 << 20);
    let mut stream = narrow(&site, "long.bin");
    let (mut content, mut some) = (Vec::new(), vec![0; 200_000]);
    while content.len() < octets.len() {
        let count = stream.read(&mut some).unwrap();
        assert!(count > 0, "ended after {}", content.len());
        content.extend_from_slice(&some[..count]);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(content == octets);
    assert_eq!(site.outcomes(1), [(Outcome::Finished, octets.len() as u64)]);
}

/// What is not in memory is read elsewhere, and is right.
#[test]
fn a_cold_file_is_sent_whole() {
    let site = Site::start(Limits::default());
    let octets = site.file("cold.bin", LONG);
    let file = File::open(site.path("cold.bin")).unwrap();
    for (range, expected) in
        [("0-", 0..LONG), ("7000000-7099999", 7_000_000..7_100_000), ("9000000-", 9_000_000..LONG)]
    {
        file.sync_all().unwrap();
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
        let mut stream = site.ask("cold.bin", &format!("Range: bytes={range}\r\nConnection: close\r\n"));
        head(&mut stream);
        assert!(rest(&mut stream) == (octets[expected].to_vec(), false), "{range}");
    }
}
