//! Real servers: the whole, resumed after Ctrl-C, several ranges, replaced midway.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::process::Signal;
use swath_e2e::{
    clients::{noise::noise, program::run_command},
    servers::{Recipe, Running, with_swath},
    swath::Swath,
};

use super::asked::{Getting, events, get, received, swath};

const LENGTH: usize = 32 << 20;
/// Half of the file in a second.
const HALF: &str = "16M";
/// An eighth of it in a second.
const EIGHTH: &str = "4M";

/// What a server serves, and what its files are.
struct Served<'a> {
    url: String,
    root: &'a Path,
    /// Words that the server makes necessary: whom to trust.
    words: &'a [&'a str],
}

impl Served<'_> {
    fn everything(&self, name: &str) {
        let folder = tempfile::tempdir().expect("a folder");
        let content = put(self.root, "big.bin", 1);
        self.whole(name, &folder.path().join("whole.bin"), &content);
        self.resumed(name, &folder.path().join("resumed.bin"), &content);
        self.ranges(name, &content);
        self.replaced(name, &folder.path().join("replaced.bin"), &content);
    }

    fn get(&self, words: &[&str], file: &Path) -> std::process::Command {
        get(&[self.words, words].concat(), file, &self.url)
    }

    fn whole(&self, name: &str, file: &Path, content: &[u8]) {
        let _ = run_command(&mut self.get(&["-c", "4"], file)).succeeded();
        assert!(read(file) == content, "{name}: other octets");
    }

    fn resumed(&self, name: &str, file: &Path, content: &[u8]) {
        let mut first = Getting::start(&mut self.get(&["-c", "4", "--limit-rate", EIGHTH], file));
        let _ = first.holds(LENGTH as u64 / 3);
        first.signal(Signal::INT);
        assert_eq!(first.end().code(), Some(130), "{name}: interrupted: {}", first.story());
        let finished = run_command(&mut self.get(&["-c", "4"], file));
        let words = format!("{}{}", String::from_utf8_lossy(&finished.stdout), finished.stderr);
        assert!(finished.status.success(), "{name}: {words}");
        assert!(read(file) == content, "{name}: other octets");
        let came = received(&events(words.as_bytes())).expect("the last line tells");
        // What was there came before; a few octets at the seams may come again.
        assert!(
            came > 0 && came < LENGTH as u64 * 3 / 4,
            "{name}: {came} octets came again of {LENGTH}: {words}"
        );
    }

    fn ranges(&self, name: &str, content: &[u8]) {
        let mut command = swath(["cat"]);
        command.args(self.words).args([&self.url, "-r", "100-199,9000000-9000999", "-r", "-500"]);
        let got = run_command(&mut command).succeeded();
        let wanted = [&content[100..200], &content[9_000_000..9_001_000], &content[LENGTH - 500..]].concat();
        assert!(got == wanted, "{name}: other ranges");
    }

    fn replaced(&self, name: &str, file: &Path, content: &[u8]) {
        let mut first = Getting::start(&mut self.get(&["-c", "4", "--limit-rate", HALF], file));
        let _ = first.holds(LENGTH as u64 / 8);
        let other = put(self.root, "big.bin", 2);
        let status = first.end();
        match status.code() {
            Some(0) => assert!(read(file) == other || read(file) == content, "{name}: two versions in one"),
            code => assert_eq!(code, Some(3), "{name}: replaced midway"),
        }
    }
}

/// Puts a version into the folder, as a deployment would: beside, then in its place. Its date says which it is.
fn put(root: &Path, name: &str, version: u64) -> Vec<u8> {
    let content = noise(version, LENGTH);
    let (beside, place) = (root.join("beside.tmp"), root.join(name));
    fs::write(&beside, &content).expect("a file can be written");
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + version * 86_400);
    File::options()
        .write(true)
        .open(&beside)
        .and_then(|file| file.set_modified(date))
        .expect("a file can be dated");
    fs::rename(beside, place).expect("a file can be renamed");
    // Past the time in which swath calls a tag weak.
    std::thread::sleep(Duration::from_millis(60));
    content
}

fn read(file: &Path) -> Vec<u8> {
    fs::read(file).unwrap_or_else(|why| panic!("{}: {why}", file.display()))
}

fn against(recipe: &Recipe) {
    let running = Running::start(recipe);
    Served { url: running.url("big.bin"), root: running.root(), words: &[] }.everything(recipe.name);
}

#[test]
fn nginx_apache_lighttpd_caddy_and_swath() {
    let wanted = ["nginx", "apache", "lighttpd", "caddy", "swath"];
    let recipes: Vec<_> = with_swath().into_iter().filter(|recipe| wanted.contains(&recipe.name)).collect();
    assert_eq!(recipes.len(), wanted.len(), "{recipes:?}");
    std::thread::scope(|scope| {
        for pair in recipes.chunks(3) {
            scope.spawn(move || pair.iter().for_each(against));
        }
    });
}

#[test]
fn swath_over_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = certificate(folder.path());
    let root = folder.path().join("root");
    fs::create_dir(&root).expect("a folder");
    let server = Swath::of(&root).arg("--tls-cert").arg(&certificate).arg("--tls-key").arg(key).start();
    let trust = certificate.to_string_lossy().into_owned();
    Served { url: server.url("/big.bin"), root: &root, words: &["--cacert", &trust] }
        .everything("swath over TLS");
}

/// HTTP/2 alone, with TLS and without: the server's own recording tells that nothing else was spoken, and over how many
/// connections.
fn over_http2(tls: bool) {
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = certificate(folder.path());
    let (root, recording) = (folder.path().join("root"), folder.path().join("recording.jsonl"));
    fs::create_dir(&root).expect("a folder");
    let mut server = Swath::of(&root).arg("--inspect-record").arg(&recording);
    if tls {
        server = server.arg("--tls-cert").arg(&certificate).arg("--tls-key").arg(key);
    }
    let server = server.start();
    let trust = certificate.to_string_lossy().into_owned();
    let words = ["--http2", "--cacert", &trust];
    let name = if tls { "swath over HTTP/2 and TLS" } else { "swath over HTTP/2" };
    Served { url: server.url("/big.bin"), root: &root, words: &words }.everything(name);
    let _ = server.stop();
    let recorded = fs::read_to_string(recording).expect("a recording");
    let mut streams = BTreeMap::<u64, usize>::new();
    for line in recorded.lines().skip(1) {
        let exchange: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(exchange["version"], "HTTP/2.0", "{name}: {exchange}");
        *streams.entry(exchange["connection"].as_u64().expect("a number")).or_default() += 1;
    }
    // Whole, twice for the resumed one, ranges, replaced: each command has one connection, whatever its lanes.
    assert_eq!(streams.len(), 5, "{name}: {streams:?}");
    assert!(streams.values().filter(|count| **count >= 4).count() >= 2, "{name}: {streams:?}");
}

#[test]
fn swath_over_http2() {
    std::thread::scope(|scope| {
        scope.spawn(|| over_http2(false));
        scope.spawn(|| over_http2(true));
    });
}

fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    fs::write(&certificate, made.cert.pem()).expect("a file can be written");
    fs::write(&key, made.signing_key.serialize_pem()).expect("a file can be written");
    (certificate, key)
}
