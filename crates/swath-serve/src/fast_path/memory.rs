//! The memory that one thread's connections share, since only one of them is at work at a time.
//!
//! In: nothing. Out: a buffer to read heads into and one to put an answer together in. A connection that waits holds neither:
//! what it keeps is what it has not read to its end, or not sent.

use std::cell::{Cell, RefCell};

use bytes::BytesMut;

use super::request::{Field, HEAD_MAX, Heard};

/// The most octets of an answer that are put together to leave in one write.
pub(super) const BATCH_MAX: usize = crate::buffers::TURN;

/// Room for the longest head of an answer beside them.
const HEAD_ROOM: usize = 16 << 10;

thread_local! {
    static READ: Cell<Option<BytesMut>> = const { Cell::new(None) };
    static FIELDS: Cell<Vec<Field>> = const { Cell::new(Vec::new()) };
    static HEAD: Cell<Option<Vec<u8>>> = const { Cell::new(None) };
    static BATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; BATCH_MAX + HEAD_ROOM].into_boxed_slice());
}

/// Takes a buffer to read into: empty, with room for more than one head.
pub(super) fn take_read() -> BytesMut {
    let mut buffer = READ.take().unwrap_or_default();
    // Takes back what requests that are over have shared; a pipeline may fill all of it.
    buffer.reserve(2 * HEAD_MAX);
    buffer
}

/// Gives a buffer back whose octets are of no more use.
pub(super) fn give_read(mut buffer: BytesMut) {
    buffer.clear();
    READ.set(Some(buffer));
}

/// Takes a list for the fields of one request.
pub(super) fn take_fields() -> Vec<Field> {
    FIELDS.take()
}

/// Gives back what a request lies in.
pub(super) fn give_heard(heard: Heard) {
    let (head, mut fields) = heard.into_memory();
    give_read(head);
    fields.clear();
    FIELDS.set(fields);
}

/// Takes a buffer to write one head into.
pub(super) fn take_head() -> Vec<u8> {
    HEAD.take().unwrap_or_else(|| Vec::with_capacity(1024))
}

/// Gives it back.
pub(super) fn give_head(mut head: Vec<u8>) {
    head.clear();
    HEAD.set(Some(head));
}

/// Lends the memory for one write.
pub(super) fn with_batch<T>(used: impl FnOnce(&mut [u8]) -> T) -> T {
    BATCH.with_borrow_mut(|batch| used(batch))
}
