//! Turns what was typed into what it means, once.
//!
//! In: [`Layers`]. Out: [`ServeSettings`], or every complaint there is, each naming where its value stands.
//! Nothing after this knows whether a value came from a flag, a variable or a file. Each heading of the table has a room of its own.

mod answers;
mod files;
mod lens;
mod limits;
mod listening;
mod reader;
mod records;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use byteranges::Policy;

use self::reader::Reader;
pub(crate) use self::{answers::POLICY, records::inspect_address};
use super::{ServeSettings, layers::Layers, table};

/// Converts only what makes up a policy.
pub(crate) fn resolve_policy(layers: &Layers) -> Result<Policy, Vec<String>> {
    let reader = Reader::new(layers);
    let policy = answers::policy(&reader);
    let complaints = reader.complaints();
    if complaints.is_empty() { Ok(policy) } else { Err(complaints) }
}

/// Converts all layers at once.
pub(crate) fn resolve(layers: &Layers) -> Result<ServeSettings, Vec<String>> {
    let reader = Reader::new(layers);
    let demo = reader.switch(&table::DEMO);
    let settings = ServeSettings {
        root: reader.path(&table::ROOT).unwrap_or_else(|| PathBuf::from(".")),
        demo,
        lens: lens::lens(&reader, demo),
        listen: listening::listening(&reader),
        files: files::files(&reader),
        answers: answers::answers(&reader),
        limits: limits::limits(&reader),
        records: records::records(&reader),
    };
    one_thing_is_served(&reader, settings.demo);
    let complaints = reader.complaints();
    if complaints.is_empty() { Ok(settings) } else { Err(complaints) }
}

/// A demo asked for over a ROOT in a weaker place is fine; anywhere else, one of the two would be passed over in
/// silence.
fn one_thing_is_served(reader: &Reader<'_>, demo: bool) {
    let (asked, root) = (reader.layers.find(&table::DEMO).origin, reader.layers.find(&table::ROOT).origin);
    if demo && root.is_given() && root.strength() >= asked.strength() {
        reader.complain(format!(
            "{asked} serves built-in media, yet {root} names something else: leave one of them out"
        ));
    }
}
