//! One file's line: in, how far it is, and how wide the terminal is; out, a line that fits.

use std::{cmp::Reverse, time::Duration};

use console::measure_text_width;
use swath_fetch::Progress;

use super::cells::{Cell, cells};
use crate::commands::get::human;

/// The fewest cells worth drawing.
const CELLS_LEAST: usize = 8;
/// The fewest that show where several connections are; other facts make room for them where there is some.
const CELLS_GOOD: usize = 20;
/// More show nothing that can be seen.
const CELLS_MOST: usize = 64;

/// Draws a line of at most `width` columns.
///
/// What matters least is left out first where there is no room: connections, sizes, rate; name and share stay longest.
pub(super) fn line(width: usize, name: &str, progress: &Progress) -> String {
    let name = shorten(name, (width / 4).max(8));
    let mut facts = facts(progress);
    let fixed = measure_text_width(&name) + 1;
    let room = |facts: &[(u8, String)]| {
        let taken: usize = facts.iter().map(|(_, text)| measure_text_width(text) + 2).sum();
        width.checked_sub(fixed + taken)
    };
    let least = match progress.complete_length {
        Some(_) if width < 2 * CELLS_GOOD + fixed => CELLS_LEAST,
        Some(_) => CELLS_GOOD,
        None => 0,
    };
    while !facts.is_empty() && room(&facts).is_none_or(|room| room < least) {
        let worst = facts.iter().enumerate().max_by_key(|(index, (rank, _))| (*rank, Reverse(*index)));
        let Some(index) = worst.map(|(index, _)| index) else { break };
        facts.remove(index);
    }
    let mut drawn = name;
    if let (Some(length), Some(room)) =
        (progress.complete_length, room(&facts).filter(|room| *room >= CELLS_LEAST))
    {
        let lanes: Vec<u64> = progress.in_flight.iter().map(|lane| lane.first).collect();
        drawn.push(' ');
        drawn
            .extend(cells(room.min(CELLS_MOST), length, &progress.held, &lanes).into_iter().map(Cell::block));
    }
    for (_, fact) in facts {
        drawn.push_str("  ");
        drawn.push_str(&fact);
    }
    drawn
}

/// What is told after the bar, each with its rank: the highest goes first where there is no room.
fn facts(progress: &Progress) -> Vec<(u8, String)> {
    let held = progress.held.octets();
    let mut facts = Vec::new();
    match progress.complete_length {
        Some(length) => {
            facts.push((0, format!("{:>3}%", share(held, length))));
            facts.push((3, format!("{} of {}", human::octets(held), human::octets(length))));
        }
        None => facts.push((0, human::octets(held))),
    }
    // No rate is known before some time has passed.
    if progress.rate > 0 || progress.elapsed > Duration::from_secs(1) {
        #[allow(clippy::cast_precision_loss)]
        facts.push((1, format!("{:>10}", human::rate(progress.rate as f64))));
    }
    if let Some(left) = left(progress) {
        facts.push((2, format!("{} left", human::left(left))));
    }
    match progress.in_flight.len() {
        0 => facts.push((4, "waiting".to_owned())),
        1 => facts.push((4, "1 connection".to_owned())),
        count => facts.push((4, format!("{count} connections"))),
    }
    facts
}

/// Whole percent, rounded down: 100 only when all is there.
pub(super) fn share(held: u64, length: u64) -> u64 {
    let share = u128::from(held) * 100 / u128::from(length.max(1));
    if length == 0 { 100 } else { u64::try_from(share).unwrap_or(100).min(100) }
}

fn left(progress: &Progress) -> Option<Duration> {
    let missing = progress.complete_length?.saturating_sub(progress.held.octets());
    missing.checked_div(progress.rate).map(Duration::from_secs)
}

/// Shortens a name in its middle, so that its beginning and its extension stay.
pub(super) fn shorten(name: &str, most: usize) -> String {
    let shown: String = name.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    if measure_text_width(&shown) <= most {
        return shown;
    }
    let characters: Vec<char> = shown.chars().collect();
    let (mut front, mut back) = (characters.len() / 2, characters.len() / 2);
    loop {
        let text: String = characters[..front].iter().chain(&['…']).chain(&characters[back..]).collect();
        if measure_text_width(&text) <= most || (front == 0 && back == characters.len()) {
            return text;
        }
        if front >= characters.len() - back { front -= 1 } else { back += 1 }
    }
}

#[cfg(test)]
mod tests {
    use byteranges::{ByteRange, ByteSet};
    use swath_fetch::InFlight;

    use super::*;

    fn progress() -> Progress {
        let mut held = ByteSet::new();
        held.insert(ByteRange::new(0, (300 << 20) - 1).expect("a range"));
        held.insert(ByteRange::new(600 << 20, (700 << 20) - 1).expect("a range"));
        let lane = |ask, first| InFlight { ask, path: 0, first, end: None };
        Progress {
            elapsed: Duration::from_secs(2),
            complete_length: Some(1000 << 20),
            held,
            in_flight: vec![lane(1, 300 << 20), lane(2, 700 << 20)],
            received: 400 << 20,
            wasted: 0,
            rate: 200 << 20,
        }
    }

    #[test]
    fn a_line_fits_whatever_the_width() {
        for width in 0..200 {
            for name in [
                "disk.img",
                "a-very-long-name-of-a-file-with-an-extension.tar.zst",
                "電影電影電影電影電影.mp4",
            ] {
                for progress in [progress(), Progress { complete_length: None, ..progress() }] {
                    let line = line(width, name, &progress);
                    assert!(measure_text_width(&line) <= width.max(8), "{width}: {line}");
                }
            }
        }
    }

    #[test]
    fn what_matters_least_is_left_out_first() {
        assert_eq!(
            line(120, "disk.img", &progress()),
            "disk.img ██████████████▓░░░░░░░░░░░░░▒███▓░░░░░░░░░░░░░░   40%  400 MiB of 0.98 GiB   200 MiB/s  3 s left  \
             2 connections"
        );
        assert_eq!(
            line(60, "disk.img", &progress()),
            "disk.img ██████▓░░░░░░▒██▓░░░░░░   40%   200 MiB/s  3 s left"
        );
        assert_eq!(line(40, "disk.img", &progress()), "disk.img ███▓░░░▒█▓░░░   40%   200 MiB/s");
    }

    #[test]
    fn names_keep_their_ends() {
        assert_eq!(shorten("a-very-long-name.tar.zst", 12), "a-ver…ar.zst");
        assert_eq!(shorten("a\u{1b}[2Jb", 12), "a?[2Jb");
    }

    #[test]
    fn all_is_there_only_when_all_is_there() {
        assert_eq!((share(999, 1000), share(1000, 1000), share(0, 0)), (99, 100, 100));
    }
}
