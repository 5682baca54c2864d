//! HTTP byte ranges, right: what a server owes a range request, as pure functions.
//!
//! Files, sockets and clocks are the caller's. This crate takes the facts and gives back values:
//!
//! | step | in | out |
//! |---|---|---|
//! | [`RangesSpecifier::parse`] | octets of a Range field | bytes, other unit, or invalid: three different facts |
//! | preconditions | If-Match … If-Range, validators, the clock | go on, 304, 412, or ignore Range |
//! | [`satisfy()`] | a range-spec and the complete length | a [`ByteRange`], never empty |
//! | [`decide()`] | all of these and a [`Policy`] | a [`Decision`] with its reason and section |
//! | [`compose()`] | the decision | an [`Answer`]: status, header fields, [`Content`] of exactly known length |
//!
//! The answer is rendered for `http` types ([`Answer::into_response`]) or as an HTTP/1.1 head
//! ([`Answer::write_head`]); its content is literals and ranges, so sending it is one loop:
//!
//! ```
//! use std::time::SystemTime;
//! use byteranges::{Asked, AskedMethod, Boundary, EntityTag, Piece, Policy, Representation, compose, decide};
//!
//! let file: Vec<u8> = (0..=255).cycle().take(10_000).collect();
//! let facts = Representation { etag: EntityTag::strong(b"v1"), ..Representation::new(10_000) };
//! let asked = Asked::new(AskedMethod::Get).with("Range", "bytes=0-0,-1").with("If-Range", "\"v1\"");
//! let (policy, now) = (Policy::default(), SystemTime::now());
//!
//! let decision = decide(&asked, &facts, &policy, now);
//! let answer = compose(&decision, &asked, &facts, &policy, now, || Boundary::from_random(0x5eed));
//! let expected = answer.content.length();
//!
//! let mut sent = Vec::new();
//! for piece in answer.content {
//!     match piece {
//!         Piece::Literal(octets) => sent.extend_from_slice(&octets),
//!         Piece::Range(range) => sent.extend_from_slice(&file[range.first() as usize..=range.last() as usize]),
//!     }
//! }
//! assert_eq!(sent.len() as u64, expected);
//! ```
//!
//! Requirements are cited in the code by ids such as `R-14.2-5`; `spec/requirements.tsv` in the repository says what
//! each asks, and a test holds both against each other.

#![forbid(unsafe_code)]

mod answer;
mod asked;
mod because;
mod byte_range;
mod byte_set;
mod compose;
mod content;
mod content_range;
mod date;
mod decide;
pub mod download;
mod entity_tag;
mod fields;
mod lex;
mod multipart;
mod policy;
mod precondition;
mod read;
mod representation;
mod satisfy;
mod specifier;
pub mod validator;
mod write;

pub use answer::Answer;
pub use asked::{Asked, AskedMethod};
pub use because::Because;
pub use byte_range::ByteRange;
pub use byte_set::ByteSet;
pub use compose::compose;
pub use content::{Content, Piece};
pub use content_range::ContentRange;
pub use date::HttpDate;
pub use decide::{Decision, Outcome, decide};
pub use entity_tag::EntityTag;
pub use multipart::Boundary;
pub use policy::Policy;
pub use read::{MultipartError, MultipartItem, MultipartLimits, MultipartReader, PartHead};
pub use representation::Representation;
pub use satisfy::satisfy;
pub use specifier::{RangeSet, RangeSpec, RangesSpecifier};
