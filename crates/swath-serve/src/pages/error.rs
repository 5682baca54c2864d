//! Answers that are no success: a status and what is known of the fault in, a short page or one line out.

use http::StatusCode;
use maud::html;

use super::name;
use super::shell::Shell;
use super::{Page, STILL_POLICY, quantity};

/// What a 416 tells: how long the representation is, and what was asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsatisfied<'a> {
    /// The complete length.
    pub complete_length: u64,
    /// The Range field as it came: any bytes.
    pub range: &'a [u8],
}

/// A fault to tell of.
#[derive(Debug, Clone, Copy)]
pub struct ErrorPage<'a> {
    /// The status.
    pub status: StatusCode,
    /// The raw path of the target, as it came.
    pub path: &'a str,
    /// A sentence on what is wrong and what would help; without one, the usual sentence of the status.
    pub detail: Option<&'a str>,
    /// What only a 416 has.
    pub unsatisfied: Option<Unsatisfied<'a>>,
}

/// How much of a target or field is repeated: enough to know it again, too little to fill a screen.
const QUOTE_MAX: usize = 200;

impl ErrorPage<'_> {
    /// Draws the page.
    pub fn html(&self) -> Page {
        let number = self.status.as_u16();
        let title = format!("{number} {}", reason(self.status));
        let main = html! {
            header.error {
                p.number aria-hidden="true" { (number) }
                h1 { span.unseen { (number) " " } (reason(self.status)) }
            }
            p { (self.sentence()) }
            dl.facts {
                div { dt { "Asked for" } dd { code { bdi { (quoted(self.path.as_bytes())) } } } }
                @if let Some(unsatisfied) = self.unsatisfied {
                    div { dt { "Range" } dd { code { bdi { (quoted(unsatisfied.range)) } } } }
                    div { dt { "Complete length" } dd { (quantity::exact_length(unsatisfied.complete_length)) } }
                }
            }
            p.actions { a.button href=(name::way_to_root(self.path)) { "All files" } }
        };
        let shell = Shell { title: &title, path: self.path, scripts: &[] };
        Page::html(shell.around(&main, &html! { p { "Served by swath." } }), STILL_POLICY)
    }

    /// Writes it as one line of plain text.
    pub fn text(&self) -> Page {
        let text = format!("{} {}: {}\n", self.status.as_u16(), reason(self.status), self.sentence());
        Page { content_type: "text/plain; charset=utf-8", security_policy: None, text }
    }

    fn sentence(&self) -> String {
        if let Some(detail) = self.detail {
            return name::shown(detail.as_bytes());
        }
        if let Some(Unsatisfied { complete_length, range }) = self.unsatisfied {
            let range = quoted(range);
            return match complete_length {
                0 => format!("The file is empty, so no byte of {range} is in it."),
                length => format!(
                    "No byte of {range} is in the file: it has {}, and its last is byte {}.",
                    quantity::exact_length(length),
                    quantity::grouped(length - 1)
                ),
            };
        }
        usual(self.status).to_owned()
    }
}

/// The name of a status, by RFC 9110 and its registry.
fn reason(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or(if status.is_server_error() { "Server Error" } else { "Error" })
}

/// The beginning of what came, made visible.
fn quoted(bytes: &[u8]) -> String {
    let shown = name::shown(bytes);
    match shown.char_indices().nth(QUOTE_MAX) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown,
    }
}

/// What a status means here, and what would help.
fn usual(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "The request could not be understood. If a link brought you here, it may be broken.",
        403 => "The file is there, but this server may not read it. Its owner can change that.",
        404 => {
            "There is nothing at this address. It may have been moved or renamed; the list of all files may have it."
        }
        405 => "Files are only read here: GET and HEAD are answered.",
        408 => "The request did not arrive in time. Try again; the connection may be slow.",
        412 => "The file is not the version that was asked for: it has changed since. Load it anew.",
        413 => "The request brings content, and more of it than this server reads. Files are only read here.",
        414 => "The address is longer than this server reads.",
        416 => "No byte that was asked for is in the file.",
        417 => "The request expects something that this server does not do. Send it without Expect.",
        421 => "This server does not answer for that host. Check the address.",
        429 => "Too many requests at once from your address. Wait a little and try again.",
        431 => {
            "The head of the request is longer than this server reads. Clearing cookies for this host may help."
        }
        500 => "The file could not be read. The server's log tells why.",
        501 => "This server does not know that method. Files are only read here: GET and HEAD are answered.",
        503 => "The server has too much to do just now. Wait a little and try again.",
        505 => "This server speaks HTTP/1.1 and HTTP/2.",
        code if code >= 500 => "Something went wrong at the server. Its log tells why.",
        _ => "The request was refused.",
    }
}
