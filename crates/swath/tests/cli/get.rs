//! `swath get` as a process: what is on the disk, what is said, how it exits, and what each flag does.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    process::{Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{
    harness::Swath,
    origin::{Origin, field, octets, ranged},
    running::{PATIENCE, Running},
};

const TAG: &str = "\"v1\"";

fn get(swath: &Swath, args: &[&str]) -> (i32, String) {
    said(&swath.output(&[&["get"], args].concat()))
}

fn said(output: &Output) -> (i32, String) {
    (output.status.code().expect("it was not killed"), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn read(swath: &Swath, name: &str) -> Vec<u8> {
    fs::read(swath.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn names(swath: &Swath) -> Vec<String> {
    let entries = fs::read_dir(swath.path()).expect("a directory");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

fn honest(content: &[u8]) -> Origin {
    Origin::of(content.to_vec(), TAG, Duration::ZERO)
}

#[test]
fn a_file_is_fetched_named_and_left_without_a_trace_of_its_journal() {
    let (swath, content) = (Swath::new(), octets(3_000_000));
    let origin = honest(&content);
    let (exit, said) = get(&swath, &[&origin.url("disk.img?x=1")]);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(names(&swath), ["disk.img"]);
    assert!(read(&swath, "disk.img") == content);
    assert!(said.starts_with("swath: disk.img: 2.86 MiB in ") && said.lines().count() == 1, "{said}");
}

#[test]
fn a_complete_file_is_left_alone_after_one_short_question() {
    let (swath, content) = (Swath::new(), octets(100_000));
    let origin = honest(&content);
    let url = origin.url("a.bin");
    assert_eq!(get(&swath, &[&url]).0, 0);
    let before = origin.heads().len();
    let (exit, said) = get(&swath, &[&url]);
    assert_eq!((exit, origin.heads().len() - before), (0, 1), "{said}");
    assert!(said.contains("already complete"), "{said}");
    // Another version, and a file of somebody else's, are not overwritten.
    let other = Origin::of(octets(90_000), "\"v2\"", Duration::ZERO);
    let (exit, said) = get(&swath, &[&other.url("a.bin")]);
    assert_eq!(exit, 2, "{said}");
    assert!(said.contains("--force"), "{said}");
    assert!(read(&swath, "a.bin") == content);
    assert_eq!(get(&swath, &["--force", &other.url("a.bin")]).0, 0);
    assert_eq!(read(&swath, "a.bin").len(), 90_000);
}

#[test]
fn a_complete_file_that_changed_on_the_server_exits_by_3() {
    let swath = Swath::new();
    let origin = Origin::start(|head, number| {
        let (tag, fill) = if number == 0 { ("\"v1\"", b'1') } else { ("\"v2\"", b'2') };
        ranged(head, &[fill; 1000], tag, "")
    });
    assert_eq!(get(&swath, &[&origin.url("a")]).0, 0);
    let (exit, said) = get(&swath, &[&origin.url("a")]);
    // A file system without extended attributes cannot remember where it came from.
    assert!(exit == 3 || (exit == 2 && said.contains("nothing shows")), "{exit} {said}");
    assert_eq!(read(&swath, "a"), [b'1'; 1000]);
}

#[test]
fn a_name_of_the_server_is_taken_and_recognised_the_next_time() {
    let swath = Swath::new();
    let origin = Origin::start(|head, _| {
        ranged(head, b"content", TAG, "content-disposition: attachment; filename=\"../real name.txt\"\r\n")
    });
    assert_eq!(get(&swath, &[&origin.url("download?id=7")]).0, 0);
    assert_eq!(names(&swath), ["real name.txt"]);
    let (exit, said) = get(&swath, &[&origin.url("download?id=7")]);
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("already complete"), "{said}");
    assert_eq!(names(&swath), ["real name.txt"]);
}

/// An origin that sends slowly: `turns` pieces, with a pause after each.
fn slow(content: Vec<u8>, pause: Duration) -> (String, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let url = format!("http://{}/slow.bin", listener.local_addr().expect("an address"));
    let serving = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut head = vec![0; 4096];
        let count = stream.read(&mut head).expect("a head");
        let whole = ranged(&String::from_utf8_lossy(&head[..count]).to_lowercase(), &content, TAG, "");
        for piece in whole.chunks(20_000) {
            if stream.write_all(piece).is_err() {
                break;
            }
            thread::sleep(pause);
        }
        vec![String::from_utf8_lossy(&head[..count]).to_lowercase()]
    });
    (url, serving)
}

#[test]
fn an_interrupt_keeps_what_came_and_says_how_to_go_on() {
    let (swath, content) = (Swath::new(), octets(2_000_000));
    let (url, serving) = slow(content.clone(), Duration::from_millis(30));
    let mut child = swath
        .command(&["get", "-o", "slow.bin", "-c", "1", &url])
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let begun = Instant::now();
    while fs::metadata(swath.path().join("slow.bin.part")).map_or(0, |facts| facts.len()) < 200_000 {
        assert!(begun.elapsed() < PATIENCE, "nothing comes");
        thread::sleep(Duration::from_millis(20));
    }
    // Told twice at once, as timeout(1) does, it is still one wish.
    kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
    kill_process(Pid::from_child(&child), Signal::TERM).expect("it runs");
    let mut heard = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut heard).expect("its words");
    assert_eq!(child.wait().expect("its end").code(), Some(130), "{heard}");
    assert!(heard.contains(&format!("go on with: swath get -o slow.bin -c 1 {url}")), "{heard}");
    assert!(heard.contains("slow.bin.part"), "{heard}");
    assert_eq!(names(&swath), ["slow.bin.part", "slow.bin.part.journal"]);
    drop(serving);
    // Another server has the same under another URL: only --resume may go on with it.
    let origin = honest(&content);
    let (exit, said) = get(&swath, &["-o", "slow.bin", &origin.url("slow.bin")]);
    assert_eq!(exit, 2, "{said}");
    assert!(said.contains("--resume slow.bin.part"), "{said}");
    let (exit, said) = get(&swath, &[&origin.url("new?link"), "--resume", "slow.bin.part"]);
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("were here before"), "{said}");
    assert_eq!(names(&swath), ["slow.bin"]);
    assert!(read(&swath, "slow.bin") == content);
    let first = field(&origin.heads()[0], "range").expect("a range").to_owned();
    assert!(first.starts_with("bytes=") && first != "bytes=0-", "{first}");
}

