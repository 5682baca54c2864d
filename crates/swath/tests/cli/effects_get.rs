//! Every flag of `swath get` and `swath cat` has an effect.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use sha2::{Digest as _, Sha256};

use crate::{
    certificate::own_authority,
    get::lines,
    harness::Swath,
    origin::{Origin, field, octets, ranged},
    running::Running,
};

const TAG: &str = "\"v1\"";

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

fn get(swath: &Swath, args: &[&str]) -> (i32, String) {
    let output = swath.output(&[&["get"], args].concat());
    (output.status.code().expect("it was not killed"), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn good(swath: &Swath, args: &[&str]) -> String {
    let (exit, said) = get(swath, args);
    assert_eq!(exit, 0, "{args:?}: {said}");
    said
}

fn json(line: &str) -> serde_json::Value {
    serde_json::from_str(line).expect("JSON")
}

fn honest(content: &[u8]) -> Origin {
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
fn fields_and_credentials_are_sent() {
    let origin = honest(b"content");
    let host = origin.address.to_string();
    let netrc = format!("machine {} login ann password b\n", origin.address.ip());
    let swath = Swath::new()
        .file("netrc", &netrc)
        .file(".netrc", netrc.replace("ann", "eve"))
        .file("cookies.txt", format!("{}\tFALSE\t/\tFALSE\t0\tid\t7\n", origin.address.ip()));
    let home = swath.path().to_str().expect("UTF-8").to_owned();
    let swath = swath.env("HOME", &home);
    for (args, name, value) in [
        (&["-H", "X-Trace: 7"][..], "x-trace", "7"),
        (&["--header", "User-Agent: me"], "user-agent", "me"),
        // `Basic` of me:s, ann:b and eve:b.
        (&["--user", "me:s"], "authorization", "basic bwu6cw=="),
        (&["--netrc=netrc"], "authorization", "basic yw5uomi="),
        (&["--netrc"], "authorization", "basic zxzlomi="),
        (&["--cookies", "cookies.txt"], "cookie", "id=7"),
    ] {
        good(&swath, &[args, &["-o", "-", &origin.url("a")]].concat());
        let head = origin.heads().pop().expect("a request");
        assert_eq!(field(&head, name), Some(value), "{args:?}: {head}");
        assert_eq!(field(&head, "host"), Some(host.as_str()));
    }
    good(&swath, &["-o", "-", &origin.url("a")]);
    let head = origin.heads().pop().expect("a request");
    assert!(field(&head, "authorization").is_none() && field(&head, "cookie").is_none(), "{head}");
}

#[test]
fn a_proxy_is_gone_through_and_left_out_as_told() {
    let swath = Swath::new();
    let origin = honest(b"straight");
    let proxy = Origin::start(|head, _| {
        assert!(head.starts_with("get http://"), "{head}");
        ranged(head, b"proxied", TAG, "")
    });
    let through = proxy.url("");
    let read = |swath: &Swath, args: &[&str]| {
        let output = swath.output(&[&["get", "-o", "-"], args].concat());
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    assert_eq!(read(&swath, &["--proxy", &through, &origin.url("a")]), "proxied");
    let swath = swath.env("http_proxy", &through);
    assert_eq!(read(&swath, &[&origin.url("a")]), "proxied");
    assert_eq!(read(&swath, &["--proxy", "none", &origin.url("a")]), "straight");
}

#[test]
fn certificates_are_checked_as_told() {
    let made = own_authority("127.0.0.1");
    let swath = Swath::new()
        .file("a.txt", "content")
        .file("own.pem", made.cert.pem())
        .file("own.key", made.signing_key.serialize_pem());
    let args = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", "own.pem", "--tls-key", "own.key"];
    let mut server = Running::start(swath.command(&args));
    let url = format!("https://{}/a.txt", server.address());
    let (exit, said) = get(&swath, &["--retries", "0", "-o", "1", &url]);
    assert!(exit == 5 && said.contains("certificate"), "{exit} {said}");
    good(&swath, &["--cacert", "own.pem", "-o", "2", &url]);
    good(&swath, &["--insecure", "-o", "3", &url]);
    let cat = swath.output(&["cat", "--cacert", "own.pem", "-r", "0-2", &url]);
    assert_eq!(cat.stdout, b"con", "{}", String::from_utf8_lossy(&cat.stderr));
}

#[test]
fn the_version_of_http_is_chosen() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let swath = Swath::new()
        .file("a.txt", "content")
        .file("own.pem", made.cert.pem())
        .file("own.key", made.signing_key.serialize_pem());
    // The last one counts, so that an alias can be overruled.
    let chosen: [(&[&str], &str); 5] = [
        (&[], "HTTP/1.1"),
        (&["--http1.1"], "HTTP/1.1"),
        (&["--http2"], "HTTP/2.0"),
        (&["--http2", "--http1.1"], "HTTP/1.1"),
        (&["--http1.1", "--http2"], "HTTP/2.0"),
    ];
    for (scheme, own) in [("http", &[][..]), ("https", &["--tls-cert", "own.pem", "--tls-key", "own.key"])] {
        let words = ["serve", "--listen", "127.0.0.1:0", "--inspect-record", scheme];
        let mut server = Running::start(swath.command(&[&words[..], own].concat()));
        let url = format!("{scheme}://{}/a.txt", server.address());
        for (flags, _) in chosen {
            good(&swath, &[flags, &["--insecure", "-o", "-", &url]].concat());
            let cat = swath.output(&[&["cat"], flags, &["--insecure", "-r", "0-2", &url]].concat());
            assert_eq!(cat.stdout, b"con", "{}", String::from_utf8_lossy(&cat.stderr));
        }
        server.signal(Signal::TERM);
        assert!(server.wait().0.success());
        let recorded = fs::read_to_string(swath.path().join(scheme)).expect("a recording");
        let spoken: Vec<_> = recorded.lines().skip(1).map(json).map(|one| one["version"].clone()).collect();
        let expected: Vec<_> = chosen.iter().flat_map(|(_, version)| [*version; 2]).collect();
        assert_eq!(spoken, expected, "{scheme}");
    }
    // Who speaks HTTP/1.1 only is told apart from who is not there.
    let origin = honest(b"content");
    let (exit, said) = get(&swath, &["--http2", "--retries", "0", "-o", "-", &origin.url("a")]);
    assert!(exit == 5 && said.contains("HTTP/2"), "{exit} {said}");
}

#[test]
fn a_rate_is_kept() {
    let swath = Swath::new();
    let origin = honest(&octets(600_000));
    let begun = Instant::now();
    good(&swath, &["--limit-rate", "300K", &origin.url("a")]);
    let took = begun.elapsed();
    assert!(took > Duration::from_millis(900) && took < Duration::from_secs(8), "{took:?}");
}

#[test]
fn patience_and_retries_have_their_ends() {
    let swath = Swath::new();
    // It takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let url = format!("http://{}/a", silent.local_addr().expect("an address"));
    let begun = Instant::now();
    let (exit, said) = get(&swath, &["--timeout", "0.3", "--retries", "0", &url]);
    assert_eq!(exit, 5, "{said}");
    assert!(begun.elapsed() > Duration::from_millis(280) && begun.elapsed() < Duration::from_secs(5));
    // The third try is answered: two retries are enough, one is not.
    let flaky = || {
        Origin::start(|head, number| match number {
            0 | 1 => b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n".to_vec(),
            _ => ranged(head, b"content", TAG, ""),
        })
    };
    good(&swath, &["--retries", "2", &flaky().url("b")]);
    assert_ne!(get(&swath, &["--retries", "0", &flaky().url("c")]).0, 0);
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
    let sources = [include_str!("effects_get.rs"), include_str!("get.rs"), include_str!("cat.rs")].concat();
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
