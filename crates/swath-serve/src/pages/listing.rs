//! The listing of a directory: its entries in, a page for people out.

use std::time::SystemTime;

use maud::{Markup, html};

use super::shell::{Shell, breadcrumbs, crumbs, icon};
use super::{Order, Page, Panel, STILL_POLICY, Sort, Sorting, name, quantity};

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A file.
    File,
}

/// One entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its name: any bytes.
    pub name: &'a [u8],
    /// What it is.
    pub kind: Kind,
    /// Its complete length; 0 for a directory.
    pub length: u64,
    /// When it was last changed, if that is known.
    pub modified: Option<SystemTime>,
    /// The media type it would be served as; decides its sign, and whether it is opened in the player.
    pub content_type: Option<&'a str>,
}

/// A directory to list.
#[derive(Debug, Clone)]
pub struct Listing<'a> {
    /// The raw, percent-encoded path it is asked for by; begins and ends with `/`.
    pub path: &'a str,
    /// What the root is called.
    pub root_title: &'a str,
    /// The entries, in any order.
    pub entries: Vec<Entry<'a>>,
    /// Whether there are more entries than are given here.
    pub truncated: bool,
    /// The order to show them in.
    pub sorting: Sorting,
    /// What to show above the entries of the root.
    pub panel: Option<&'a Panel>,
}

impl Entry<'_> {
    /// The link to what the entry holds, relative to its directory.
    pub(super) fn href(&self) -> String {
        let name = name::href(self.name);
        if self.kind == Kind::Directory { name + "/" } else { name }
    }

    fn is_played(&self) -> bool {
        matches!(self.icon(), "film" | "sound")
    }

    fn icon(&self) -> &'static str {
        if self.kind == Kind::Directory {
            return "folder";
        }
        let (family, subtype) = self.content_type.unwrap_or_default().split_once('/').unwrap_or_default();
        match family {
            "video" => "film",
            "audio" => "sound",
            "image" => "image",
            "text" => "text",
            _ if subtype.starts_with("pdf") || subtype.starts_with("json") => "text",
            _ if ["zip", "gzip", "zstd", "tar", "7z", "rar", "xz", "bzip"]
                .iter()
                .any(|pack| subtype.contains(pack)) =>
            {
                "pack"
            }
            _ => "file",
        }
    }
}

impl Listing<'_> {
    /// Draws the listing.
    pub fn html(&self) -> Page {
        let crumbs = crumbs(self.path, self.root_title);
        let title = crumbs.last().map_or(self.root_title, |crumb| crumb.shown.as_str());
        let main = html! {
            header {
                (breadcrumbs(&crumbs, true))
                h1 { bdi { (title) } }
                p.quiet { (self.summary()) }
            }
            @if let Some(panel) = self.panel { (panel.markup()) }
            @if self.truncated {
                p.note role="note" { "This directory holds more than can be shown: these are " (self.entries.len()) " of its entries." }
            }
            (self.table(crumbs.len() > 1, title))
        };
        let foot = html! {
            p { "Served by swath. Asked with " code { "Accept: application/json" } ", this page is JSON." }
        };
        let shell = Shell { title, path: self.path, scripts: &[] };
        Page::html(shell.around(&main, &foot), STILL_POLICY)
    }

    /// The entries in the order asked for.
    pub(super) fn sorted(&self) -> Vec<Entry<'_>> {
        let mut entries = self.entries.clone();
        self.sorting.apply(&mut entries);
        entries
    }

    /// What the directory holds, in one line: `2 folders, 12 files, 1.3 GiB`.
    fn summary(&self) -> String {
        let folders = self.entries.iter().filter(|entry| entry.kind == Kind::Directory).count() as u64;
        let files = self.entries.len() as u64 - folders;
        let length = self.entries.iter().fold(0u64, |sum, entry| sum.saturating_add(entry.length));
        let mut parts = Vec::new();
        if folders > 0 {
            parts.push(quantity::counted(folders, "folder", "folders"));
        }
        if files > 0 {
            parts.push(quantity::counted(files, "file", "files"));
            parts.push(quantity::short_length(length));
        }
        if parts.is_empty() { "Nothing in here".to_owned() } else { parts.join(", ") }
    }

    fn table(&self, below_root: bool, title: &str) -> Markup {
        html! {
            // The roles repeat what the elements say: on a phone the rows are laid out as a grid, and then some
            // browsers forget that they are rows.
            table.listing role="table" {
                caption.unseen { "Contents of " bdi { (title) } }
                thead role="rowgroup" {
                    tr role="row" { @for column in Sort::ALL { (self.column(column)) } }
                }
                tbody role="rowgroup" {
                    @if below_root {
                        tr.up role="row" { th scope="row" role="rowheader" colspan="3" { div { a.open href="../" { (icon("up")) span { "Parent directory" } } } } }
                    }
                    @for entry in self.sorted() { (row(&entry)) }
                    @if self.entries.is_empty() {
                        tr role="row" { td.empty role="cell" colspan="3" { "This directory is empty." } }
                    }
                }
            }
        }
    }

    fn column(&self, column: Sort) -> Markup {
        let sorted = (column == self.sorting.sort).then_some(match self.sorting.order {
            Order::Ascending => "ascending",
            Order::Descending => "descending",
        });
        let label = match column {
            Sort::Name => "Name",
            Sort::Size => "Size",
            Sort::Time => "Modified (UTC)",
        };
        html! {
            th scope="col" role="columnheader" class=(column.key()) aria-sort=[sorted] {
                a href=(self.sorting.link_to(column)) rel="nofollow" { (label) }
            }
        }
    }
}

fn row(entry: &Entry<'_>) -> Markup {
    let href = entry.href();
    let shown = name::shown(entry.name);
    let is_file = entry.kind == Kind::File;
    html! {
        tr role="row" {
            th scope="row" role="rowheader" {
                div {
                    a.open href={ (href) @if entry.is_played() { "?play" } } {
                        (icon(entry.icon()))
                        bdi { (shown) @if !is_file { "/" } }
                    }
                    @if entry.is_played() { a.act href=(href) aria-label={ "raw " (shown) } { "raw" } }
                    @if is_file {
                        a.act href={ (href) "?download" } rel="nofollow" aria-label={ "Download " (shown) } title="Download" { (icon("get")) }
                    }
                }
            }
            @if is_file {
                td.size role="cell" title=(quantity::exact_length(entry.length)) { (quantity::short_length(entry.length)) }
            } @else {
                td.size role="cell" {}
            }
            td.time role="cell" { (modified(entry.modified)) }
        }
    }
}

/// Draws a time to the minute, in UTC since the reader's zone is not known here; to the second for programs and on pointing.
pub(super) fn modified(time: Option<SystemTime>) -> Markup {
    let Some(exact) = time.and_then(quantity::rfc3339) else { return html! {} };
    let (day, clock) = exact.trim_end_matches('Z').split_once('T').unwrap_or((&exact, ""));
    html! {
        time datetime=(exact) title={ (day) " " (clock) " UTC" } { (day) span.clock { " " (clock.get(..5).unwrap_or(clock)) } }
    }
}
