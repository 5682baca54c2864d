//! Metalink files (RFC 5854): which files there are, where, how long, and with which digests.
//!
//! In: the octets of a `.meta4` file. Out: its files, or what is wrong with it.

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use url::Url;

use crate::digest::{Algorithm, Digest};
use crate::{link, name};

mod build;

use build::{Building, Element};

/// The longest file that is read: a million pieces' digests would be more, and are not needed.
pub const LENGTH_MAX: usize = 16 * 1024 * 1024;
/// The most files of one Metalink.
const FILES_MAX: usize = 1000;
/// The most places of one file.
const MIRRORS_MAX: usize = 1000;
/// The most pieces of one file.
const PIECES_MAX: usize = 250_000;
/// How deep elements may stand in each other; five is what the form has.
const DEPTH_MAX: usize = 32;
/// The longest text of an element: a URL that everybody bears.
const TEXT_MAX: usize = 8 * 1024;

const NAMESPACE: &str = "urn:ietf:params:xml:ns:metalink";
const NAMESPACE_3: &str = "http://www.metalinker.org/";

/// Describes one file of a Metalink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, made safe: directories are left out.
    pub name: String,
    /// Its complete length.
    pub size: Option<u64>,
    /// Digests of the whole, the strongest first.
    pub digests: Vec<Digest>,
    /// Digests of its pieces.
    pub pieces: Option<Pieces>,
    /// Where it is, the best place first.
    pub mirrors: Vec<Mirror>,
}

/// Holds digests of equal pieces, which lie beside each other from the first octet on; the last may be shorter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pieces {
    /// Octets of each.
    pub length: u64,
    /// Their digests, in order.
    pub digests: Vec<Digest>,
}

/// Names one place of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// Where.
    pub url: Url,
    /// Lower numbers come first, from 1 to 999,999.
    pub priority: u32,
    /// The country, as two letters, where it is told.
    pub country: Option<String>,
}

/// Says what is wrong with a Metalink.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetalinkError {
    /// It is no well-formed XML.
    #[error("the Metalink is not well-formed XML: {0}")]
    Xml(String),
    /// It is something else.
    #[error("this is no Metalink of RFC 5854 (.meta4)")]
    Other,
    /// It is of the form before.
    #[error("this is a Metalink of version 3 (.metalink); ask the server for its .meta4 file")]
    Version3,
    /// A limit is passed.
    #[error("the Metalink has more than {0}")]
    TooMuch(&'static str),
    /// A name leads elsewhere, or comes twice.
    #[error("the Metalink names a file `{0}`, which leads elsewhere, is no name, or comes twice")]
    Name(String),
    /// A file has no place that can be asked by HTTP.
    #[error("the Metalink names no HTTP URL for `{0}`")]
    NoMirror(String),
    /// Something in it does not fit the rest.
    #[error("the Metalink contradicts itself about `{0}`")]
    Contradiction(String),
}

/// Reads a Metalink.
///
/// # Errors
///
/// When it is something else, or breaks a rule on which safety rests.
// R-5854/4.1.2.1-1, R-5854/4.1.3-1, R-5854/4.2.8-1
pub fn parse(octets: &[u8]) -> Result<Vec<File>, MetalinkError> {
    if octets.len() > LENGTH_MAX {
        return Err(MetalinkError::TooMuch("16 MiB"));
    }
    let text = std::str::from_utf8(octets).map_err(|_| MetalinkError::Xml("it is not UTF-8".to_owned()))?;
    let mut reader = NsReader::from_str(text.trim_start_matches('\u{feff}'));
    reader.config_mut().expand_empty_elements = true;
    let mut building = Building::default();
    loop {
        let (namespace, event) =
            reader.read_resolved_event().map_err(|error| MetalinkError::Xml(error.to_string()))?;
        match event {
            Event::Start(start) => {
                let element = element(&namespace, &start, building.is_outside())?;
                building.open(element, &start)?;
            }
            Event::End(_) => building.close()?,
            Event::Text(text) => building.text(&text.xml10_content())?,
            Event::CData(text) => building.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => building.text(&resolve(&reference)?)?,
            // Entities of one's own are the way to gigabytes, and no Metalink needs them.
            Event::DocType(_) => return Err(MetalinkError::Xml("it has a DOCTYPE".to_owned())),
            Event::Eof => return building.end(),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Empty(_) => {}
        }
    }
}

/// Finds out which element begins; those of other namespaces are passed over, unless it is the outermost.
fn element(
    namespace: &ResolveResult<'_>,
    start: &BytesStart<'_>,
    outermost: bool,
) -> Result<Element, MetalinkError> {
    let namespace = match namespace {
        ResolveResult::Bound(namespace) => namespace.into_inner(),
        _ => "",
    };
    let name = start.local_name();
    match (namespace, outermost, name.into_inner()) {
        (NAMESPACE, true, "metalink") => Ok(Element::Metalink),
        (NAMESPACE_3, true, _) => Err(MetalinkError::Version3),
        (_, true, _) => Err(MetalinkError::Other),
        (NAMESPACE, false, name) => Ok(Element::of(name)),
        (_, false, _) => Ok(Element::Other),
    }
}

fn resolve(reference: &quick_xml::events::BytesRef<'_>) -> Result<String, MetalinkError> {
    let bad = || MetalinkError::Xml("it has an unknown entity".to_owned());
    if let Some(letter) = reference.resolve_char_ref().map_err(|_| bad())? {
        return Ok(letter.to_string());
    }
    quick_xml::escape::resolve_xml_entity(&reference.xml10_content()).map(str::to_owned).ok_or_else(bad)
}

#[cfg(test)]
mod tests;
