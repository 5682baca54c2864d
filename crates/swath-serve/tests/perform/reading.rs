//! Which octets a body gives: from memory, from warm and cold files, from far offsets, from files that fail.

use std::fs::File;
use std::io::{self, IoSliceMut, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use byteranges::{ByteRange, Content, Piece};
use bytes::Bytes;
use http_body::Body;
use http_body_util::BodyExt;
use proptest::prelude::*;
use rustix::fs::{Advice, fadvise};
use rustix::io::{Errno, ReadWriteFlags, preadv2};
use swath_serve::buffers::Buffers;
use swath_serve::exchange::Outcome;
use swath_serve::facts::{Facts, Stamp};
use swath_serve::perform::ContentBody;
use swath_serve::source::{OpenFile, Source};

use crate::bench::{Seen, Served, TURN, brute_force, next, octets, places, rest, run};

fn assert_sends(content: &Content, source: Source, file: &[u8], buffers: &Arc<Buffers>) {
    let seen = Seen::default();
    let expected = brute_force(content, file);
    let mut body = ContentBody::new(content.clone(), Some(source), seen.open(), Arc::clone(buffers));
    assert_eq!(body.size_hint().exact(), Some(expected.len() as u64));
    let (sent, aborted) = run(rest(&mut body));
    assert!(body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(0));
    drop(body);
    assert_eq!(aborted, None);
    assert!(sent == expected, "other octets than the brute-force slices");
    assert_eq!(seen.only(), (Outcome::Finished, expected.len() as u64));
}

fn piece(length: u64) -> impl Strategy<Value = Piece> {
    let literal =
        proptest::collection::vec(any::<u8>(), 0..200).prop_map(|octets| Piece::Literal(octets.into()));
    let range = (0..length, 0..length).prop_map(|(one, other)| {
        Piece::Range(ByteRange::new(one.min(other), one.max(other)).expect("ordered"))
    });
    let short = (0..length, 1..100_u64).prop_map(move |(first, wanted)| {
        Piece::Range(ByteRange::new(first, (first + wanted).min(length - 1)).expect("within"))
    });
    prop_oneof![1 => literal, 1 => range, 2 => short]
}

#[test]
fn any_content_over_any_source_gives_the_brute_force_slices() -> io::Result<()> {
    const LENGTH: usize = 2 * TURN + 12_345;
    for place in places() {
        let served = Served::new(place.path(), LENGTH)?;
        let file = Source::File(served.open(true)?);
        let weak = Source::File(served.open(false)?);
        let memory = Source::from(Bytes::from(served.octets.clone()));
        let buffers = [Buffers::default(), Buffers::new(0), Buffers::unlimited()].map(Arc::new);
        let pieces = proptest::collection::vec(piece(LENGTH as u64), 0..6);
        proptest!(ProptestConfig::with_cases(48), |(pieces in pieces)| {
            let content: Content = pieces.into_iter().collect();
            for buffers in &buffers {
                for source in [&file, &weak, &memory] {
                    assert_sends(&content, source.clone(), &served.octets, buffers);
                }
            }
        });
    }
    Ok(())
}

/// Throws a file's pages out of memory, and makes sure they are out.
fn make_cold(file: &File) -> io::Result<()> {
    file.sync_all()?;
    for _ in 0..100 {
        fadvise(file, 0, None, Advice::DontNeed)?;
        let mut octet = [0];
        match preadv2(file, &mut [IoSliceMut::new(&mut octet)], 0, ReadWriteFlags::NOWAIT) {
            Err(Errno::AGAIN) => {
                // Asking had the kernel begin to read: let that end, and throw its pages out as well.
                std::thread::sleep(std::time::Duration::from_millis(20));
                return Ok(fadvise(file, 0, None, Advice::DontNeed)?);
            }
            Err(error) => return Err(error.into()),
            Ok(_) => std::thread::sleep(std::time::Duration::from_millis(10)),
        }
    }
    Err(io::Error::other("the pages stay in memory"))
}

#[test]
fn pages_that_are_not_in_memory_come_from_the_blocking_pool() -> io::Result<()> {
    const LENGTH: usize = 5 * (1 << 20) + 77;
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let served = Served::new(place.path(), LENGTH)?;
    let file = File::open(&served.path)?;
    match make_cold(&file) {
        Ok(()) => {}
        // A file system that cannot say what is in memory reads all of it in the pool; that is tested below.
        Err(error) if error.raw_os_error() == Some(Errno::OPNOTSUPP.raw_os_error()) => return Ok(()),
        Err(error) => return Err(error),
    }
    let whole = Content::range(ByteRange::whole(LENGTH as u64).expect("not empty"));
    let (seen, buffers) = (Seen::default(), Arc::new(Buffers::default()));
    // Whoever else reads this disk may bring pages back in between; not twenty times.
    let mut firsts = Vec::new();
    while firsts.last() != Some(&(1 << 20)) {
        assert!(firsts.len() < 20, "what waits for a disk is read in larger turns: {firsts:?}");
        make_cold(&file)?;
        let mut body = served.send(true, &seen, &buffers)?;
        let first = run(async { next(&mut body).await.expect("a chunk").expect("octets") });
        assert!(first == served.octets[..first.len()]);
        firsts.push(first.len());
    }

    make_cold(&file)?;
    assert_sends(&whole, Source::File(served.open(true)?), &served.octets, &buffers);
    make_cold(&file)?;
    let parts: Content =
        [(5, 9), (TURN as u64, 3 * TURN as u64), (0, 0), (LENGTH as u64 - 1, LENGTH as u64 - 1)]
            .into_iter()
            .filter_map(|(first, last)| ByteRange::new(first, last).map(Piece::Range))
            .collect();
    assert_sends(&parts, Source::File(served.open(false)?), &served.octets, &Arc::new(Buffers::new(0)));
    assert_eq!(buffers.usage().in_use, 0);
    Ok(())
}

#[test]
fn a_file_system_that_refuses_reads_without_waiting_is_read_in_the_pool() -> io::Result<()> {
    // The kernel's own description of its types: some megabytes on a file system of the refusing kind.
    let path = Path::new("/sys/kernel/btf/vmlinux");
    let Ok(file) = File::open(path) else {
        eprintln!("this kernel has no {}: nothing to read", path.display());
        return Ok(());
    };
    let expected = std::fs::read(path)?;
    let promised = Facts::of(&file)?;
    assert_eq!(promised.length, expected.len() as u64);
    let source = Source::File(OpenFile::new(file, promised, true));
    let whole = Content::range(ByteRange::whole(promised.length).expect("not empty"));
    for _ in 0..2 {
        assert_sends(&whole, source.clone(), &expected, &Arc::default());
    }
    Ok(())
}

#[test]
fn offsets_beyond_32_and_33_bits_are_reached() -> io::Result<()> {
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let path = place.path().join("image");
    let length: u64 = (1 << 40) + 3;
    let file = File::options().create(true).truncate(true).read(true).write(true).open(&path)?;
    file.set_len(length)?;
    let marks = [(1_u64 << 31) - 2, (1 << 32) - 2, (1 << 33) - 2, length - 4];
    for (number, offset) in marks.into_iter().enumerate() {
        file.write_all_at(&[number as u8 + 1; 4], offset)?;
    }
    let open = OpenFile::new(file.try_clone()?, Facts::of(&file)?, true);
    let range = |first, last| Piece::Range(ByteRange::new(first, last).expect("ordered"));
    let content: Content = marks.into_iter().map(|offset| range(offset - 2, offset + 3)).collect();
    let mut body =
        ContentBody::new(content, Some(Source::File(open)), Seen::default().open(), Arc::default());
    let (sent, aborted) = run(rest(&mut body));
    let expected: Vec<u8> = (1..=4_u8).flat_map(|number| [0, 0, number, number, number, number]).collect();
    assert_eq!((sent, aborted), (expected, None));
    Ok(())
}

#[test]
fn a_read_that_fails_cuts_the_answer_off_and_names_the_cause() -> io::Result<()> {
    // The kernel answers EIO for an address that is not mapped: a failing read without a failing disk.
    let file = File::open("/proc/self/mem")?;
    let promised = Facts { length: 100, mtime: Stamp::default(), ..Facts::of(&file)? };
    let seen = Seen::default();
    let content = Content::range(ByteRange::whole(100).expect("not empty"));
    let source = Source::File(OpenFile::new(file, promised, true));
    let mut body = ContentBody::new(content, Some(source), seen.open(), Arc::default());
    let aborted = run(next(&mut body)).expect("an answer").expect_err("cut off");
    assert_eq!(aborted.outcome(), Outcome::ReadError);
    let cause = std::error::Error::source(&aborted).map(ToString::to_string).expect("a cause");
    assert!(cause.contains("Input/output error"), "{cause}");
    drop(body);
    assert_eq!(seen.only(), (Outcome::ReadError, 0));
    Ok(())
}

#[test]
fn a_file_that_ends_before_its_stated_length_is_cut_off() -> io::Result<()> {
    // The kernel states one page for each of its settings, and says less.
    let file = File::open("/sys/kernel/uevent_seqnum")?;
    let promised = Facts::of(&file)?;
    let said = std::fs::read("/sys/kernel/uevent_seqnum")?;
    assert!((said.len() as u64) < promised.length);
    let seen = Seen::default();
    let content = Content::range(ByteRange::whole(promised.length).expect("not empty"));
    let source = Source::File(OpenFile::new(file, promised, true));
    let mut body = ContentBody::new(content, Some(source), seen.open(), Arc::default());
    let (sent, aborted) = run(rest(&mut body));
    assert_eq!(
        (sent.len(), aborted),
        (said.len(), Some(Outcome::Truncated)),
        "never padded, never a short end"
    );
    drop(body);
    assert_eq!(seen.only(), (Outcome::Truncated, said.len() as u64));
    Ok(())
}

#[test]
fn a_promise_the_source_cannot_keep_is_cut_off() {
    let range = Piece::Range(ByteRange::new(0, 99).expect("ordered"));
    let content: Content = [range, Piece::Literal(Bytes::from_static(b"--boundary--"))].into_iter().collect();
    for (source, expected) in [
        (None, vec![]),
        (Some(Source::from(Bytes::from(octets(50)))), octets(50)),
        (Some(Source::from(Bytes::new())), vec![]),
    ] {
        let seen = Seen::default();
        let mut body = ContentBody::new(content.clone(), source, seen.open(), Arc::default());
        assert_eq!(run(rest(&mut body)), (expected, Some(Outcome::Truncated)));
        drop(body);
        assert_eq!(seen.only().0, Outcome::Truncated);
    }
}

#[test]
fn pages_and_empty_answers_need_no_source() {
    let seen = Seen::default();
    let mut body = ContentBody::from_bytes("not found\n", seen.open());
    assert_eq!(run(rest(&mut body)), (b"not found\n".to_vec(), None));
    drop(body);
    assert_eq!(seen.only(), (Outcome::Finished, 10));

    let seen = Seen::default();
    let body = ContentBody::empty(seen.open());
    assert!(body.is_end_stream());
    assert!(seen.is_empty(), "its head has not left yet");
    drop(body);
    assert_eq!(seen.only(), (Outcome::Finished, 0));
}

#[test]
fn a_body_dropped_half_way_is_recorded_once_as_aborted_by_the_peer() -> io::Result<()> {
    for place in places() {
        let served = Served::new(place.path(), 3 * TURN)?;
        let (seen, buffers) = (Seen::default(), Arc::new(Buffers::default()));
        let mut body = served.send(true, &seen, &buffers)?;
        let chunk = run(async { next(&mut body).await.expect("a chunk").expect("octets") });
        drop(body);
        assert_eq!(seen.only(), (Outcome::AbortedByPeer, TURN as u64));
        assert_eq!(chunk[..], served.octets[..TURN], "a chunk outlives its body");
        drop(chunk);
        assert_eq!((buffers.usage().in_use, buffers.usage().bodies), (0, 0));
    }
    Ok(())
}

#[test]
fn a_body_may_move_between_threads() {
    fn assert_send<T: Send + 'static>() {}
    assert_send::<ContentBody>();
}

#[test]
fn a_caller_that_keeps_every_chunk_is_served_from_unlimited_buffers() -> io::Result<()> {
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let served = Served::new(place.path(), 9 * TURN + 1)?;
    let body = served.send(true, &Seen::default(), &Arc::new(Buffers::unlimited()))?;
    let collected = run(body.collect()).map_err(io::Error::other)?.to_bytes();
    assert!(collected == served.octets);

    // And so is whoever collects what the tower service answers.
    let files = swath_serve::ServeDir::new(place.path()).map_err(io::Error::other)?;
    let request = http::Request::get("/clip.mp4").body(()).map_err(io::Error::other)?;
    let answer = run(tower::ServiceExt::oneshot(files, request)).map_err(io::Error::other)?;
    let collected = run(answer.into_body().collect()).map_err(io::Error::other)?.to_bytes();
    assert!(collected == served.octets);
    Ok(())
}

#[test]
fn an_appender_at_work_never_disturbs_what_was_promised() -> io::Result<()> {
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let served = Served::new(place.path(), 16 * TURN)?;
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let appender = {
        let (stop, mut file) = (Arc::clone(&stop), File::options().append(true).open(&served.path)?);
        std::thread::spawn(move || {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                file.write_all(&[b'x'; 100])?;
                std::thread::sleep(std::time::Duration::from_micros(200));
            }
            io::Result::Ok(())
        })
    };
    let (mut grew, mut tries) = (0, 0);
    while grew < 10 {
        tries += 1;
        assert!(tries < 1000, "{grew} of {tries} answers saw the file grow and were finished");
        let seen = Seen::default();
        let mut body = served.send(false, &seen, &Arc::new(Buffers::default()))?;
        let (sent, _) = run(rest(&mut body));
        drop(body);
        assert!(sent == served.octets[..sent.len()]);
        match seen.only().0 {
            Outcome::Grew => grew += 1,
            // An append whose new length does not show yet looks like an edit, and aborts; that is the safe side.
            Outcome::Finished | Outcome::Changed => {}
            other => panic!("{other:?}"),
        }
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    appender.join().expect("the appender")?;
    Ok(())
}
