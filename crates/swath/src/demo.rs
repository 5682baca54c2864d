//! The media that `--demo` serves, and what to try with them: embedded bytes in, a table and a text out.
//!
//! The files are made by `demo/make.sh`; the server sees them as a store like any other.

use swath_serve::pages::{Panel, PanelLink};

/// One embedded file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Medium {
    /// Its name in the listing, and its path after `/`.
    pub(crate) name: &'static str,
    /// Its bytes.
    pub(crate) content: &'static [u8],
}

macro_rules! medium {
    ($name:literal) => {
        Medium { name: $name, content: include_bytes!(concat!("../demo/", $name)) }
    };
}

/// Every file of the demo, in the order of their names.
pub(crate) static MEDIA: [Medium; 6] = [
    medium!("book.pdf"),
    medium!("clip-end.en.vtt"),
    medium!("clip-end.mp4"),
    medium!("clip-front.en.vtt"),
    medium!("clip-front.mp4"),
    medium!("ranges.png"),
];

/// When the media were last made, in whole seconds since 1970; change it when `make.sh` gives other bytes.
pub(crate) const MODIFIED: u64 = 1_795_297_800;

/// How long the film lasts, in seconds.
const FILM_SECONDS: u64 = 90;

/// Bytes per second that the demo sends on one connection: about twice what the film plays.
///
/// Without it loopback would deliver the whole film before a finger leaves the mouse, and a seek would cost nothing.
pub(crate) const PACE: u64 = 2 * (MEDIA[4].content.len() as u64) / FILM_SECONDS;

/// The pages to try: path, what it is, what to see there.
const PAGES: [[&str; 3]; 3] = [
    ["clip-front.mp4?play#t=75", "The film from second 75", "seek, and watch what it costs"],
    ["clip-end.mp4?play#t=75", "The same film, its index at the end", "the index is fetched first"],
    ["book.pdf#page=90", "Page 90 of the book", "without the other 119"],
];

/// The commands to try, with `ORIGIN` where the address goes, and what to see.
const COMMANDS: [[&str; 2]; 4] = [
    ["curl -i -r 0-7,-6 ORIGIN/book.pdf", "the first 8 bytes and the last 6, in one answer"],
    ["curl -i -r 9999999- ORIGIN/book.pdf", "past the end: 416, which tells the complete length"],
    ["curl -s -r 40- -o /dev/null -D - ORIGIN/ranges.png", "from byte 40 on, only the head shown"],
    ["curl -O -C - ORIGIN/clip-front.mp4", "stop it with Ctrl-C, run it again: it goes on"],
];

/// Says what the demo is and that it is paced: two sentences, two lines in a terminal.
fn introduction() -> [String; 2] {
    [
        format!("A film of {FILM_SECONDS} seconds twice, a book of 120 pages and a drawing, held in memory."),
        pacing("Each connection is paced"),
    ]
}

/// Says how fast the demo sends, and why.
fn pacing(what: &str) -> String {
    format!(
        "{what} to about twice the rate of the film ({} kB/s), so that a seek is seen to matter.",
        PACE / 1000
    )
}

/// Tells what to try, for a terminal, given the address the demo answers at (`http://127.0.0.1:8206`, no slash at its end).
pub(crate) fn what_to_try(origin: &str) -> String {
    let mut text =
        format!("{}\n\nIn a browser:\n  {origin}/\n      everything there is\n", introduction().join("\n"));
    for [path, label, note] in PAGES {
        text += &format!("  {origin}/{path}\n      {label}: {note}\n");
    }
    text += "\nIn a shell:\n";
    for [command, note] in COMMANDS {
        text += &format!("  {}\n      {note}\n", command.replace("ORIGIN", origin));
    }
    text
}

/// Tells the same above the listing.
pub(crate) fn panel(origin: &str) -> Panel {
    let links = PAGES.map(|[path, label, note]| PanelLink {
        href: path.to_owned(),
        label: label.to_owned(),
        note: note.to_owned(),
    });
    let commands = COMMANDS.map(|[command, note]| format!("# {note}\n{}", command.replace("ORIGIN", origin)));
    Panel {
        title: "Try a seek".to_owned(),
        text: introduction().join(" "),
        links: links.into(),
        commands: commands.into(),
    }
}

/// The sentence below a film of the demo.
pub(crate) fn player_note() -> String {
    pacing("Each connection is paced")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(name: &str) -> &'static [u8] {
        MEDIA.iter().find(|medium| medium.name == name).expect("a medium of that name").content
    }

    /// The types of an MP4 file's outermost boxes, in their order.
    fn boxes(mut film: &[u8]) -> Vec<String> {
        let mut types = Vec::new();
        while let Some((head, _)) = film.split_at_checked(8) {
            let length = u32::from_be_bytes(head[..4].try_into().unwrap()) as usize;
            types.push(String::from_utf8(head[4..].to_vec()).unwrap());
            film = &film[length..];
        }
        assert!(film.is_empty(), "the last box ends with the file");
        types
    }

    #[test]
    fn the_same_film_has_its_index_in_front_and_at_the_end() {
        assert_eq!(boxes(content("clip-front.mp4")), ["ftyp", "moov", "free", "mdat"]);
        assert_eq!(boxes(content("clip-end.mp4")), ["ftyp", "free", "mdat", "moov"]);
        assert_eq!(content("clip-front.mp4").len(), content("clip-end.mp4").len());
        assert_eq!(content("clip-front.en.vtt"), content("clip-end.en.vtt"));
        assert!(content("clip-front.en.vtt").starts_with(b"WEBVTT\n"));
    }

    #[test]
    fn the_book_is_linearised_and_ends_as_the_curl_line_shows() {
        let book = content("book.pdf");
        assert!(book.starts_with(b"%PDF-1.7"));
        assert!(book[..200].windows(13).any(|bytes| bytes == b"/Linearized 1"));
        assert!(book.ends_with(b"%%EOF\n"));
        assert!(content("ranges.png").starts_with(b"\x89PNG\r\n\x1a\n"));
    }

    #[test]
    fn the_media_are_sorted_and_small() {
        assert!(MEDIA.is_sorted_by_key(|medium| medium.name));
        assert!(MEDIA.iter().map(|medium| medium.content.len()).sum::<usize>() < 4_000_000);
        assert!((16_000..64_000).contains(&PACE), "{PACE} bytes per second");
    }

    #[test]
    fn every_address_to_try_exists() {
        let text = what_to_try("http://[::1]:8206");
        let mut seen = 0;
        for address in text.split_whitespace().filter_map(|word| word.strip_prefix("http://[::1]:8206/")) {
            let name = address.split(['?', '#']).next().unwrap();
            assert!(name.is_empty() || MEDIA.iter().any(|medium| medium.name == name), "{address}");
            seen += 1;
        }
        assert_eq!(seen, 1 + PAGES.len() + COMMANDS.len());
        let panel = panel("http://[::1]:8206");
        for link in &panel.links {
            let name = link.href.split(['?', '#']).next().unwrap();
            assert!(MEDIA.iter().any(|medium| medium.name == name), "{}", link.href);
        }
        assert!(panel.commands.iter().all(|command| text.contains(command.lines().last().unwrap())));
    }
}
