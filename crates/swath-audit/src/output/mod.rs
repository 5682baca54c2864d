//! A report in the form that somebody reads: people, programs, CI, a wiki.

mod json;
mod junit;
mod markdown;
mod text;

pub use json::json;
pub use junit::junit;
pub use markdown::markdown;
pub use text::{Text, text};

/// Writes a section with its document.
pub(crate) fn section(section: &str) -> String {
    match section.split_once(' ') {
        Some((document, section)) if document.bytes().all(|octet| octet.is_ascii_digit()) => {
            format!("RFC {document} {section}")
        }
        None if section.starts_with(|first: char| first.is_ascii_digit()) => format!("§{section}"),
        _ => section.to_owned(),
    }
}
