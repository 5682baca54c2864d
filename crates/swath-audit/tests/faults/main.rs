//! Servers with one small fault each: every fault is found by its id, and nothing else is told.
//!
//! The faults are those of real servers where one is known; the second column names it.

mod fields;
mod form;
mod if_range;
mod order;
mod origin;
mod others;
mod parts;
mod preconditions;
mod ranges;
mod sets;
mod short;
mod syntax;

use std::time::Duration;

use swath_audit::{Does, Options, Player, Target, Verdict, audit};

use origin::{LENGTH, Origin, Play, Request, Response, bare, honest};

#[derive(Clone, Copy)]
struct Fault {
    /// The check that finds it.
    id: &'static str,
    /// What the server does, and which is known to.
    does: &'static str,
    play: Play,
}

/// The answer to a range of one's own choosing.
fn part(request: &Request, first: u64, last: u64) -> Response {
    honest(&request.without("if-range").with("range", &format!("bytes={first}-{last}")))
}

fn whole(request: &Request) -> Response {
    honest(&request.without("range"))
}

/// Whether the request is a GET with one well-formed closed range; its ends.
fn closed(request: &Request) -> Option<(u64, String)> {
    let range = request.get("range").filter(|_| request.method == "GET")?;
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let last = last.to_owned();
    (!last.is_empty() && last.bytes().all(|octet| octet.is_ascii_digit()))
        .then(|| first.parse().ok())?
        .map(|first| (first, last))
}

fn suffix(request: &Request) -> Option<String> {
    let range = request
        .get("range")
        .filter(|_| request.method == "GET" && !request.has("if-range") && !is_coded(request))?;
    let length = range.strip_prefix("bytes=-")?.to_owned();
    length.bytes().all(|octet| octet.is_ascii_digit()).then_some(length)
}

fn is_coded(request: &Request) -> bool {
    request.get("accept-encoding").is_some_and(|coding| coding.contains("gzip"))
}

fn unsatisfied() -> Response {
    bare(416).with("Content-Range", format!("bytes */{LENGTH}")).with("Cache-Control", "no-store")
}

fn is_set(request: &Request) -> bool {
    request.method == "GET" && request.get("range").is_some_and(|range| range.contains(','))
}

fn single(response: &Response) -> bool {
    response.status == 206 && response.get("content-range").is_some()
}

fn multipart(response: &Response) -> bool {
    response.get("content-type").is_some_and(|value| value.starts_with("multipart/byteranges"))
}

/// Changes the text of a multipart's content.
fn rewritten(response: Response, from: &str, to: &str) -> Response {
    if !multipart(&response) {
        return response;
    }
    let (from, to) = (from.as_bytes(), to.as_bytes());
    let mut content = Vec::new();
    let mut rest = response.content.as_slice();
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        content.extend_from_slice(&rest[..at]);
        content.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    content.extend_from_slice(rest);
    response.holding(content)
}

const OWN: &str = "\"v1\"";

fn faults() -> Vec<Fault> {
    let rooms = [
        ranges::FAULTS,
        short::FAULTS,
        syntax::FAULTS,
        sets::FAULTS,
        preconditions::FAULTS,
        order::FAULTS,
        if_range::FAULTS,
        form::FAULTS,
        parts::FAULTS,
        fields::FAULTS,
        others::FAULTS,
    ];
    rooms.concat()
}

const fn fault(id: &'static str, does: &'static str, play: Play) -> Fault {
    Fault { id, does, play }
}

impl Request {
    /// Tells whether it is a GET for the resource with no other conditions than these.
    fn is_plain_but(&self, names: &str) -> bool {
        let bare = names.split(' ').fold(self.clone(), |request, name| request.without(name));
        bare.is_plain() && names.split(' ').any(|name| self.has(name))
    }
}

impl Response {
    fn chunked(mut self) -> Self {
        let mut content = format!("{:x}\r\n", self.content.len()).into_bytes();
        content.append(&mut self.content);
        content.extend_from_slice(b"\r\n0\r\n\r\n");
        Self { content, ..self }
    }
}

