//! Every flag of `swath get` has an effect; `effects_request` shows those that `swath cat` has, too.

use std::{
    fs,
    io::{Read as _, Write as _},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use sha2::{Digest as _, Sha256};

use crate::{
    get::lines,
    harness::Swath,
    origin::{Origin, field, octets, ranged},
};

pub(crate) const TAG: &str = "\"v1\"";

/// Flags that `get.rs` and `cat.rs` show, by their short forms too.
const ELSEWHERE: &[&str] = &[
    "output",
    "directory",
    "input",
    "jobs",
    "resume",
    "force",
    "memory",
    "connections",
    "assurance",
    "quiet",
    "progress",
    "range",
    "json",
    "unpinned",
    "help",
];

pub(crate) fn get(swath: &Swath, args: &[&str]) -> (i32, String) {
    let output = swath.output(&[&["get"], args].concat());
    (output.status.code().expect("it was not killed"), String::from_utf8_lossy(&output.stderr).into_owned())
}

pub(crate) fn good(swath: &Swath, args: &[&str]) -> String {
    let (exit, said) = get(swath, args);
    assert_eq!(exit, 0, "{args:?}: {said}");
    said
}

pub(crate) fn honest(content: &[u8]) -> Origin {
    Origin::of(content.to_vec(), TAG, Duration::ZERO)
}

fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|octet| format!("{octet:02x}")).collect()
}

#[test]
fn digests_are_verified() {
    let content = octets(50_000);
    let (origin, digest) = (honest(&content), sha256(&content));
    let swath = Swath::new().file("SHA256SUMS", format!("{digest} *a.bin\n{}  b.bin\n", "0".repeat(64)));
    let said = good(&swath, &["--digest", &format!("sha-256={digest}"), &origin.url("x")]);
    assert!(said.contains(", digest"), "{said}");
    let said = good(&swath, &["--digest-file", "SHA256SUMS", &origin.url("a.bin")]);
    assert!(said.contains(", digest"), "{said}");
    // What came is kept once, in case the digest was typed wrong, and thrown away the second time.
    let wrong = ["--digest-file", "SHA256SUMS", &origin.url("b.bin")];
    assert_eq!(get(&swath, &wrong).0, 7);
    assert!(swath.path().join("b.bin.part").exists());
    let (exit, said) = get(&swath, &wrong);
    assert!(exit == 7 && said.contains("thrown away"), "{exit} {said}");
    assert!(!swath.path().join("b.bin.part").exists() && !swath.path().join("b.bin.part.journal").exists());
    assert_eq!(get(&swath, &wrong).0, 7);
    let said = good(&swath, &["--digest", &format!("sha-256={digest}"), &origin.url("b.bin")]);
    assert!(said.contains("all of it here before, digest"), "{said}");
    let (exit, said) = get(&swath, &["--digest-file", "SHA256SUMS", &origin.url("c.bin")]);
    assert!(exit == 2 && said.contains("no line for `c.bin`"), "{exit} {said}");
}

#[test]
fn requests_are_no_longer_than_allowed() {
    let (swath, content) = (Swath::new(), octets(4_000_000));
    let served = content.clone();
    // The first answer stops half-way; what it leaves is asked for by others.
    let origin = Origin::start(move |head, number| {
        let mut answer = ranged(head, &served, TAG, "");
        if number == 0 {
            answer.truncate(answer.len() / 2);
        }
        answer
    });
    good(&swath, &["--max-segment", "300K", "-c", "2", &origin.url("a")]);
    assert!(fs::read(swath.path().join("a")).expect("a file") == content);
    // The first asks for all, since only its answer tells whether there are ranges.
    let heads = origin.heads();
    let longest = heads[1..].iter().map(|head| span(field(head, "range").expect("a range"))).max();
    assert!(longest.is_some_and(|longest| longest <= 300_000) && heads.len() >= 8, "{heads:?}");
}

/// How many octets a closed range has.
fn span(range: &str) -> u64 {
    let (first, last) = range.trim_start_matches("bytes=").split_once('-').expect("a range");
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX / 2);
    number(last) - number(first) + 1
}

#[test]
fn an_interface_is_used_for_no_more_than_its_budget() {
    let (swath, content) = (Swath::new(), octets(400_000));
    let origin = honest(&content);
    let said = good(&swath, &["--interface", "lo", "--progress", "json", &origin.url("a")]);
    let asked = lines(&said).into_iter().find(|line| line["event"] == "asked").expect("a request");
    assert_eq!(asked["interface"], "lo");
    let (exit, said) = get(&swath, &["--interface", "nothing0", "-o", "b", &origin.url("a")]);
    assert!(exit != 0 && said.contains("nothing0"), "{exit} {said}");
}

#[test]
fn a_mirror_shares_the_work_under_the_same_tag() {
    let (swath, content) = (Swath::new(), octets(8_000_000));
    let slow = |content: &[u8], tag| Origin::of(content.to_vec(), tag, Duration::from_millis(150));
    let (first, second, other) =
        (slow(&content, TAG), slow(&content, TAG), slow(&octets(8_000_000), "\"v2\""));
    good(&swath, &["-c", "2", "--mirror", &second.url("a"), "--mirror", &other.url("a"), &first.url("a")]);
    assert!(fs::read(swath.path().join("a")).expect("a file") == content);
    assert!(!second.heads().is_empty(), "the mirror was not asked");
}

