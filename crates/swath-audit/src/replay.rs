//! Asks as one client is known to ask: a client's name in, whether it would start, jump and resume here, and at what
//! cost, out.
//!
//! What the browsers ask was observed (docs/browsers.md); what Safari asks is documented by its maker and others, and
//! was not observed. Only the questions are replayed: nothing is decoded, so a file that no player can read counts as
//! one that it can.

use std::fmt;

use crate::{
    client::{Ask, Client, Exchange, Framing, Trouble},
    learn::Learnt,
    parts,
    record::{Record, Records, Scope},
};

/// As much as pdf.js asks for at once, its default.
const PAGE: u64 = 65_536;

/// Names a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Player {
    /// Chromium's media player.
    Chromium,
    /// Firefox's media player.
    Firefox,
    /// WebKitGTK's media player.
    WebKitGtk,
    /// Safari's media player.
    Safari,
    /// `curl -C -`.
    Curl,
    /// aria2 in segments.
    Aria2,
    /// pdf.js reading pages.
    PdfJs,
}

impl Player {
    /// Every client that can be replayed.
    pub const ALL: [Self; 7] =
        [Self::Chromium, Self::Firefox, Self::WebKitGtk, Self::Safari, Self::Curl, Self::Aria2, Self::PdfJs];

    /// The name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::WebKitGtk => "webkitgtk",
            Self::Safari => "safari",
            Self::Curl => "curl",
            Self::Aria2 => "aria2",
            Self::PdfJs => "pdfjs",
        }
    }

    /// Tells whether what it asks was observed, or is taken from documentation.
    pub fn is_observed(self) -> bool {
        self != Self::Safari
    }

    fn steps(self, length: u64) -> Vec<Step> {
        let (far, middle, last) = (length / 10 * 9, length / 2, length.saturating_sub(1));
        let open = |first: u64| Some(format!("bytes={first}-"));
        let closed = |first: u64, last: u64| Some(format!("bytes={first}-{last}"));
        let step = |does, range, wants| Step { does, range, if_range: false, wants };
        match self {
            Self::Chromium => vec![
                step(Does::Start, open(0), Wants::Beginning),
                step(Does::Jump, open(far), Wants::From(far)),
                Step {
                    if_range: true,
                    ..step(Does::Resume, closed(middle, (middle + PAGE).min(last)), Wants::From(middle))
                },
            ],
            Self::Firefox => vec![
                step(Does::Start, open(0), Wants::Beginning),
                step(Does::Jump, open(far), Wants::From(far)),
                step(Does::Resume, open(middle), Wants::From(middle)),
            ],
            // It takes the end of a part that is cut short for the end of the film.
            Self::WebKitGtk => vec![
                step(Does::Start, None, Wants::Beginning),
                step(Does::Jump, open(far), Wants::Exactly(far, last)),
                step(Does::Resume, open(middle), Wants::Exactly(middle, last)),
            ],
            Self::Safari => vec![
                step(Does::Start, closed(0, 1.min(last)), Wants::Exactly(0, 1.min(last))),
                step(Does::Start, closed(0, last), Wants::Exactly(0, last)),
                step(Does::Jump, closed(far, last), Wants::From(far)),
                step(Does::Resume, closed(middle, last), Wants::From(middle)),
            ],
            Self::Curl => vec![
                step(Does::Start, None, Wants::Beginning),
                step(Does::Resume, open(middle), Wants::From(middle)),
            ],
            Self::Aria2 => vec![
                step(Does::Start, None, Wants::Length),
                step(Does::Jump, closed(middle, far), Wants::Exactly(middle, far)),
                step(Does::Resume, closed(far, last), Wants::Exactly(far, last)),
            ],
            Self::PdfJs => vec![
                step(Does::Start, None, Wants::Beginning),
                step(Does::Jump, None, Wants::Offer),
                step(Does::Jump, closed(middle, (middle + PAGE - 1).min(last)), Wants::From(middle)),
            ],
        }
    }
}

/// Says what a step serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Does {
    /// Beginning to play, to fetch, to open.
    Start,
    /// Going elsewhere: seeking, segments, pages.
    Jump,
    /// Going on after an interruption.
    Resume,
}

impl fmt::Display for Does {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "starts",
            Self::Jump => "jumps",
            Self::Resume => "resumes",
        })
    }
}

