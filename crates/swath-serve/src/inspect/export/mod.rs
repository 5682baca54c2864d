//! What is kept, in forms for elsewhere: entries and findings in, text out. Pure.
//!
//! | room | what it does |
//! |---|---|
//! | `filter` | which exchanges are meant |
//! | `har` | HAR 1.2, which browsers' developer tools open |
//! | `text` | a transcript as tables, with what is wrong |
//! | `diagram` | the exchanges as lines between a client and a server |

mod diagram;
mod filter;
mod har;
mod text;

use std::sync::Arc;

use serde_json::json;

pub use self::diagram::diagram;
pub use self::filter::Filter;
pub use self::har::har;
pub use self::text::{Group, groups, text};
use super::{Checks, Entry, findings};

/// Names a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The entries and the findings as one JSON document.
    Json,
    /// HAR 1.2.
    Har,
    /// A transcript for people.
    Text,
    /// The exchanges drawn as text.
    Diagram,
}

/// Writes entries in a form.
#[must_use]
pub fn export(entries: &[Arc<Entry>], checks: &Checks, form: Form) -> String {
    match form {
        Form::Json => {
            let findings = findings(entries, checks);
            let entries: Vec<_> = entries.iter().map(|entry| &**entry).collect();
            format!("{}\n", json!({ "exchanges": entries, "findings": findings }))
        }
        Form::Har => format!("{}\n", har(entries)),
        Form::Text => text(entries, checks),
        Form::Diagram => diagram(entries),
    }
}
