//! ffmpeg and ffprobe seeking in a clip over HTTP.

use std::path::Path;

use swath_e2e::clients::program::run;
use swath_e2e::clients::site::Site;
use swath_spec::Slice;

use crate::witness::{assert_clean, bytes_sent, of};

/// A minute of moving noise, so that a part of the clip is a small part of its octets; made without threads to be quick on any machine.
fn make_clip(path: &Path, index_first: bool) {
    let filter = "testsrc2=size=640x360:rate=25:duration=60,noise=alls=40:allf=t";
    let source = ["-v", "error", "-nostdin", "-f", "lavfi", "-i", filter];
    let coding = [
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-g",
        "50",
        "-b:v",
        "6M",
        "-maxrate",
        "6M",
        "-bufsize",
        "6M",
        "-pix_fmt",
        "yuv420p",
    ];
    let placing: &[&str] = if index_first { &["-movflags", "+faststart"] } else { &[] };
    let path = path.to_str().expect("UTF-8");
    let _ = run("ffmpeg", source.iter().chain(&coding).chain(placing).chain(&["-y", path])).succeeded();
}

/// The checksums of the frames of one second, from 45 s on.
fn frames(input: &str) -> String {
    run("ffmpeg", ["-v", "error", "-nostdin", "-ss", "45", "-i", input, "-t", "1", "-f", "framemd5", "-"])
        .text()
}

fn seek_late(index_first: bool) {
    let site = Site::new();
    let clip = site.file("clip.mp4");
    make_clip(&clip, index_first);
    site.age("clip.mp4");
    let length = clip.metadata().expect("the clip is there").len();
    assert!(length > 20_000_000, "a clip of {length} octets is too small to tell a part from the whole");
    let server = site.serve().start();
    let remote = frames(&server.url("/clip.mp4"));
    assert!(remote.lines().filter(|line| !line.starts_with('#')).count() >= 25, "{remote}");
    assert_eq!(remote, frames(clip.to_str().expect("UTF-8")), "frames over HTTP are those of the file");
    let records = server.stop();
    assert_clean(&records);
    let late = of(&records, "/clip.mp4").into_iter().any(|record| {
        let sent = record.content_range.as_deref().and_then(|value| value.strip_prefix("bytes "));
        sent.and_then(|place| Slice::read(place).ok()).is_some_and(|slice| {
            slice.of == length && slice.first > length / 2 && slice.first < length * 9 / 10
        })
    });
    assert!(late, "one request starts where the seek leads: {records:#?}");
    let sent = bytes_sent(&records, "/clip.mp4");
    assert!(sent < length * 6 / 10, "{sent} of {length} octets for one second of sixty: {records:#?}");
}

#[test]
fn a_seek_in_a_clip_with_its_index_at_the_front() {
    seek_late(true);
}

#[test]
fn a_seek_in_a_clip_with_its_index_at_the_end() {
    seek_late(false);
}

#[test]
fn ffprobe_reads_both_indexes() {
    let site = Site::new();
    for (name, index_first) in [("front.mp4", true), ("end.mp4", false)] {
        make_clip(&site.file(name), index_first);
        site.age(name);
        let local = site.file(name);
        let probe = |input: &str| {
            run(
                "ffprobe",
                ["-v", "error", "-show_entries", "format=duration,size,nb_streams", "-of", "default", input],
            )
            .text()
        };
        let server = site.serve().start();
        assert_eq!(probe(&server.url(&format!("/{name}"))), probe(local.to_str().expect("UTF-8")));
        let records = server.stop();
        assert_clean(&records);
        assert!(
            of(&records, &format!("/{name}")).iter().all(|record| record.range.is_some()),
            "ffmpeg always asks in ranges: {records:#?}"
        );
    }
}