struct Step {
    does: Does,
    range: Option<String>,
    if_range: bool,
    wants: Wants,
}

enum Wants {
    /// The octets from the first on, by 200 or 206.
    Beginning,
    /// A 206 that begins here.
    From(u64),
    /// A 206 with exactly this.
    Exactly(u64, u64),
    /// A 200 that states its length.
    Length,
    /// A 200 that states its length, offers ranges and is not coded.
    Offer,
}

/// Holds what one client would meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The client.
    pub player: Player,
    /// For each thing it does, what is in its way, if anything.
    pub outcomes: Vec<(Does, Option<String>)>,
    /// Octets that a jump has to let pass before the one that it wants comes.
    pub before_jump: u64,
    /// Octets that the server was ready to send for all requests together.
    pub offered: u64,
}

/// Replays one client.
pub(crate) async fn replay(
    player: Player,
    client: &mut Client,
    learnt: &Learnt,
    records: &mut Records,
) -> Result<Replay, Trouble> {
    let mut replay = Replay { player, outcomes: Vec::new(), before_jump: 0, offered: 0 };
    for step in player.steps(learnt.length) {
        let mut ask = Ask { enough: 1, ..Ask::get() };
        if let Some(range) = &step.range {
            ask = ask.field("Range", range);
        }
        let strong = learnt.own.etag.as_deref().filter(|tag| tag.starts_with(b"\""));
        if let Some(tag) = strong.filter(|_| step.if_range) {
            ask = ask.field("If-Range", tag);
        }
        let exchange = client.ask(&ask).await?;
        let fault = fault(&step.wants, &exchange);
        let offered = match exchange.framing {
            Framing::Length(length) => length,
            _ => learnt.length,
        };
        replay.offered = replay.offered.saturating_add(offered);
        if let (Does::Jump, Wants::From(first) | Wants::Exactly(first, _), 200) =
            (step.does, &step.wants, exchange.status)
        {
            replay.before_jump = *first;
        }
        records.add(Record { scope: Scope::Elsewhere, ..Record::plain(exchange) });
        match replay.outcomes.iter_mut().find(|(does, _)| *does == step.does) {
            Some((_, before)) if before.is_none() => *before = fault,
            Some(_) => {}
            None => replay.outcomes.push((step.does, fault)),
        }
    }
    Ok(replay)
}

/// Tells what is in a client's way.
fn fault(wants: &Wants, exchange: &Exchange) -> Option<String> {
    let status = exchange.status;
    let stated = exchange.one("content-range").map(parts::content_range);
    let part = match (status, stated) {
        (206, Some(Ok((slice, _)))) => Some(slice),
        _ => None,
    };
    match (wants, part) {
        (Wants::Beginning, Some(slice)) if slice.first == 0 => None,
        (Wants::Beginning, _) if status == 200 => None,
        (Wants::From(first), Some(slice)) if slice.first == *first => None,
        (Wants::Exactly(first, last), Some(slice)) if slice.first == *first => (slice.last != *last)
            .then(|| format!("it gets octets {}-{} for {first}-{last}", slice.first, slice.last)),
        (Wants::Length | Wants::Offer, _) if status == 200 => offer(matches!(wants, Wants::Offer), exchange),
        (_, Some(slice)) => Some(format!("it gets octets {}-{}", slice.first, slice.last)),
        (_, None) if status == 206 => Some("it gets a 206 without a usable Content-Range".to_owned()),
        (_, None) if status == 200 => Some("it gets the whole by 200 instead of a part by 206".to_owned()),
        (_, None) => Some(format!("it gets {status}")),
    }
}

fn offer(ranges: bool, exchange: &Exchange) -> Option<String> {
    if !matches!(exchange.framing, Framing::Length(_)) {
        return Some("the answer has no Content-Length".to_owned());
    }
    let offered = exchange.one("accept-ranges").is_some_and(|value| value.eq_ignore_ascii_case(b"bytes"));
    match ranges {
        true if !offered => Some("the answer has no Accept-Ranges: bytes, so it never asks".to_owned()),
        true if exchange.one("content-encoding").is_some() => {
            Some("the answer is coded, so it never asks".to_owned())
        }
        _ => None,
    }
}