#[test]
fn a_second_interrupt_ends_it_at_once() {
    let swath = Swath::new();
    // It takes the connection, and says nothing.
    let origin = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let url = format!("http://{}/a", origin.local_addr().expect("an address"));
    let mut running = Running::start(swath.command(&["get", "--progress", "json", &url]));
    running.says("\"event\":\"asked\"");
    running.signal(Signal::TERM);
    thread::sleep(Duration::from_millis(150));
    let begun = Instant::now();
    // It may have ended already.
    let _ = kill_process(running.pid(), Signal::INT);
    let (status, said) = running.wait();
    assert_eq!(status.code(), Some(130), "{said:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn exit_codes_say_whose_fault_it_was() {
    let swath = Swath::new();
    let missing = Origin::start(|_, _| b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec());
    let (exit, said) = get(&swath, &[&missing.url("a")]);
    assert!(exit == 4 && said.contains("404 Not Found") && said.contains("check the URL"), "{exit} {said}");
    let begun = Instant::now();
    let (exit, said) = get(&swath, &["http://127.0.0.1:1/a"]);
    assert!(exit == 5 && said.contains("refused"), "{exit} {said}");
    // Not before it was tried again, and not after minutes.
    assert!(begun.elapsed() > Duration::from_millis(500) && begun.elapsed() < Duration::from_secs(10));
    let origin = honest(b"content");
    let wrong = format!("sha-256={}", "0".repeat(64));
    let (exit, said) = get(&swath, &["--digest", &wrong, &origin.url("b")]);
    assert!(exit == 7 && said.contains("digest"), "{exit} {said}");
    let (exit, said) = get(&swath, &["-o", "missing/c", &origin.url("c")]);
    assert!(exit == 6 && said.contains("missing"), "{exit} {said}");
    let changing = Origin::start(|head, number| {
        let tag = format!("\"v{number}\"");
        let mut answer = ranged(head, &octets(600_000), &tag, "");
        // Broken off, so that another request is needed.
        answer.truncate(300_000);
        answer
    });
    let (exit, said) = get(&swath, &["--on-change", "fail", &changing.url("d")]);
    assert!(exit == 3 && said.contains("changed"), "{exit} {said}");
    assert_eq!(get(&swath, &["a.example"]).0, 2);
}

#[test]
fn of_several_files_the_first_failure_decides_and_all_are_told() {
    let origin = Origin::start(|head, _| match head.starts_with("get /bad") {
        true => b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n".to_vec(),
        false => ranged(head, b"content", TAG, ""),
    });
    let list = format!("# a list\n{}\n\n{}\n", origin.url("one"), origin.url("bad"));
    let swath = Swath::new().file("urls.txt", list);
    fs::create_dir(swath.path().join("to")).expect("a directory");
    let (exit, said) = get(&swath, &["-i", "urls.txt", "-d", "to", "-j", "1", &origin.url("three")]);
    assert_eq!(exit, 4, "{said}");
    assert!(said.contains("1 of 3 files failed"), "{said}");
    assert_eq!(read(&swath, "to/one"), b"content");
    assert_eq!(read(&swath, "to/three"), b"content");
    // One after the other, in the order typed.
    let asked: Vec<String> =
        origin.heads().iter().map(|head| head.split(' ').nth(1).expect("a target").to_owned()).collect();
    assert_eq!(asked, ["/three", "/one", "/bad"]);
}

#[test]
fn a_list_may_come_from_standard_input() {
    let (swath, origin) = (Swath::new(), honest(b"content"));
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    writeln!(writer, "{}", origin.url("x")).expect("written");
    drop(writer);
    let output = swath.command(&["get", "--input", "-", "--quiet"]).stdin(reader).output().expect("it runs");
    assert_eq!(said(&output), (0, String::new()));
    assert_eq!(read(&swath, "x"), b"content");
}

#[test]
fn what_contradicts_itself_is_refused_before_anything_is_asked() {
    let (swath, origin) = (Swath::new(), honest(b"content"));
    let (one, two) = (origin.url("a/x"), origin.url("b/x"));
    for (args, word) in [
        (&["-o", "f", &one, &two][..], "use --directory"),
        (&[&one, &two], "would both be written to x"),
        (&["-d", "missing", &one], "make it first"),
        (&["-o", ".", &one], "is a directory"),
        (&["--resume", "x.part", &one], "there is no file"),
        (&["--resume", "x", &one], "does not end in .part"),
        (&["-c", &one], "To resume needs no flag"),
        (&[&one, "-c"], "To resume needs no flag"),
        (&["-c", "65", &one], "from 1 to 64"),
        (&["-H", "Range: bytes=0-1", &one], "cannot be set"),
        (&["--digest", "md5=00", &one], "broken ones"),
        (&["--proxy", "p", &one], "is no proxy"),
        (&["--memory", "1K", &one], "1MiB is the least"),
        (&["--netrc=missing", &one], "missing"),
        (&["--cookies", "missing", &one], "missing"),
        (&["--cacert", "missing", &one], "missing"),
        (&["--metalink", "missing.meta4"], "missing.meta4"),
        (&["ftp://a/b"], "only http and https"),
    ] {
        let (exit, said) = get(&swath, args);
        assert!(exit == 2 || (exit == 1 && args[0] == "--cacert"), "{args:?}: {exit} {said}");
        assert!(said.contains(word), "{args:?}: {said}");
    }
    assert!(origin.heads().is_empty(), "{:?}", origin.heads());
}

#[test]
fn standard_output_gets_the_whole_in_order() {
    let (swath, content) = (Swath::new(), octets(5_000_000));
    let origin = honest(&content);
    let output = swath.output(&["get", "-c", "8", "-o", "-", "--memory", "1MiB", &origin.url("a")]);
    assert!(
        output.status.success() && output.stdout == content,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(names(&swath).is_empty());
    let (exit, said) = get(&swath, &["-o", "/dev/null", &origin.url("a")]);
    assert_eq!(exit, 0, "{said}");
    let digest = format!("sha-256={}", "0".repeat(64));
    assert_eq!(get(&swath, &["-o", "-", "--digest", &digest, &origin.url("a")]).0, 7);
}

#[test]
fn a_change_on_the_way_to_standard_output_is_an_error() {
    let swath = Swath::new();
    let origin = Origin::start(|head, number| {
        let mut answer = ranged(head, &octets(600_000), if number == 0 { "\"v1\"" } else { "\"v2\"" }, "");
        if number == 0 {
            answer.truncate(300_000);
        }
        answer
    });
    let (exit, said) = get(&swath, &["-o", "-", "-c", "1", &origin.url("a")]);
    assert!(exit == 3 && said.contains("changed"), "{exit} {said}");
}

/// The lines of `--progress json`.
pub(crate) fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

#[test]
fn progress_for_programs_tells_all_and_ends_with_the_outcome() {
    let (swath, content) = (Swath::new(), octets(3_000_000));
    let origin = honest(&content);
    let (exit, said) = get(&swath, &["--progress", "json", "-c", "4", &origin.url("a.bin")]);
    assert_eq!(exit, 0, "{said}");
    let lines = lines(&said);
    let of = |name: &str| lines.iter().filter(|line| line["event"] == name).collect::<Vec<_>>();
    assert_eq!(of("begin")[0]["name"], "a.bin");
    assert!(of("asked").len() > 1 && of("head").len() > 1 && of("connected").len() > 1, "{said}");
    assert_eq!(of("began")[0]["complete_length"], 3_000_000);
    assert_eq!(of("progress").last().expect("one")["held"], 3_000_000);
    let done = lines.last().expect("a line");
    assert_eq!(
        (&done["event"], &done["outcome"], &done["exit"]),
        (&"done".into(), &"done".into(), &0.into())
    );
    assert_eq!((&done["octets"], &done["assurance"]), (&3_000_000.into(), &"pinned".into()));
}

#[test]
fn a_rung_below_pinned_is_told_in_words() {
    let swath = Swath::new();
    let origin = Origin::start(|head, number| {
        let mut answer = ranged(head, &octets(600_000), "", "");
        if number == 0 {
            answer.truncate(300_000);
        }
        answer
    });
    let (exit, said) = get(&swath, &["--assurance", "length-only", "-c", "1", &origin.url("a")]);
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("length-only") && said.contains("--digest would tell"), "{said}");
    assert!(read(&swath, "a") == octets(600_000));
    // Without that, one answer has to hold everything.
    let (exit, said) = get(&swath, &["--progress", "json", "-o", "b", &origin.url("b")]);
    assert_eq!((exit, &lines(&said).last().expect("a line")["assurance"]), (0, &"single".into()), "{said}");
}
