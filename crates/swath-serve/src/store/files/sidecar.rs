//! Precompressed forms beside a file: `name.br`, `name.zst`, `name.gz`.
//!
//! In: the file's path and facts, and the codings the client takes. Out: the best sidecar that may stand for it.
//! A sidecar is opened by the same rules as every file, and its own facts make its own validators.

use std::sync::Arc;

use super::open::{Opened, Root};
use super::represent::Form;
use crate::facts::Facts;
use crate::store::accept_encoding::AcceptEncoding;

/// Finds the most welcome sidecar of the file at `path`, whose own facts are `facts`.
///
/// One that is older than its file was made from an earlier version and is passed over; so is an empty one, which
/// no coding produces, and one that cannot be opened, since the file itself can be.
pub(super) fn find(root: &Root, path: &[u8], facts: &Facts, accepted: &AcceptEncoding) -> Option<Form> {
    accepted.in_order().find_map(|coding| {
        let beside = [path, coding.extension().as_bytes()].concat();
        let Ok(Opened::File(file, own)) = root.open(&beside) else { return None };
        (own.mtime >= facts.mtime && own.length > 0).then(|| Form {
            coding: Some(coding),
            file: Arc::new(file),
            facts: own,
        })
    })
}
