//! Many readers that stall: bounded memory, and everybody gets on.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use byteranges::{ByteRange, Content};
use bytes::Bytes;
use http_body::Body;
use swath_serve::buffers::{Buffers, DEFAULT_BUDGET, LEAST_BUDGET};
use swath_serve::perform::ContentBody;
use swath_serve::source::Source;

use crate::bench::{Seen, Served, TURN, places, rest, run};

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Asks a body once; `None` when it waits.
fn ask(body: &mut ContentBody, waker: &Waker) -> Option<Bytes> {
    match Pin::new(body).poll_frame(&mut Context::from_waker(waker)) {
        Poll::Pending => None,
        Poll::Ready(answer) => answer?.ok()?.into_data().ok(),
    }
}

fn bodies(served: &Served, count: usize, buffers: &Arc<Buffers>) -> io::Result<Vec<ContentBody>> {
    let whole = ByteRange::whole(served.octets.len() as u64).expect("not empty");
    let open = served.open(true)?;
    Ok((0..count)
        .map(|_| {
            let source = Some(Source::File(open.clone()));
            ContentBody::new(Content::range(whole), source, Seen::default().open(), Arc::clone(buffers))
        })
        .collect())
}

/// Makes sure that the whole file is in memory, so that asking once is enough.
fn warm(served: &Served) -> io::Result<()> {
    std::fs::read(&served.path).map(drop)
}

#[test]
fn ten_thousand_stalled_readers_fit_the_default_budget_and_none_waits() -> io::Result<()> {
    for place in places() {
        let served = Served::new(place.path(), 4 * TURN)?;
        warm(&served)?;
        let buffers = Arc::new(Buffers::default());
        let mut readers = bodies(&served, 10_000, &buffers)?;
        run(async {
            let mut stalled = Vec::new();
            for body in &mut readers {
                stalled.push(ask(body, Waker::noop()).expect("a chunk at once"));
                assert!(buffers.usage().in_use <= DEFAULT_BUDGET);
            }
            // hyper asks on while a chunk is out: a stalled reader gets no second one.
            assert!(readers.iter_mut().all(|body| ask(body, Waker::noop()).is_none()));
            assert_eq!(buffers.usage().most_in_use, buffers.usage().in_use);
            // 24 MiB are for larger buffers: half of them in whole turns, a quarter in 64 KiB, a quarter in 16 KiB.
            let sizes = [TURN, 64 << 10, 16 << 10, 4 << 10];
            let counts = sizes.map(|size| stalled.iter().filter(|chunk| chunk.len() == size).count());
            assert_eq!(counts, [48, 96, 384, 10_000 - 48 - 96 - 384]);
            assert!(
                stalled.is_sorted_by(|one, next| one.len() >= next.len()),
                "chunks shrink as it gets short"
            );
            assert!(stalled.iter().all(|chunk| chunk[..] == served.octets[..chunk.len()]));
        });
        drop(readers);
        let usage = buffers.usage();
        assert_eq!((usage.in_use, usage.bodies), (0, 0));
        assert!(usage.idle <= DEFAULT_BUDGET / 4);
    }
    Ok(())
}

#[test]
fn who_finds_no_share_waits_in_order_and_gets_one_when_another_ends() -> io::Result<()> {
    const SHARES: usize = LEAST_BUDGET / 4096 / 8 * 5;
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let served = Served::new(place.path(), TURN + 1)?;
    warm(&served)?;
    let buffers = Arc::new(Buffers::new(0));
    let mut holders = bodies(&served, SHARES, &buffers)?;
    let mut waiters = bodies(&served, 50, &buffers)?;
    run(async {
        let mut held: Vec<_> =
            holders.iter_mut().map(|body| ask(body, Waker::noop()).expect("a chunk at once")).collect();
        assert_eq!(buffers.usage().bodies, SHARES);
        assert!(buffers.usage().in_use <= LEAST_BUDGET);
        let woken: Vec<_> = waiters.iter().map(|_| Arc::new(Woken::default())).collect();
        for (body, woken) in waiters.iter_mut().zip(&woken) {
            assert!(ask(body, &Waker::from(Arc::clone(woken))).is_none(), "no share is left");
        }
        for (number, (body, woken)) in waiters.iter_mut().zip(&woken).enumerate() {
            assert_eq!(woken.0.load(Ordering::Relaxed), 0, "it is not its turn yet");
            drop((holders.pop(), held.pop()));
            assert_eq!(woken.0.load(Ordering::Relaxed), 1, "waiter {number} is next");
            let chunk = ask(body, Waker::noop()).expect("a chunk now");
            assert!(chunk[..] == served.octets[..chunk.len()]);
            held.insert(0, chunk);
        }
        assert!(buffers.usage().most_in_use <= LEAST_BUDGET);
    });
    Ok(())
}

