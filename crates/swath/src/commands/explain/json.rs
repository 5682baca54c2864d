//! The explanation for machines: in, a [`Case`]; out, one JSON object whose shape `docs/explain.md` states.

use byteranges::{Answer, Piece};
use http::{HeaderName, HeaderValue};
use serde::Serialize;

use super::case::{self, Case, Verdict};

#[derive(Serialize)]
struct Explained {
    request: RequestShape,
    representation: RepresentationShape,
    /// Absent where the method is performed and its answer is the resource's affair.
    answer: Option<AnswerShape>,
    because: BecauseShape,
}

#[derive(Serialize)]
struct RequestShape {
    method: String,
    fields: Vec<FieldShape>,
}

#[derive(Serialize)]
struct FieldShape {
    name: String,
    value: String,
}

#[derive(Serialize)]
struct RepresentationShape {
    complete_length: u64,
    etag: Option<String>,
    last_modified: Option<String>,
    content_type: Option<String>,
    content_encoding: Option<String>,
}

#[derive(Serialize)]
struct AnswerShape {
    status: u16,
    reason: &'static str,
    fields: Vec<FieldShape>,
    content: ContentShape,
}

#[derive(Serialize)]
struct ContentShape {
    length: u64,
    pieces: Vec<PieceShape>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
enum PieceShape {
    /// Octets that are no part of the representation.
    Literal { length: u64, text: String },
    /// Octets of the representation.
    Range { length: u64, first: u64, last: u64 },
}

#[derive(Serialize)]
struct BecauseShape {
    key: &'static str,
    sentence: String,
    section: &'static str,
    requirement: &'static str,
}

/// Renders the object, indented, with a final line feed.
pub(super) fn render(case: &Case) -> String {
    let because = case.verdict.because();
    let explained = Explained {
        request: RequestShape {
            method: case.request.method.to_string(),
            fields: case.request.fields.iter().map(|(name, value)| field(name, value)).collect(),
        },
        representation: representation(case),
        answer: match &case.verdict {
            Verdict::Answer { answer, .. } => Some(shape(answer)),
            Verdict::Perform => None,
        },
        because: BecauseShape {
            key: because.key(),
            sentence: because.to_string(),
            section: because.section(),
            requirement: because.requirement(),
        },
    };
    // Strings and numbers in structs: there is nothing here that JSON cannot hold.
    serde_json::to_string_pretty(&explained).unwrap_or_default() + "\n"
}

fn representation(case: &Case) -> RepresentationShape {
    let facts = &case.representation;
    RepresentationShape {
        complete_length: facts.complete_length,
        etag: facts.etag.as_ref().map(|tag| text(tag.as_header_value())),
        last_modified: facts.last_modified.map(|date| date.to_string()),
        content_type: facts.content_type.as_ref().map(text),
        content_encoding: facts.content_encoding.as_ref().map(text),
    }
}

fn shape(answer: &Answer) -> AnswerShape {
    AnswerShape {
        status: answer.status.as_u16(),
        reason: answer.status.canonical_reason().unwrap_or_default(),
        fields: case::fields(answer).iter().map(|(name, value)| field(name, value)).collect(),
        content: ContentShape {
            length: answer.content.length(),
            pieces: answer.content.pieces().map(piece).collect(),
        },
    }
}

fn piece(piece: &Piece) -> PieceShape {
    match piece {
        Piece::Literal(octets) => {
            PieceShape::Literal { length: piece.length(), text: String::from_utf8_lossy(octets).into_owned() }
        }
        Piece::Range(range) => {
            PieceShape::Range { length: range.length(), first: range.first(), last: range.last() }
        }
    }
}

fn field(name: &HeaderName, value: &HeaderValue) -> FieldShape {
    FieldShape { name: name.to_string(), value: text(value) }
}

/// A value as text; octets that are no UTF-8 become U+FFFD, since JSON has no others.
fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}
