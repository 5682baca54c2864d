//! A remote file: any position, one version, few requests, and honest errors from servers that misbehave.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use swath_fetch::{Job, ReadError, ReadOptions, RemoteFile};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use crate::origin::{Asked, Origin, content, head, honest};

const LENGTH: usize = 3_000_000;

/// A job that does not wait long for servers that never get better.
fn job(origin: &Origin) -> Job {
    let mut job = Job::new(origin.url("/f"));
    job.settings.retries = 3;
    job.settings.backoff = Duration::from_millis(1);
    job.settings.answer_timeout = Duration::from_millis(500);
    job.settings.stall_timeout = Duration::from_millis(300);
    job
}

async fn at(file: &RemoteFile, position: u64, count: usize) -> Result<Vec<u8>, ReadError> {
    let mut buffer = vec![0; count];
    let read = file.read_at(position, &mut buffer).await?;
    buffer.truncate(read);
    Ok(buffer)
}

#[tokio::test]
async fn any_position_is_read_and_nothing_past_the_end() {
    let whole = content(LENGTH);
    let origin = Origin::honest(whole.clone());
    let file = RemoteFile::open(job(&origin)).await.unwrap();
    assert_eq!((file.complete_length(), file.etag().as_deref()), (LENGTH as u64, Some("\"v1\"")));
    for (position, count) in [(0, 10), (65_530, 20), (2_999_990, 100), (1_000_000, 300_000), (5, 1)] {
        let due = &whole[position..(position + count).min(LENGTH)];
        assert!(at(&file, position as u64, count).await.unwrap() == due, "{position}");
    }
    for position in [LENGTH as u64, u64::MAX] {
        assert!(at(&file, position, 10).await.unwrap().is_empty());
    }
    let later = &origin.asked()[1..];
    assert!(later.iter().all(|asked| asked.field("if-match") == Some("\"v1\"")), "{later:?}");
}

#[tokio::test]
async fn what_was_read_is_kept_and_who_goes_straight_on_is_read_ahead_of() {
    let whole = content(LENGTH);
    let origin = Origin::honest(whole.clone());
    let mut file = RemoteFile::open(job(&origin)).await.unwrap();
    at(&file, 1_000_000, 100).await.unwrap();
    let before = origin.asked().len();
    at(&file, 1_000_050, 100).await.unwrap();
    assert_eq!(origin.asked().len(), before, "it was here already");
    let mut all = Vec::new();
    file.read_to_end(&mut all).await.unwrap();
    assert!(all == whole);
    let asked = origin.asked().len();
    assert!(asked < 15, "{asked} requests for 46 blocks");
    // A cache of one block forgets, and still reads right.
    let options = ReadOptions { cache: 1, ..ReadOptions::default() };
    let file = RemoteFile::open_with(job(&origin), options).await.unwrap();
    for position in [0, 1_000_000, 0, 1_000_000] {
        assert!(at(&file, position, 10).await.unwrap() == whole[position as usize..position as usize + 10]);
    }
}

#[tokio::test]
async fn seeking_leads_where_it_says() {
    let whole = content(LENGTH);
    let origin = Origin::honest(whole.clone());
    let mut file = RemoteFile::open(job(&origin)).await.unwrap();
    let mut other = file.clone();
    for (to, position) in [
        (SeekFrom::Start(7), 7),
        (SeekFrom::End(-22), LENGTH - 22),
        (SeekFrom::Current(-100), LENGTH - 22 + 4 - 100),
    ] {
        assert_eq!(file.seek(to).await.unwrap(), position as u64);
        let mut four = [0; 4];
        file.read_exact(&mut four).await.unwrap();
        assert_eq!(four, whole[position..position + 4]);
    }
    assert!(file.seek(SeekFrom::Current(-(LENGTH as i64))).await.is_err());
    let mut first = [0; 4];
    other.read_exact(&mut first).await.unwrap();
    assert_eq!(first, whole[..4], "a clone has a position of its own");
}

#[test]
fn threads_read_and_seek_like_in_a_file() {
    let whole = content(LENGTH);
    let origin = Origin::honest(whole.clone());
    let mut file = RemoteFile::blocking(job(&origin), ReadOptions::default()).unwrap();
    assert_eq!(file.seek(SeekFrom::End(-5)).unwrap(), LENGTH as u64 - 5);
    let mut end = Vec::new();
    file.read_to_end(&mut end).unwrap();
    assert_eq!(end, whole[LENGTH - 5..]);
    let mut buffer = [0; 10];
    assert_eq!(file.read_at(100, &mut buffer).unwrap(), 10);
    assert_eq!(buffer, whole[100..110]);
}