#[test]
fn a_crowd_on_the_least_budget_is_served_whole_and_the_budget_holds() -> io::Result<()> {
    for place in places() {
        let served = Arc::new(Served::new(place.path(), 2 * TURN + 5)?);
        let buffers = Arc::new(Buffers::new(0));
        let crowd = bodies(&served, 600, &buffers)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build()?;
        runtime.block_on(async {
            let tasks: Vec<_> = crowd
                .into_iter()
                .map(|mut body| {
                    let (served, buffers) = (Arc::clone(&served), Arc::clone(&buffers));
                    tokio::spawn(async move {
                        let (sent, aborted) = rest(&mut body).await;
                        let usage = buffers.usage();
                        assert!(usage.in_use + usage.idle <= LEAST_BUDGET, "{usage:?}");
                        assert!(aborted.is_none() && sent == served.octets);
                    })
                })
                .collect();
            for task in tasks {
                tokio::time::timeout(std::time::Duration::from_secs(60), task)
                    .await
                    .expect("in time")
                    .expect("whole");
            }
        });
        let usage = buffers.usage();
        assert!(usage.most_in_use <= LEAST_BUDGET && usage.most_in_use > 0);
        assert_eq!((usage.in_use, usage.bodies), (0, 0));
    }
    Ok(())
}

#[test]
fn a_waiting_body_that_is_dropped_leaves_the_queue() -> io::Result<()> {
    const SHARES: usize = LEAST_BUDGET / 4096 / 8 * 5;
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let served = Served::new(place.path(), 10)?;
    warm(&served)?;
    let buffers = Arc::new(Buffers::new(0));
    let mut holders = bodies(&served, SHARES, &buffers)?;
    let mut waiters = bodies(&served, 2, &buffers)?;
    run(async {
        let held: Vec<_> = holders.iter_mut().map(|body| ask(body, Waker::noop())).collect();
        assert!(waiters.iter_mut().all(|body| ask(body, Waker::noop()).is_none()));
        drop(waiters.remove(0));
        drop((holders, held));
        assert!(ask(&mut waiters[0], Waker::noop()).is_some());
    });
    Ok(())
}

#[test]
fn a_chunk_that_leaves_wakes_its_body() -> io::Result<()> {
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let served = Served::new(place.path(), 2 * TURN)?;
    warm(&served)?;
    let mut readers = bodies(&served, 1, &Arc::new(Buffers::default()))?;
    run(async {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let chunk = ask(&mut readers[0], &waker).expect("a chunk");
        assert!(ask(&mut readers[0], &waker).is_none());
        let (front, back) = (chunk.slice(..10), chunk.slice(10..));
        drop((chunk, front));
        assert_eq!(woken.0.load(Ordering::Relaxed), 0, "a part of it is still out");
        drop(back);
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert!(ask(&mut readers[0], &waker).is_some());
    });
    Ok(())
}

#[test]
fn buffers_kept_for_reuse_make_room_for_buffers_in_use() -> io::Result<()> {
    let places = [
        tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?,
        tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?,
    ];
    let (long, short) = (Served::new(places[0].path(), TURN)?, Served::new(places[1].path(), 10 << 10)?);
    warm(&long)?;
    warm(&short)?;
    let buffers = Arc::new(Buffers::new(0));
    run(async {
        let mut readers = bodies(&long, 4, &buffers)?;
        let held: Vec<_> = readers.iter_mut().map(|body| ask(body, Waker::noop())).collect();
        drop((readers, held));
        assert_eq!(buffers.usage().idle, 4 * (64 << 10));
        let mut readers = bodies(&short, LEAST_BUDGET / 4096 / 8 * 5, &buffers)?;
        let held: Vec<_> =
            readers.iter_mut().map(|body| ask(body, Waker::noop()).expect("a chunk")).collect();
        let usage = buffers.usage();
        assert!(usage.in_use + usage.idle <= LEAST_BUDGET, "{usage:?}");
        assert!(usage.in_use + 4 * (64 << 10) > LEAST_BUDGET, "the test is about a budget that is short");
        drop(held);
        Ok(())
    })
}
