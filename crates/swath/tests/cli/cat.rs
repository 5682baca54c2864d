//! `swath cat` as a process: which octets, in which order, in how many requests, and how it exits.

use std::time::Duration;

use crate::{
    get::lines,
    harness::Swath,
    origin::{Origin, field, octets, ranged},
    running::Running,
};

const TAG: &str = "\"v1\"";

fn cat(args: &[&str]) -> (i32, Vec<u8>, String) {
    let output = Swath::new().output(&[&["cat"], args].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().expect("it was not killed"), output.stdout, said)
}

/// Serves `content` with `swath serve`, which does several ranges at once; gives the server and a URL.
fn served(content: &[u8]) -> (Swath, Running, String) {
    let swath = Swath::new().file("a.bin", content);
    // Validators of a file that has only just been made are weak.
    std::thread::sleep(Duration::from_millis(100));
    let mut running = Running::start(swath.command(&["serve", ".", "--listen", "127.0.0.1:0"]));
    let url = format!("http://{}/a.bin", running.address());
    (swath, running, url)
}

#[test]
fn ranges_come_in_the_order_asked_by_one_request_where_the_server_does_several() {
    let content = octets(200_000);
    let (_swath, running, url) = served(&content);
    let (exit, out, said) = cat(&[&url, "-r", "150000-150099,-500", "-r", "0-9", "--json"]);
    assert_eq!(exit, 0, "{said}");
    let due = [&content[150_000..150_100], &content[199_500..], &content[..10]].concat();
    assert!(out == due);
    let parts = lines(&said);
    let at = |index: usize, name: &str| parts[index][name].as_u64().expect("a number");
    assert_eq!(
        (at(1, "offset"), at(1, "first"), at(1, "last"), at(1, "length")),
        (100, 199_500, 199_999, 500)
    );
    assert_eq!(at(2, "offset"), 600);
    let record = running.record();
    assert!(record.contains("bytes=150000-150099,-500,0-9"), "{record}");
}

#[test]
fn single_requests_bring_what_a_server_without_several_ranges_leaves_out() {
    let content = octets(2_000_000);
    let served = content.clone();
    // It answers the first range only.
    let origin = Origin::start(move |head, _| ranged(head, &served, TAG, ""));
    let (exit, out, said) = cat(&[&origin.url("a"), "-r", "1900000-1900009,0-9,100-109,1000000-1000009"]);
    assert_eq!(exit, 0, "{said}");
    let due =
        [&content[1_900_000..1_900_010], &content[..10], &content[100..110], &content[1_000_000..1_000_010]]
            .concat();
    assert!(out == due);
    let heads = origin.heads();
    let ranges: Vec<_> = heads.iter().map(|head| field(head, "range").expect("a range")).collect();
    // Two that lie near each other are one.
    assert_eq!(ranges.len(), 3, "{ranges:?}");
    assert!(ranges.contains(&"bytes=0-109") && ranges.contains(&"bytes=1000000-1000009"), "{ranges:?}");
    assert!(heads[1..].iter().all(|head| field(head, "if-match") == Some(TAG)), "{heads:?}");
    // It sends the whole for several.
    let served = content.clone();
    let origin =
        Origin::start(move |head, _| match field(head, "range").is_some_and(|range| range.contains(',')) {
            true => ranged(&head.replace("range:", "no-range:"), &served, TAG, ""),
            false => ranged(head, &served, TAG, ""),
        });
    let (exit, out, said) = cat(&[&origin.url("a"), "-r", "5-9,1000000-1000009"]);
    assert_eq!(exit, 0, "{said}");
    assert!(out == [&content[5..10], &content[1_000_000..1_000_010]].concat());
}

#[test]
fn a_server_without_ranges_is_read_from_its_beginning() {
    let content = octets(3_000_000);
    let served = content.clone();
    let origin = Origin::start(move |head, _| ranged(&head.replace("range:", "no-range:"), &served, "", ""));
    let (exit, out, said) = cat(&[&origin.url("a"), "-r", "2000000-2000099,0-9"]);
    assert_eq!(exit, 0, "{said}");
    assert!(out == [&content[2_000_000..2_000_100], &content[..10]].concat());
}

#[test]
fn long_ranges_come_over_several_connections_and_the_whole_without_any() {
    let content = octets(20_000_000);
    let origin = Origin::of(content.clone(), TAG, Duration::ZERO);
    let (exit, out, said) = cat(&[&origin.url("a"), "-r", "1000000-"]);
    assert!(exit == 0 && out == content[1_000_000..], "{said}");
    assert!(origin.heads().len() >= 5, "{:?}", origin.heads());
    let (exit, out, said) = cat(&[&origin.url("a")]);
    assert!(exit == 0 && out == content && said.is_empty(), "{said}");
    let (exit, out, said) = cat(&[&origin.url("a"), "--json"]);
    assert!(exit == 0 && out == content, "{said}");
    assert_eq!(lines(&said)[0]["length"], 20_000_000);
}

