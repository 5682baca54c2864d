//! The pages as a browser reads them: parsed, walked and compared.

mod colour;
mod document;
mod hostile;
mod policy;
mod snapshot;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::StatusCode;

use super::{
    Entry, ErrorPage, Kind, Listing, Medium, Page, Panel, PanelLink, Player, Sorting, Track, Unsatisfied,
    captions_beside,
};

fn noon() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_262_400)
}

fn file<'a>(name: &'a [u8], length: u64, content_type: &'a str) -> Entry<'a> {
    Entry { name, kind: Kind::File, length, modified: Some(noon()), content_type: Some(content_type) }
}

fn folder(name: &[u8]) -> Entry<'_> {
    Entry { name, kind: Kind::Directory, length: 0, modified: None, content_type: None }
}

fn listing<'a>(path: &'a str, entries: Vec<Entry<'a>>) -> Listing<'a> {
    Listing { path, root_title: "Files", entries, truncated: false, sorting: Sorting::default(), panel: None }
}

fn player<'a>(path: &'a str, name: &'a [u8], tracks: &'a [Track]) -> Player<'a> {
    Player {
        path,
        root_title: "Files",
        name,
        medium: Medium::Video,
        length: 1_394_395,
        modified: Some(noon()),
        token: "k3Jx",
        tracks,
        note: None,
        mapped: false,
    }
}

fn unsatisfied<'a>(path: &'a str, range: &'a [u8]) -> ErrorPage<'a> {
    let unsatisfied = Some(Unsatisfied { complete_length: 2048, range });
    ErrorPage { status: StatusCode::RANGE_NOT_SATISFIABLE, path, detail: None, unsatisfied }
}

fn panel() -> Panel {
    Panel {
        title: "Try this".to_owned(),
        text: "Two films & a <book>.".to_owned(),
        links: vec![PanelLink {
            href: "clip.mp4?play#t=75".to_owned(),
            label: "The film".to_owned(),
            note: "from second 75".to_owned(),
        }],
        commands: vec!["curl -r 0-99 http://h/clip.mp4".to_owned()],
    }
}

/// One page of each kind, with all its parts.
fn every_page() -> Vec<(&'static str, Page)> {
    let beside: [&[u8]; 2] = [b"clip.en.vtt", b"clip.vtt"];
    let tracks = captions_beside(b"clip.mp4", beside);
    let panel = panel();
    let entries = vec![
        file(b"clip.mp4", 1_394_395, "video/mp4"),
        file(b"song.flac", 31_551, "audio/flac"),
        file(b"notes <draft>.txt", 1, "text/plain; charset=utf-8"),
        Entry { name: b"odd", kind: Kind::File, length: 0, modified: None, content_type: None },
        folder(b"old films"),
    ];
    let root = Listing { panel: Some(&panel), truncated: true, ..listing("/", entries.clone()) };
    let audio =
        Player { medium: Medium::Audio, note: Some("Paced."), ..player("/song.flac", b"song.flac", &[]) };
    let not_found = ErrorPage { status: StatusCode::NOT_FOUND, path: "/no", detail: None, unsatisfied: None };
    vec![
        ("root", root.html()),
        ("below", listing("/old%20films/1998/", entries).html()),
        ("empty", listing("/empty/", Vec::new()).html()),
        ("video", player("/films/clip.mp4", b"clip.mp4", &tracks).html()),
        ("audio", audio.html()),
        ("not-found", not_found.html()),
        ("unsatisfied", unsatisfied("/films/clip.mp4", b"bytes=4096-").html()),
    ]
}
