//! Digests of whole files: as a user gives them, as lists of them, and as servers send them.
//!
//! In: text, fields, octets. Out: a [`Digest`], and whether octets have it.
//!
//! | room | its one question |
//! |---|---|
//! | `value` | what does a digest look like, in hexadecimal digits or base64 |
//! | `hasher` | which digest do octets have |
//! | `sums` | which digest does a list give for a file |
//! | `fields` | which digest does a server give, and how is one asked for |

pub mod fields;
mod hasher;
pub mod sums;
mod value;

pub use hasher::Hasher;
pub use value::{Algorithm, Digest, DigestError};
