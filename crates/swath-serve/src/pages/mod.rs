//! The pages people see: plain facts in, HTML, JSON or one line of text out.
//!
//! No function here reads a file or a socket. Every link is relative to the page it stands on, so the pages work
//! under whatever prefix the service is mounted; style, script and icon are [`asset`]s below [`RESERVED`].

mod accept;
mod asset;
mod captions;
mod error;
mod listing;
mod listing_json;
mod name;
mod panel;
mod player;
mod quantity;
mod shell;
mod sorting;

pub use accept::{Wants, wants};
pub use asset::{Asset, IMMUTABLE, asset};
pub use captions::{Track, TrackKind, captions_beside};
pub use error::{ErrorPage, Unsatisfied};
pub use listing::{Entry, Kind, Listing};
pub use panel::{Panel, PanelLink};
pub use player::{Medium, Player};
pub(crate) use quantity::grouped;
pub use sorting::{Order, Sort, Sorting};

/// The first path segment that is never looked for in the store: assets and the player's cost live below it.
pub const RESERVED: &str = ".swath";

/// A finished page: what to send, as what, and the policy it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The value of Content-Type.
    pub content_type: &'static str,
    /// The value of Content-Security-Policy; `None` for what is not HTML.
    pub security_policy: Option<&'static str>,
    /// The content, in UTF-8.
    pub text: String,
}

impl Page {
    fn html(markup: maud::Markup, security_policy: &'static str) -> Self {
        let content_type = "text/html; charset=utf-8";
        Self { content_type, security_policy: Some(security_policy), text: markup.into_string() }
    }
}

/// What a listing or an error page may load: our style and our icon, nothing else.
pub const STILL_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What a player page may load: also our script, the film and its captions, and the figures of what it cost.
pub const PLAYER_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; \
     script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[cfg(test)]
mod tests;