#[test]
fn links_to_mirrors_are_followed_unless_told_not_to() {
    let content = octets(8_000_000);
    let asked = Arc::new(AtomicUsize::new(0));
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, mirrored, busiest) = (Arc::clone(&asked), content.clone(), Arc::clone(&most));
    let mirror = Origin::start(move |head, _| {
        counted.fetch_add(1, Ordering::Relaxed);
        busiest.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        // Long enough for others to come beside it, if they would.
        thread::sleep(Duration::from_millis(50));
        now.fetch_sub(1, Ordering::Relaxed);
        ranged(head, &mirrored, TAG, "")
    });
    let link = format!("link: <{}>; rel=duplicate; pri=1\r\n", mirror.url("m"));
    let origin = Origin::start(move |head, _| {
        thread::sleep(Duration::from_millis(100));
        ranged(head, &content, TAG, &link)
    });
    let swath = Swath::new();
    good(&swath, &["--no-mirrors", "-c", "2", "-o", "a", &origin.url("a")]);
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    good(&swath, &["-c", "4", "-o", "b", &origin.url("a")]);
    assert!(asked.load(Ordering::Relaxed) > 0, "the mirror was not asked");
    // R-6249/7-3
    assert_eq!(most.load(Ordering::Relaxed), 1, "the mirror was asked for several things at a time");
}

#[test]
fn a_metalink_gives_name_place_and_digest() {
    let content = octets(100_000);
    let origin = honest(&content);
    let text = |digest: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<metalink xmlns=\"urn:ietf:params:xml:ns:metalink\">\n\
             <file name=\"real.bin\"><size>100000</size><hash type=\"sha-256\">{digest}</hash>\n\
             <url priority=\"1\">{}</url></file>\n</metalink>\n",
            origin.url("elsewhere")
        )
    };
    let swath =
        Swath::new().file("a.meta4", text(&sha256(&content))).file("wrong.meta4", text(&"0".repeat(64)));
    let said = good(&swath, &["--metalink", "a.meta4"]);
    assert!(said.contains("real.bin") && said.contains(", digest"), "{said}");
    fs::remove_file(swath.path().join("real.bin")).expect("it is there");
    good(&swath, &["a.meta4"]);
    fs::remove_file(swath.path().join("real.bin")).expect("it is there");
    assert_eq!(get(&swath, &["wrong.meta4"]).0, 7);
    // And one that is itself on a server.
    let served = text(&sha256(&content));
    let list = Origin::start(move |_, _| {
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{served}", served.len())
            .into_bytes()
    });
    good(&swath, &["--metalink", &list.url("a.meta4")]);
    assert!(fs::read(swath.path().join("real.bin")).expect("a file") == content);
}

#[test]
fn a_change_is_followed_as_told() {
    let changing = || {
        Origin::start(|head, number| {
            // The first version breaks off; from then on there is another one.
            let (tag, fill) = if number == 0 { ("\"v1\"", b'1') } else { ("\"v2\"", b'2') };
            let mut answer = ranged(head, &[fill; 400_000], tag, "");
            if number == 0 {
                answer.truncate(200_000);
            }
            answer
        })
    };
    let swath = Swath::new();
    let said = good(&swath, &["-c", "1", "--on-change", "restart", &changing().url("a")]);
    assert!(said.contains("it changed on the server meanwhile"), "{said}");
    assert_eq!(fs::read(swath.path().join("a")).expect("a file"), [b'2'; 400_000]);
    good(&swath, &["-c", "1", "--on-change", "keep-both", &changing().url("b")]);
    assert_eq!(fs::read(swath.path().join("b")).expect("a file"), [b'2'; 400_000]);
    let kept = fs::read(swath.path().join("b-1.part")).expect("the old version is kept");
    assert!(kept.starts_with(&[b'1'; 1000]));
}

#[test]
fn a_stopped_output_ends_it() {
    let swath = Swath::new();
    let origin = honest(&octets(3_000_000));
    let mut child = swath
        .command(&["get", "-o", "-", &origin.url("a")])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut some = [0; 10];
    child.stdout.take().expect("piped").read_exact(&mut some).expect("ten octets");
    let output = child.wait_with_output().expect("its end");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let _ = std::io::stderr().flush();
}

#[test]
fn no_flag_is_left_out_here() {
    let sources = [
        include_str!("effects_get.rs"),
        include_str!("effects_request.rs"),
        include_str!("get.rs"),
        include_str!("cat.rs"),
    ]
    .concat();
    let mut seen = 0;
    for command in ["get", "cat"] {
        let help = String::from_utf8(Swath::new().output(&[command, "--help"]).stdout).expect("UTF-8");
        for line in help.lines().map(str::trim_start) {
            let Some(flag) = line.split([' ', '=', '[']).find_map(|word| word.strip_prefix("--")) else {
                continue;
            };
            if !line.starts_with('-') {
                continue;
            }
            seen += 1;
            let shown = sources.contains(&format!("\"--{flag}")) || ELSEWHERE.contains(&flag);
            assert!(shown, "no test shows what --{flag} of swath {command} does");
        }
    }
    assert!(seen > 40, "help was not understood: {seen} flags");
}
