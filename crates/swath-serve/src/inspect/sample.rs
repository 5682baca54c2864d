//! Entries for tests.

use super::entry::Entry;

/// A plain 206 of a player.
pub(crate) fn entry(id: u64) -> Entry {
    Entry {
        id,
        connection: Some(1),
        time: "2026-11-22T10:00:00.000Z".to_owned(),
        peer: Some("192.0.2.7:50312".to_owned()),
        version: Some("HTTP/1.1".to_owned()),
        method: Some("GET".to_owned()),
        target: Some("/clip.mp4".to_owned()),
        resource: Some("0123456789ab".to_owned()),
        range: Some("bytes=0-".to_owned()),
        status: Some(206),
        content_range: Some("bytes 0-999/1000".to_owned()),
        because: Some("satisfied".to_owned()),
        section: Some("14.2".to_owned()),
        bytes_planned: 1000,
        bytes_sent: 1000,
        outcome: Some("finished".to_owned()),
        first_octet_millis: Some(0.5),
        millis: 12.25,
        request: [("user-agent", "player/1")].into_iter().collect(),
        answer: [
            ("content-type", "video/mp4"),
            ("accept-ranges", "bytes"),
            ("content-range", "bytes 0-999/1000"),
            ("etag", "\"a\""),
        ]
        .into_iter()
        .collect(),
        ..Entry::default()
    }
}