#[test]
fn a_file_that_changes_is_an_error_and_never_a_mix() {
    let (old, new) = (vec![b'1'; 20_000_000], vec![b'2'; 20_000_000]);
    for obeys in [true, false] {
        let (old, new) = (old.clone(), new.clone());
        let origin = Origin::start(move |head, number| match number {
            0..=2 => ranged(head, &old, "\"v1\"", ""),
            _ if obeys => ranged(head, &new, "\"v2\"", ""),
            // It knows no preconditions.
            _ => ranged(&head.replace("if-match", "no-match"), &new, "\"v2\"", ""),
        });
        let (exit, out, said) = cat(&[&origin.url("a"), "-r", "0-"]);
        assert_eq!(exit, 3, "{said}");
        assert!(said.contains("changed"), "{said}");
        assert!(out.iter().all(|octet| *octet == b'1'), "octets of the new version came out");
    }
}

#[test]
fn without_a_strong_tag_a_second_request_has_to_be_allowed() {
    let content = octets(2_000_000);
    for tag in ["", "W/\"v1\""] {
        let origin = Origin::of(content.clone(), tag, Duration::ZERO);
        let url = origin.url("a");
        // One answer is of one version.
        assert_eq!(cat(&[&url, "-r", "5-9"]).1, content[5..10]);
        let (exit, out, said) = cat(&[&url, "-r", "5-9,1000000-1000009"]);
        assert!(exit == 4 && out.is_empty() && said.contains("--unpinned"), "{exit} {said}");
        let (exit, out, said) = cat(&[&url, "-r", "5-9,1000000-1000009", "--unpinned"]);
        assert!(exit == 0 && out == [&content[5..10], &content[1_000_000..1_000_010]].concat(), "{said}");
    }
}

#[test]
fn wrong_and_short_answers_never_come_out() {
    let content = octets(1000);
    let answer = |fields: &str, content: &[u8]| {
        let head =
            format!("HTTP/1.1 206 Partial Content\r\netag: {TAG}\r\nconnection: close\r\n{fields}\r\n");
        [head.as_bytes(), content].concat()
    };
    let wrong = [
        answer("content-length: 10\r\n", &content[..10]),
        answer("content-range: bytes 0-9/1000\r\ncontent-length: 10\r\n", &content[..10]),
        answer("content-range: bytes 100-109/1000\r\ncontent-length: 9\r\n", &content[100..109]),
        answer(
            "content-range: bytes 100-109/1000\r\ncontent-length: 10\r\ncontent-encoding: gzip\r\n",
            &content[..10],
        ),
    ];
    for wrong in wrong {
        let origin = Origin::start(move |_, _| wrong.clone());
        let (exit, out, said) = cat(&["--retries", "1", &origin.url("a"), "-r", "100-109"]);
        assert!(exit == 4 && out.is_empty(), "{exit} {said}");
    }
    // A short one is made whole by another request.
    let served = content.clone();
    let origin = Origin::start(move |head, number| {
        let mut answer = ranged(head, &served, TAG, "");
        if number == 0 {
            answer.truncate(answer.len() - 4);
        }
        answer
    });
    let (exit, out, said) = cat(&[&origin.url("a"), "-r", "100-109"]);
    assert!(exit == 0 && out == content[100..110], "{exit} {said}");
    let ranges: Vec<_> =
        origin.heads().iter().map(|head| field(head, "range").expect("a range").to_owned()).collect();
    assert_eq!(ranges, ["bytes=100-109", "bytes=106-109"]);
}

#[test]
fn what_cannot_be_read_says_why() {
    let origin = Origin::of(octets(100), TAG, Duration::ZERO);
    for (args, code, word) in [
        (&["-r", "100-"][..], 4, "100 octets"),
        (&["-r", "0-9,100-"], 4, "100 octets"),
        (&["-r", "9-5"], 2, "no set of ranges"),
        (&["-r", "lines=1-2"], 2, "no set of ranges"),
    ] {
        let (exit, out, said) = cat(&[&[origin.url("a").as_str()], args].concat());
        assert!(exit == code && out.is_empty() && said.contains(word), "{args:?}: {exit} {said}");
    }
    let missing = Origin::start(|_, _| b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec());
    assert_eq!(cat(&[&missing.url("a"), "-r", "0-1"]).0, 4);
    assert_eq!(cat(&["--retries", "0", "http://127.0.0.1:1/", "-r", "0-1"]).0, 5);
}