#[tokio::test]
async fn a_file_that_changes_is_an_error_and_never_a_mix() {
    // One server obeys If-Match, one knows no preconditions, one has a longer new version under no tag at all.
    for way in 0..3 {
        let requests = AtomicUsize::new(0);
        let origin = Origin::new(move |asked, stream| {
            let mut asked = asked.clone();
            if requests.fetch_add(1, Ordering::Relaxed) < 2 {
                return honest(&asked, stream, &vec![b'1'; LENGTH], "\"v1\"");
            }
            if way > 0 {
                asked.fields.retain(|(name, _)| name != "if-match");
            }
            honest(&asked, stream, &vec![b'2'; LENGTH + way * 10], "\"v2\"")
        });
        let file = RemoteFile::open(job(&origin)).await.unwrap();
        assert!(at(&file, 1_000_000, 10).await.unwrap() == [b'1'; 10]);
        let changed = at(&file, 2_000_000, 10).await;
        assert!(matches!(changed, Err(ReadError::Changed)), "{way}: {changed:?}");
        let error: std::io::Error = changed.unwrap_err().into();
        assert!(error.to_string().contains("changed"), "{error}");
        assert!(at(&file, 1_000_000, 10).await.unwrap() == [b'1'; 10], "what is here stays");
    }
}

#[tokio::test]
async fn a_server_that_answers_412_to_its_own_tag_is_held_to_the_tag_alone() {
    let whole = content(LENGTH);
    let served = whole.clone();
    let origin = Origin::new(move |asked, stream| match asked.field("if-match") {
        Some(_) => stream.write_all(b"HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n").is_ok(),
        None => honest(asked, stream, &served, "\"v1\""),
    });
    let file = RemoteFile::open(job(&origin)).await.unwrap();
    for position in [1_000_000, 2_000_000] {
        assert!(at(&file, position, 10).await.unwrap() == whole[position as usize..position as usize + 10]);
    }
    assert_eq!(origin.asked().iter().filter(|asked| asked.field("if-match").is_some()).count(), 1);
}

/// An answer after the first one that is not what it should be.
type Lie = fn(&Asked, &[u8]) -> Vec<u8>;

fn answer(status: &str, fields: &str, octets: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{fields}Content-Length: {}\r\n\r\n", octets.len());
    [head.as_bytes(), octets].concat()
}

const LIES: &[(&str, Lie)] = &[
    ("another range", |asked, whole| {
        let (first, last) = asked.range(whole.len()).unwrap();
        let fields =
            format!("ETag: \"v1\"\r\nContent-Range: bytes {}-{}/{}\r\n", first - 5, last - 5, whole.len());
        answer("206 Partial Content", &fields, &whole[first - 5..=last - 5])
    }),
    ("no Content-Range", |_, whole| answer("206 Partial Content", "ETag: \"v1\"\r\n", &whole[..65_536])),
    ("the whole", |_, whole| answer("200 OK", "ETag: \"v1\"\r\n", whole)),
    ("a part as a whole", |asked, whole| {
        let (first, last) = asked.range(whole.len()).unwrap();
        let fields = format!("ETag: \"v1\"\r\nContent-Range: bytes {first}-{last}/{}\r\n", whole.len());
        answer("200 OK", &fields, &whole[first..=last])
    }),
    ("a page without tag", |_, _| answer("200 OK", "Content-Type: text/html\r\n", b"<p>busy</p>")),
    ("coded", |asked, whole| {
        let (first, last) = asked.range(whole.len()).unwrap();
        let fields = format!(
            "ETag: \"v1\"\r\nContent-Encoding: gzip\r\nContent-Range: bytes {first}-{last}/{}\r\n",
            whole.len()
        );
        answer("206 Partial Content", &fields, &whole[first..=last])
    }),
    ("another length", |asked, whole| {
        let (first, last) = asked.range(whole.len()).unwrap();
        let fields = format!("ETag: \"v1\"\r\nContent-Range: bytes {first}-{last}/{}\r\n", whole.len() + 1);
        answer("206 Partial Content", &fields, &whole[first..=last])
    }),
    ("416", |_, whole| {
        answer("416 Range Not Satisfiable", &format!("Content-Range: bytes */{}\r\n", whole.len()), b"")
    }),
    ("busy", |_, _| answer("503 Service Unavailable", "Retry-After: 0\r\n", b"")),
];

/// Answers the first request honestly, then lies to so many, and is honest again.
fn liar(whole: Vec<u8>, lie: Lie, lies: usize) -> Origin {
    let requests = AtomicUsize::new(0);
    Origin::new(move |asked, stream| match requests.fetch_add(1, Ordering::Relaxed) {
        number if number > 0 && number <= lies => stream.write_all(&lie(asked, &whole)).is_ok(),
        _ => honest(asked, stream, &whole, "\"v1\""),
    })
}

