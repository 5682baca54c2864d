//! The listing of a directory as JSON, for programs.

use serde::Serialize;

use super::listing::{Kind, Listing};
use super::{Page, quantity};

/// The document; its shape is promised in docs/pages.md.
#[derive(Serialize)]
struct Document<'a> {
    path: &'a str,
    truncated: bool,
    entries: Vec<Member>,
}

#[derive(Serialize)]
struct Member {
    name: String,
    href: String,
    kind: &'static str,
    length: Option<u64>,
    modified: Option<String>,
}

impl Listing<'_> {
    /// Writes the listing as JSON, in the same order as the page.
    ///
    /// `name` is the name as UTF-8 with U+FFFD for what is none; `href` keeps every byte.
    pub fn json(&self) -> Page {
        let entries = self.sorted().into_iter().map(|entry| Member {
            name: String::from_utf8_lossy(entry.name).into_owned(),
            href: entry.href(),
            kind: if entry.kind == Kind::Directory { "directory" } else { "file" },
            length: (entry.kind == Kind::File).then_some(entry.length),
            modified: entry.modified.and_then(quantity::rfc3339),
        });
        let document = Document { path: self.path, truncated: self.truncated, entries: entries.collect() };
        // Strings, numbers and lists: nothing in the document can fail to serialise.
        let text = serde_json::to_string(&document).unwrap_or_default() + "\n";
        Page { content_type: "application/json", security_policy: None, text }
    }
}
