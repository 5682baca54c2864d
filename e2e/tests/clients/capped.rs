//! Servers that send less than an open range asks for, on demand: what they promise, and what they warn of.

use std::fs;

use swath_e2e::clients::curl::curl;
use swath_e2e::clients::program;
use swath_e2e::clients::site::Site;

use crate::witness::{assert_finished, only};

const LENGTH: usize = 1_000_000;

#[test]
fn only_a_lone_open_range_is_capped() {
    let site = Site::new();
    let octets = site.noise("data.bin", LENGTH);
    let server = site.serve().args(["--max-open-range", "64KiB"]).start();
    let url = server.url("/data.bin");
    let capped = curl(["-r", "1000-", &url]).expect(206);
    assert_eq!(capped.field("content-range"), Some("bytes 1000-66535/1000000"));
    assert!(capped.content == octets[1000..66_536]);
    // Near the end there is nothing to cap.
    assert_eq!(curl(["-r", "990000-", &url]).expect(206).content.len(), 10_000);
    for (asked, length) in [("0-499999", 500_000), ("-500000", 500_000)] {
        assert_eq!(curl(["-r", asked, &url]).expect(206).content.len(), length, "{asked}");
    }
    assert_eq!(curl(["-r", "0-9,100000-", &url]).expect(206).parts()[1].octets.len(), 900_000);
    assert_eq!(curl([&url]).expect(200).content.len(), LENGTH);
    assert!(server.stop().iter().all(|record| record.outcome == "finished"));
}

#[test]
fn the_warning_about_resuming_is_true() {
    let site = Site::new();
    let octets = site.noise("data.bin", LENGTH);
    for (program, arguments) in [
        ("curl", &["-q", "-sS", "-C", "-", "-o"][..]),
        ("wget", &["--no-config", "-q", "--tries=1", "-c", "-O"]),
    ] {
        let target = site.file("partial");
        fs::write(&target, &octets[..400_000]).expect("writes");
        let server = site.serve().args(["--max-open-range", "64KiB"]).start();
        let warned = server.notes();
        assert!(
            warned.contains("curl -C -") && warned.contains("wget -c"),
            "the server warns at its start: {warned}"
        );
        let url = server.url("/data.bin");
        let path = target.to_str().expect("UTF-8");
        let finished = program::run(program, arguments.iter().copied().chain([path, &url]));
        assert_eq!(finished.code(), 0, "{program} calls this success: {}", finished.stderr);
        let got = fs::read(&target).expect("reads");
        assert!(
            got == octets[..400_000 + (64 << 10)],
            "{program} got {} octets, each in its place",
            got.len()
        );
        let records = server.stop();
        assert_finished(only(&records, "/data.bin"));
    }
}

#[test]
fn a_first_answer_in_part_is_given_only_where_it_was_asked_for() {
    let site = Site::new();
    let octets = site.noise("data.bin", LENGTH);
    let server = site.serve().args(["--partial-first", "64KiB"]).start();
    let first = curl([server.url("/data.bin")]).expect(206);
    assert_eq!(first.field("content-range"), Some("bytes 0-65535/1000000"));
    assert!(first.content == octets[..65_536]);
    assert!(server.notes().contains("warning") && server.notes().contains("15.3.7"), "{}", server.notes());
    assert_finished(only(&server.stop(), "/data.bin"));
}