#[tokio::test]
async fn what_makes_no_sense_is_asked_for_again_and_never_given_out() {
    let whole = content(LENGTH);
    for (name, lie) in LIES {
        let origin = liar(whole.clone(), *lie, 2);
        let file = RemoteFile::open(job(&origin)).await.unwrap();
        let read = at(&file, 1_000_000, 10).await;
        assert!(read.as_deref() == Ok(&whole[1_000_000..1_000_010]), "{name}: {read:?}");
        let origin = liar(whole.clone(), *lie, usize::MAX);
        let file = RemoteFile::open(job(&origin)).await.unwrap();
        let read = at(&file, 1_000_000, 10).await;
        assert!(read.is_err() && !matches!(read, Err(ReadError::Changed)), "{name}: {read:?}");
    }
}

#[tokio::test]
async fn what_breaks_off_goes_on_where_it_stopped() {
    let whole = content(LENGTH);
    let served = whole.clone();
    let origin = Origin::new(move |asked, stream| {
        let (head, octets) = head(asked, &served, "\"v1\"");
        let most = (octets.start + 20_000).min(octets.end);
        let _ =
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&served[octets.start..most]));
        false
    });
    // The first block breaks off, too.
    let mut job = job(&origin);
    job.settings.retries = 2;
    let opened = RemoteFile::open(job).await;
    let file = opened.expect("a first part that breaks off is no reason not to open");
    assert!(at(&file, 1_000_000, 100_000).await.unwrap() == whole[1_000_000..1_100_000]);
}

#[tokio::test]
async fn silence_has_an_end() {
    let whole = content(LENGTH);
    let requests = AtomicUsize::new(0);
    let origin = Origin::new(move |asked, stream: &mut TcpStream| {
        if requests.fetch_add(1, Ordering::Relaxed) == 1 {
            std::thread::sleep(Duration::from_secs(10));
            return false;
        }
        honest(asked, stream, &whole, "\"v1\"")
    });
    let file = RemoteFile::open(job(&origin)).await.unwrap();
    let begun = std::time::Instant::now();
    assert_eq!(at(&file, 1_000_000, 10).await.unwrap().len(), 10);
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_server_without_a_strong_tag_has_to_be_allowed() {
    let whole = content(LENGTH);
    for tag in ["W/\"v1\"", ""] {
        let served = whole.clone();
        let origin = Origin::new(move |asked, stream| {
            let (head, octets) = head(asked, &served, tag);
            let head = head.replace("ETag: \r\n", "");
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&served[octets])).is_ok()
        });
        assert!(matches!(RemoteFile::open(job(&origin)).await, Err(ReadError::Unpinned)), "{tag}");
        let options = ReadOptions { unpinned: true, ..ReadOptions::default() };
        let file = RemoteFile::open_with(job(&origin), options).await.unwrap();
        assert!(at(&file, 1_000_000, 10).await.unwrap() == whole[1_000_000..1_000_010]);
    }
}

#[tokio::test]
async fn files_that_come_whole_are_read_from_memory_if_they_fit() {
    let plain = |length: usize| {
        Origin::new(move |_, stream| stream.write_all(&answer("200 OK", "", &content(length))).is_ok())
    };
    let origin = plain(100_000);
    let file = RemoteFile::open(job(&origin)).await.unwrap();
    assert!(at(&file, 50_000, 10).await.unwrap() == content(100_000)[50_000..50_010]);
    assert_eq!(origin.asked().len(), 1);
    let options = ReadOptions { cache: 50_000, ..ReadOptions::default() };
    assert!(matches!(RemoteFile::open_with(job(&plain(100_000)), options).await, Err(ReadError::NoRanges)));
    // Small ones come whole as a part, too; empty ones by a 416, which has to be true.
    assert_eq!(
        at(&RemoteFile::open(job(&Origin::honest(content(9)))).await.unwrap(), 5, 10).await.unwrap().len(),
        4
    );
    let empty = Origin::new(|asked, stream| {
        let octets = match asked.field("range") {
            Some(_) => answer("416 Range Not Satisfiable", "Content-Range: bytes */0\r\n", b""),
            None => answer("200 OK", "", b""),
        };
        stream.write_all(&octets).is_ok()
    });
    assert_eq!(RemoteFile::open(job(&empty)).await.unwrap().complete_length(), 0);
    let pretends = Origin::new(|asked, stream| {
        let octets = match asked.field("range") {
            Some(_) => answer("416 Range Not Satisfiable", "Content-Range: bytes */0\r\n", b""),
            None => answer("200 OK", "", b"something"),
        };
        stream.write_all(&octets).is_ok()
    });
    assert_eq!(RemoteFile::open(job(&pretends)).await.unwrap().complete_length(), 9);
}
