//! `swath explain`: each kind of answer, both forms, and what it refuses.

use crate::harness::Swath;

/// One moment for every case, so that Date is the same in each run.
const NOW: [&str; 2] = ["--now", "2026-11-21T10:00:00Z"];

fn explain(args: &[&str]) -> String {
    Swath::new().show(&[&["explain"], &NOW[..], args].concat())
}

/// Names a case and the words it is asked with.
macro_rules! cases {
    ($($name:ident: $args:expr;)*) => {
        $(#[test] fn $name() { insta::assert_snapshot!(explain(&$args)); })*
    };
}

cases! {
    whole: ["--length", "10000", "--content-type", "video/mp4"];
    one_range: ["--length", "10000", "--etag", "\"v1\"", "-H", "Range: bytes=500-"];
    a_range_past_the_end_is_clamped: ["--length", "2048", "-H", "Range: bytes=1024-4096"];
    parts: ["--length", "10000", "--content-type", "video/mp4", "-H", "Range: bytes=-1,0-0"];
    parts_for_machines: ["--length", "10000", "-H", "Range: bytes=0-0,-1", "--json"];
    coalesced: ["--length", "10", "-H", "Range: bytes=0-0,-1"];
    unsatisfiable: ["--length", "10000", "--etag", "\"v1\"", "-H", "Range: bytes=10000-"];
    unsatisfiable_for_machines: ["--length", "10", "-H", "Range: bytes=10-", "--json"];
    invalid_is_ignored: ["--length", "10", "-H", "Range: bytes=5-4"];
    invalid_is_rejected_where_asked: ["--length", "10", "-H", "Range: bytes=5-4", "--reject-invalid"];
    if_range_differs: ["--length", "10", "--etag", "\"v2\"", "-H", "Range: bytes=5-", "-H", "If-Range: \"v1\""];
    if_range_by_date: [
        "--length", "10", "--last-modified", "Sun, 06 Nov 1994 08:49:37 GMT",
        "-H", "Range: bytes=5-", "-H", "If-Range: Sunday, 06-Nov-94 08:49:37 GMT",
    ];
    not_modified: ["--length", "10", "--etag", "\"v1\"", "-H", "If-None-Match: W/\"v1\"", "-H", "Range: bytes=99-"];
    precondition_failed: ["--length", "10", "--etag", "W/\"v1\"", "-H", "If-Match: W/\"v1\""];
    head_ignores_range: ["--length", "10", "-X", "HEAD", "-H", "Range: bytes=0-4"];
    put_is_performed: ["--length", "10", "-X", "PUT", "-H", "Range: bytes=0-4"];
    put_is_performed_for_machines: ["--length", "10", "-X", "PUT", "--json"];
    coded: [
        "--length", "10000", "--content-encoding", "gzip", "-H", "Range: bytes=0-0,-1",
    ];
    open_range_capped: ["--length", "100M", "--max-open-range", "4MiB", "-H", "Range: bytes=0-"];
    partial_first: ["--length", "100M", "--partial-first", "1MiB"];
    no_ranges: ["--length", "10", "--no-ranges", "-H", "Range: bytes=0-4"];
    parts_max: ["--length", "10000", "--parts-max", "2", "-H", "Range: bytes=0-0,1000-1000,2000-2000"];
    a_slip_in_a_field_name_is_noticed: ["--length", "10", "-H", "Rnage: bytes=0-4"];

    etag_without_quotes: ["--length", "10", "--etag", "v1"];
    a_date_that_is_none: ["--length", "10", "--last-modified", "yesterday"];
    a_field_without_colon: ["--length", "10", "-H", "Range bytes=0-4"];
    a_space_before_the_colon: ["--length", "10", "-H", "Range : bytes=0-4"];
    a_length_that_is_none: ["--length", "ten"];
    a_policy_that_is_none: ["--length", "10", "--parts-max", "0", "--max-open-range", "4X"];
    neither_length_nor_file: ["-H", "Range: bytes=0-4"];
}

#[test]
fn the_same_words_give_the_same_answer_whatever_the_environment() {
    let args = ["explain", "--length", "10000", "-H", "Range: bytes=0-0,-1", NOW[0], NOW[1]];
    let plain = Swath::new().output(&args);
    let other =
        Swath::new().env("SWATH_PARTS_MAX", "1").env("SWATH_NO_RANGES", "true").env("TZ", "Asia/Tokyo");
    assert_eq!(other.output(&args), plain);
}

#[test]
fn without_now_the_clock_decides() {
    let output = Swath::new().output(&["explain", "--length", "1"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let date = text.lines().find_map(|line| line.trim().strip_prefix("Date: ")).expect("a Date field");
    let date = httpdate::parse_http_date(date).expect("an HTTP date");
    assert!(date.elapsed().expect("not ahead of the clock").as_secs() < 60);
}
