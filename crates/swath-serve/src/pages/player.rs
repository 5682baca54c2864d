//! The player: one film or sound in, a page that plays it and tells what that costs out.

use std::time::SystemTime;

use maud::{Markup, html};

use super::shell::{Shell, breadcrumbs, crumbs, icon};
use super::{PLAYER_POLICY, Page, RESERVED, Track, TrackKind, listing, name, quantity};

/// What is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// Pictures and sound.
    Video,
    /// Sound alone.
    Audio,
}

impl Medium {
    /// Reads a media type; `None` for what no player plays.
    pub fn of(content_type: &str) -> Option<Self> {
        match content_type.split_once('/').map(|(family, _)| family.to_ascii_lowercase()).as_deref() {
            Some("video") => Some(Self::Video),
            Some("audio") => Some(Self::Audio),
            _ => None,
        }
    }
}

/// A film or sound to play.
#[derive(Debug, Clone)]
pub struct Player<'a> {
    /// The raw, percent-encoded path of the file.
    pub path: &'a str,
    /// What the root is called.
    pub root_title: &'a str,
    /// The name of the file: any bytes.
    pub name: &'a [u8],
    /// What it is.
    pub medium: Medium,
    /// Its complete length.
    pub length: u64,
    /// When it was last changed, if that is known.
    pub modified: Option<SystemTime>,
    /// The token in the film's address by which the server counts; letters and digits.
    pub token: &'a str,
    /// Captions that lie beside it.
    pub tracks: &'a [Track],
    /// A sentence below the film, on pacing for one.
    pub note: Option<&'a str>,
    /// Whether an inspector can say which bytes were fetched for the page.
    pub mapped: bool,
}

impl Player<'_> {
    /// Draws the page.
    pub fn html(&self) -> Page {
        let crumbs = crumbs(self.path, self.root_title);
        let shown = name::shown(self.name);
        let href = name::href(self.name);
        let main = html! {
            header {
                (breadcrumbs(&crumbs, false))
                h1 { bdi { (shown) } }
                p.quiet {
                    span title=(quantity::exact_length(self.length)) { (quantity::short_length(self.length)) }
                    @if self.modified.is_some() { ", " (listing::modified(self.modified)) }
                }
            }
            div.stage {
                (self.element(&href))
                p.fault #fault role="alert" hidden {}
            }
            noscript { p.note { "Without script the film plays, but what is held of it and what it has cost are not shown." } }
            (self.gauge())
            @if self.mapped { (self.map()) }
            (figures())
            @if let Some(note) = self.note { p.note role="note" { (note) } }
            (start_link())
            p.actions {
                a.button href=(href) { "Raw file" }
                a.button href={ (href) "?download" } rel="nofollow" { (icon("get")) "Download" }
                a.button href="./" { (icon("folder")) "All files" }
            }
            (keys())
        };
        let scripts: &[&str] = if self.mapped { &["player.js", "filemap.js"] } else { &["player.js"] };
        let shell = Shell { title: &shown, path: self.path, scripts };
        let foot = html! { p { "Served by swath." } };
        Page::html(shell.around(&main, &foot), PLAYER_POLICY)
    }

    /// The media element; its own controls stay, so that it works without script and by assistive means.
    fn element(&self, href: &str) -> Markup {
        let source = format!("{href}?view={}", name::href(self.token.as_bytes()));
        let tracks = html! {
            @for track in self.tracks {
                track kind=(track.kind.key()) src=(name::href(&track.name)) srclang=[track.language()] label=(track.label);
            }
        };
        match self.medium {
            Medium::Video => html! {
                video #media controls playsinline preload="metadata" tabindex="0" src=(source) { (tracks) }
            },
            Medium::Audio => html! {
                audio #media controls preload="metadata" tabindex="0" src=(source) { (tracks) }
            },
        }
    }

    /// What was played and is held, and what was fetched for that and again; filled in by the script.
    fn map(&self) -> Markup {
        let fetched = format!(
            "{}{RESERVED}/fetched?view={}",
            name::way_to_root(self.path),
            name::href(self.token.as_bytes())
        );
        let bar = |id: &str, groups: [&str; 2]| {
            html! {
                svg id=(id) viewBox="0 0 1000 16" preserveAspectRatio="none" role="img" aria-label="Nothing yet" {
                    rect.ground x="0" y="2" width="1000" height="12" {}
                    @for group in groups { g id=(group) {} }
                }
            }
        };
        html! {
            section.gauge.filemap #filemap data-fetched=(fetched) hidden aria-label="Played, held, fetched and wasted" {
                (bar("map-of-time", ["map-held", "map-played"]))
                p.quiet #map-time {}
                (bar("map-of-bytes", ["map-fetched", "map-again"]))
                p.quiet #map-bytes {}
            }
        }
    }

    /// The bar of held times; everything in it is filled in by the script, which finds its facts in the data attributes.
    fn gauge(&self) -> Markup {
        let cost = format!(
            "{}{RESERVED}/cost?view={}",
            name::way_to_root(self.path),
            name::href(self.token.as_bytes())
        );
        html! {
            section.gauge #gauge data-length=(self.length) data-cost=(cost) hidden aria-label="Held by the browser" {
                svg #held viewBox="0 0 1000 24" preserveAspectRatio="none" role="img" aria-label="Nothing held" {
                    rect.ground x="0" y="6" width="1000" height="12" {}
                    g #spans {}
                    rect.head #head x="0" y="0" width="3" height="24" {}
                }
                p.scale { span #now { "0:00" } span.quiet #held-text {} }
            }
        }
    }
}

impl TrackKind {
    fn key(self) -> &'static str {
        match self {
            Self::Subtitles => "subtitles",
            Self::Captions => "captions",
            Self::Chapters => "chapters",
        }
    }
}

impl Track {
    /// The language for `srclang`, which HTML demands of subtitles: `und` where the name tells none.
    fn language(&self) -> Option<&str> {
        self.language.as_deref().or((self.kind == TrackKind::Subtitles).then_some("und"))
    }
}

/// The figures of cost, counted by the server; hidden until the script has asked for them.
fn figures() -> Markup {
    html! {
        dl.figures #figures hidden {
            div { dt { "Sent for this page" } dd #bytes { "–" } }
            div { dt { "Share of the file" } dd #share { "–" } }
            div { dt { "Requests" } dd #requests { "–" } }
            div { dt { "Held by the browser" } dd #held-share { "–" } }
        }
    }
}

fn start_link() -> Markup {
    html! {
        p.start #start hidden {
            label for="link" { "Start here" }
            input #link type="text" readonly value="";
            button.button #copy type="button" { "Copy link" }
            span.quiet #copied role="status" {}
        }
    }
}

fn keys() -> Markup {
    let keys = [
        ("Space, K", "play or pause"),
        ("← →", "5 seconds back or on"),
        ("J, L", "10 seconds back or on"),
        ("0 … 9", "to so many tenths of the film"),
        ("M, C, F", "sound, captions, whole screen"),
    ];
    html! {
        details.keys #keys hidden {
            summary { "Keys" }
            dl { @for (key, effect) in keys { div { dt { kbd { (key) } } dd { (effect) } } } }
        }
    }
}
