//! Servers and files of unusual kinds: HTTP/2 only, behind a proxy, many at once, longer than 2³² octets.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use swath_e2e::{
    clients::{
        noise::noise,
        program::{run_command, run_command_within},
        site::Site,
    },
    h2_only::H2Only,
    proxy::Proxy,
    swath::Swath,
};

use super::asked::{get, swath};

#[test]
fn a_server_that_speaks_http2_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let content = noise(3, 8 << 20);
    let server = H2Only::start(content.clone().into());
    let trust = folder.path().join("ca.pem");
    fs::write(&trust, server.certificate()).expect("a file");
    let file = folder.path().join("got.bin");
    let words = ["-c", "8", "--cacert", &trust.to_string_lossy()];
    let _ = run_command(&mut get(&words, &file, &server.url())).succeeded();
    assert!(fs::read(&file).expect("a file") == content, "other octets");
    // The first request finds out what it speaks; all that follow share its connection.
    assert!(server.requests() >= 8, "{} requests", server.requests());
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_proxy_stands_between() {
    let site = Site::new();
    let content = site.noise("file.bin", 4 << 20);
    let server = Swath::of(site.path()).start();
    let (proxy, folder) = (Proxy::start(), tempfile::tempdir().expect("a folder"));
    let file = folder.path().join("by-option.bin");
    let _ = run_command(&mut get(&["--proxy", &proxy.url()], &file, &server.url("/file.bin"))).succeeded();
    assert!(fs::read(&file).expect("a file") == content, "other octets");
    let by_option = proxy.asked();
    assert!(
        !by_option.is_empty() && by_option.iter().all(|line| line.starts_with("GET http://")),
        "{by_option:?}"
    );
    let file = folder.path().join("by-environment.bin");
    let mut command = get(&[], &file, &server.url("/file.bin"));
    let _ = run_command(command.env("http_proxy", proxy.url())).succeeded();
    assert!(proxy.asked().len() > by_option.len(), "http_proxy was not obeyed");
}

#[test]
fn a_proxy_that_tunnels_tls() {
    let content = noise(4, 4 << 20);
    let server = H2Only::start(content.clone().into());
    let (proxy, folder) = (Proxy::start(), tempfile::tempdir().expect("a folder"));
    let (trust, file) = (folder.path().join("ca.pem"), folder.path().join("got.bin"));
    fs::write(&trust, server.certificate()).expect("a file");
    let mut command = get(&["--cacert", &trust.to_string_lossy()], &file, &server.url());
    let _ = run_command(command.env("https_proxy", proxy.url())).succeeded();
    assert!(fs::read(&file).expect("a file") == content, "other octets");
    let asked = proxy.asked();
    assert!(!asked.is_empty() && asked.iter().all(|line| line.starts_with("CONNECT ")), "{asked:?}");
}

#[test]
fn thirty_two_files_at_once() {
    let (site, folder) = (Site::new(), tempfile::tempdir().expect("a folder"));
    let names: Vec<String> = (0..32).map(|number| format!("file-{number}.bin")).collect();
    // Of different lengths, nothing and one octet among them.
    let contents: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(number, name)| site.noise(name, number * number * 3_000 + number.min(1)))
        .collect();
    let server = Swath::of(site.path()).start();
    let list = folder.path().join("list.txt");
    let lines: String = names.iter().map(|name| server.url(&format!("/{name}\n"))).collect();
    fs::write(&list, lines).expect("a file");
    let into = folder.path().join("into");
    fs::create_dir(&into).expect("a folder");
    let mut command = swath(["get", "-i"]);
    let _ = run_command(command.arg(&list).arg("-d").arg(&into)).succeeded();
    for (name, content) in names.iter().zip(&contents) {
        assert!(&fs::read(into.join(name)).expect(name) == content, "{name}: other octets");
    }
    assert_eq!(fs::read_dir(&into).expect("a folder").count(), names.len(), "something else was left");
}

/// Past 2³² octets, and past 2³¹: what is there is told by a few marked places among zeros.
const MARKS: [u64; 4] = [0, (1 << 31) - 3, (1 << 32) - 3, (5 << 30) - 6];
const GIANT: u64 = 5 << 30;

/// How long a disk may take for it: 10 MiB a second.
const GIANT_PATIENCE: Duration = Duration::from_secs(512);

#[test]
fn a_file_longer_than_four_gibibytes() {
    let (site, folder) = (Site::new(), tempfile::tempdir_in("/var/tmp").expect("a folder"));
    let giant = File::create(site.file("giant.bin")).expect("a file");
    giant.set_len(GIANT).expect("a file system with sparse files");
    for place in MARKS {
        giant.write_all_at(b"octets", place).expect("a file can be written");
    }
    let server = Swath::of(site.path()).start();
    // In order through a pipe, so that each octet is looked at and none written.
    let mut child = swath(["get", "-c", "4", "-o", "-", &server.url("/giant.bin")])
        .stdout(Stdio::piped())
        .spawn()
        .expect("swath starts");
    let length = compare(child.stdout.take().expect("stdout is piped"));
    assert!(child.wait().expect("a child can be waited for").success());
    assert_eq!(length, GIANT);
    // And by ranges, across 2³² and at the end.
    let words = ["cat", &server.url("/giant.bin"), "-r", "4294967290-4294967301", "-r", "-8"];
    let got = run_command(&mut swath(words)).succeeded();
    assert_eq!(got, b"\0\0\0octets\0\0\0\0\0octets", "{got:?}");
    to_disk(folder.path(), &server.url("/giant.bin"));
}

/// The same into a file: the one place where five gibibytes are written, and removed at once.
fn to_disk(folder: &Path, url: &str) {
    let free = rustix::fs::statvfs(folder).expect("a file system");
    let room = free.f_bavail * free.f_frsize;
    assert!(
        room > GIANT + (1 << 30),
        "{} has {room} octets left, and six gibibytes are needed",
        folder.display()
    );
    let file = folder.join("giant.bin");
    let _ = run_command_within(GIANT_PATIENCE, &mut get(&["-c", "4"], &file, url)).succeeded();
    assert_eq!(compare(File::open(&file).expect("a file")), GIANT);
}

/// Holds octets against what the file is made of; gives their count.
fn compare(mut stream: impl Read) -> u64 {
    let (mut at, mut buffer) = (0_u64, vec![0; 1 << 20]);
    let zeros = vec![0; 1 << 20];
    loop {
        let count = stream.read(&mut buffer).expect("a stream can be read");
        if count == 0 {
            return at;
        }
        let octets = &mut buffer[..count];
        for place in MARKS {
            for (mark, octet) in (place..).zip(b"octets") {
                if let Some(found) =
                    mark.checked_sub(at).and_then(|index| octets.get_mut(usize::try_from(index).ok()?))
                {
                    assert_eq!(found, octet, "at {mark}");
                    *found = 0;
                }
            }
        }
        assert!(octets == &zeros[..count], "something else between {at} and {}", at + count as u64);
        at += count as u64;
    }
}
