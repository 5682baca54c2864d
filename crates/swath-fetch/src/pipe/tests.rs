//! Many threads, one output.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::HeaderMap;
use url::Url;

use super::*;
use crate::digest::Algorithm;

fn about() -> About {
    let url = Url::parse("http://h/a").unwrap();
    About { url: url.clone(), answered: url, fields: HeaderMap::new() }
}

fn identity(length: u64) -> Identity {
    Identity { complete_length: Some(length), etag: None, last_modified: None, date_is_strong: false }
}

fn begun(output: impl Write + Send + 'static, memory: usize, wanted: Option<Digest>) -> Arc<Pipe> {
    let pipe = Pipe::new(output, memory, wanted);
    pipe.start(1, b"", None, false, &about()).unwrap();
    Arc::new(pipe)
}

/// Keeps what is written, slowly.
#[derive(Clone, Default)]
struct Slow {
    octets: Arc<Mutex<Vec<u8>>>,
    delay: Duration,
}

impl Write for Slow {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        std::thread::sleep(self.delay);
        // Short writes happen on pipes.
        let count = octets.len().min(1000);
        self.octets.lock().unwrap().extend_from_slice(&octets[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn octets(first: usize, count: usize) -> Bytes {
    Bytes::from((first..first + count).map(|at| u8::try_from(at * 7 % 251).unwrap()).collect::<Vec<u8>>())
}

#[test]
fn threads_side_by_side_come_out_in_order_within_the_memory() {
    const PIECE: usize = 1500;
    const PIECES: usize = 200;
    const MEMORY: usize = 5 * PIECE;
    let slow = Slow { delay: Duration::from_micros(50), ..Slow::default() };
    let whole = octets(0, PIECE * PIECES);
    let mut hasher = Hasher::new(Algorithm::Sha256);
    hasher.update(&whole);
    let digest = hasher.finish();
    let pipe = begun(slow.clone(), MEMORY, Some(digest.clone()));
    let most = AtomicUsize::new(0);
    let turn = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let number = turn.fetch_add(1, Ordering::SeqCst);
                    if number >= PIECES {
                        break;
                    }
                    let (one, two) = (octets(number * PIECE, 700), octets(number * PIECE + 700, PIECE - 700));
                    pipe.write(1, (number * PIECE) as u64, &[one, two]).unwrap();
                    most.fetch_max(pipe.lock().order.waiting(), Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(slow.octets.lock().unwrap()[..], whole[..]);
    assert!(most.load(Ordering::SeqCst) <= MEMORY + PIECE, "{} octets waited", most.load(Ordering::SeqCst));
    assert!(pipe.digest(1, &digest).unwrap());
    let other = Digest::new(Algorithm::Sha256, &[0; 32]).unwrap();
    assert!(!pipe.digest(1, &other).unwrap());
    pipe.finish(1, &identity((PIECE * PIECES) as u64), &about()).unwrap();
}

#[test]
fn a_full_memory_waits_for_the_next_octets_and_for_nothing_else() {
    let slow = Slow::default();
    let pipe = begun(slow.clone(), 10, None);
    pipe.write(1, 20, &[octets(20, 10)]).unwrap();
    let waiting = {
        let pipe = Arc::clone(&pipe);
        std::thread::spawn(move || pipe.write(1, 10, &[octets(10, 10)]))
    };
    std::thread::sleep(Duration::from_millis(50));
    assert!(!waiting.is_finished(), "more was taken than fits");
    pipe.write(1, 0, &[octets(0, 10)]).unwrap();
    waiting.join().unwrap().unwrap();
    assert_eq!(slow.octets.lock().unwrap()[..], octets(0, 30)[..]);
}

#[test]
fn a_reader_that_goes_away_is_a_quiet_end_for_everybody() {
    let (reader, writer) = io::pipe().unwrap();
    let pipe = begun(writer, 1, None);
    let waiting = {
        let pipe = Arc::clone(&pipe);
        std::thread::spawn(move || pipe.write(1, 50, &[octets(50, 10)]))
    };
    drop(reader);
    let error = pipe.write(1, 0, &[octets(0, 10)]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<PipeError>());
    assert_eq!(inner, Some(&PipeError::Closed));
    assert_eq!(waiting.join().unwrap().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    assert!(pipe.sync(1).is_err() && pipe.write(1, 10, &[octets(10, 1)]).is_err());
}

#[test]
fn other_errors_keep_their_name() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let pipe = begun(full, 1, None);
    assert_eq!(pipe.write(1, 0, &[octets(0, 1)]).unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert_eq!(pipe.write(1, 1, &[octets(1, 1)]).unwrap_err().kind(), io::ErrorKind::StorageFull);
}

#[test]
fn a_new_version_is_an_error_once_anything_went_out() {
    let slow = Slow::default();
    let pipe = begun(slow.clone(), 100, None);
    pipe.write(1, 10, &[octets(10, 10)]).unwrap();
    // Nothing went out so far.
    pipe.start(2, b"", None, false, &about()).unwrap();
    assert!(pipe.write(1, 0, &[octets(0, 10)]).is_err(), "octets of the version before");
    pipe.write(2, 0, &[octets(5, 10)]).unwrap();
    let error = pipe.start(3, b"", None, false, &about()).unwrap_err();
    assert!(error.to_string().contains("changed"), "{error}");
    assert!(pipe.write(2, 10, &[octets(0, 1)]).is_err(), "no half of one and half of another");
    assert_eq!(slow.octets.lock().unwrap()[..], octets(5, 10)[..]);
}

#[test]
fn the_digest_of_the_server_is_computed_on_the_way() {
    let pipe = Pipe::new(io::sink(), 10, None);
    let mut about = about();
    let empty = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
    about.fields.insert("repr-digest", empty.parse().unwrap());
    pipe.start(1, b"", None, false, &about).unwrap();
    assert!(pipe.digest(1, &fields::repr_digest(&about.fields)[0]).unwrap());
    let sha512 = Digest::new(Algorithm::Sha512, &[0; 64]).unwrap();
    assert!(pipe.digest(1, &sha512).is_err(), "nobody asked for that one in time");
}

#[test]
fn an_end_that_is_too_early_is_an_error() {
    let pipe = begun(io::sink(), 100, None);
    pipe.write(1, 0, &[octets(0, 10)]).unwrap();
    pipe.write(1, 20, &[octets(20, 10)]).unwrap();
    assert!(pipe.finish(1, &identity(30), &about()).is_err());
    pipe.write(1, 10, &[octets(10, 10)]).unwrap();
    pipe.finish(1, &identity(30), &about()).unwrap();
}