/// What an audit tells of an origin: ids with what was seen.
fn told(play: Play) -> Vec<(&'static str, String)> {
    let origin = Origin::start(play);
    let options = Options {
        origin: Some("https://maps.example".to_owned()),
        timeout: Duration::from_secs(10),
        ..Options::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let report = runtime.block_on(audit(Target::read(&origin.url).unwrap(), &options)).unwrap();
    let told = report.results.into_iter().filter(|one| !matches!(one.verdict, Verdict::Pass | Verdict::Na));
    told.map(|one| (one.check.id, one.said.unwrap_or_default())).collect()
}

#[test]
fn every_check_finds_a_fault() {
    // These need more octets than this origin makes, or TLS; what they say is shown on real files, and by a unit test.
    let elsewhere = ["past-32-bits", "h2-same"];
    let faults = faults();
    let lacking: Vec<_> = swath_audit::checks()
        .unwrap()
        .into_iter()
        .map(|check| check.id)
        .filter(|id| !elsewhere.contains(id) && !faults.iter().any(|fault| fault.id == *id))
        .collect();
    assert!(lacking.is_empty(), "{lacking:?}");
}

/// What is in the way of each client at an origin: its name, and what it cannot do.
fn hindered(play: Play) -> Vec<(&'static str, Does)> {
    let origin = Origin::start(play);
    let options = Options { players: Player::ALL.to_vec(), requests_max: 400, ..Options::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let report = runtime.block_on(audit(Target::read(&origin.url).unwrap(), &options)).unwrap();
    let mut hindered = Vec::new();
    for replay in &report.replays {
        let faults = replay.outcomes.iter().filter(|(_, fault)| fault.is_some());
        hindered.extend(faults.map(|(does, _)| (replay.player.name(), *does)));
    }
    hindered
}

#[test]
fn clients_are_replayed() {
    assert_eq!(hindered(honest), []);
    let whole = hindered(|r| honest(&r.without("range")));
    for (client, does) in
        [("chromium", Does::Jump), ("safari", Does::Start), ("curl", Does::Resume), ("pdfjs", Does::Jump)]
    {
        assert!(whole.contains(&(client, does)), "{client}: {whole:?}");
    }
    assert!(!whole.contains(&("chromium", Does::Start)), "{whole:?}");
    // A part that is cut short ends the film for WebKit alone (docs/browsers.md).
    let capped =
        hindered(|r| match r.get("range").and_then(|range| Some(range.strip_suffix('-')?.to_owned())) {
            Some(range) if range.len() > 7 => {
                let first: u64 = range.trim_start_matches("bytes=").parse().unwrap_or(0);
                part(r, first, first + 99)
            }
            _ => honest(r),
        });
    assert_eq!(capped, [("webkitgtk", Does::Jump), ("webkitgtk", Does::Resume)]);
    let silent = hindered(|r| honest(r).without("Accept-Ranges"));
    assert_eq!(silent, [("pdfjs", Does::Jump)]);
}

#[test]
fn an_honest_origin_has_nothing_told_of_it() {
    assert_eq!(told(honest), []);
}

/// Each of these was once held against a real server, wrongly.
#[test]
fn a_choice_that_the_rfc_leaves_is_no_fault() {
    // hyper-staticfile refuses every OPTIONS by 400, with or without fields (a preflight is another matter).
    assert_eq!(
        told(|r| match r.method == "OPTIONS" && !r.has("access-control-request-method") {
            true => bare(400),
            false => honest(r),
        }),
        []
    );
    // serve codes wholes only.
    assert_eq!(told(|r| if r.has("range") { honest(&r.without("accept-encoding")) } else { honest(r) }), []);
}

#[test]
fn every_fault_is_found_and_nothing_else() {
    let faults = faults();
    assert!(faults.len() >= 60);
    let only = std::env::var("SWATH_FAULT").ok();
    let mut wrong = Vec::new();
    // Many at a time: each waits for its origin more than it works.
    let chosen: Vec<_> =
        faults.iter().filter(|fault| only.as_ref().is_none_or(|only| only == fault.id)).collect();
    for some in chosen.chunks(24) {
        std::thread::scope(|scope| {
            let running: Vec<_> =
                some.iter().map(|fault| (fault, scope.spawn(|| told(fault.play)))).collect();
            for (fault, thread) in running {
                let told = thread.join().unwrap();
                // Where the origin has no ranges at all, that is told beside the fault.
                let told: Vec<_> =
                    told.into_iter().filter(|(id, _)| *id != "accept" || fault.id == *id).collect();
                if !matches!(told.as_slice(), [(id, _)] if *id == fault.id) {
                    wrong.push(format!("{} ({}):\n    {told:?}", fault.id, fault.does));
                }
            }
        });
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), chosen.len(), wrong.join("\n"));
}
