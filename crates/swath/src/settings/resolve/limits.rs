//! How much of everything there may be.
//!
//! In: the settings about limits. Out: [`Limits`].

use std::{
    ffi::OsStr,
    num::{NonZeroU32, NonZeroU64, NonZeroUsize},
};

use swath_serve::limits::{HEAD_BYTES_MIN, Limits};

use super::{
    super::{table, value},
    reader::Reader,
};

/// The least that [`HEAD_BYTES_MIN`] allows, as the table's sizes are read.
const HEAD_BYTES_LEAST: u64 = HEAD_BYTES_MIN as u64;

pub(super) fn limits(reader: &Reader<'_>) -> Limits {
    let timeout = |setting| reader.one(setting, value::timeout).unwrap_or_default();
    let size = |setting, least, most| {
        reader.one(setting, |v| value::size_within(v, least, most)).unwrap_or_default()
    };
    let optional = |setting, word| {
        let read = |v: &OsStr| value::unless(v, word, |v| value::number(v, 1, 1_000_000));
        reader.one(setting, read).flatten().and_then(NonZeroUsize::new)
    };
    let requests = NonZeroU64::new(reader.number(&table::REQUESTS_PER_CONNECTION, 1, 1_000_000_000));
    let streams = NonZeroU32::new(reader.number(&table::STREAMS_PER_CONNECTION, 1, 10_000));
    let defaults = Limits::default();
    Limits {
        connections: optional(&table::CONNECTIONS_MAX, "auto"),
        connections_per_peer: optional(&table::CONNECTIONS_PER_PEER, "off"),
        requests_per_connection: requests.unwrap_or(defaults.requests_per_connection),
        streams: streams.unwrap_or(defaults.streams),
        head_bytes: size(&table::HEAD_BYTES, HEAD_BYTES_LEAST, 1 << 20),
        head_fields: reader.number(&table::HEAD_FIELDS, 1, 10_000),
        head_time: timeout(&table::HEAD_TIMEOUT),
        handshake_time: timeout(&table::HANDSHAKE_TIMEOUT),
        idle_time: timeout(&table::IDLE_TIMEOUT),
        stalled_write_time: timeout(&table::STALL_TIMEOUT),
        grace: reader.one(&table::GRACE, value::duration).unwrap_or_default(),
        rate: reader.one(&table::LIMIT_RATE, |v| value::unless(v, "off", value::positive_size)).flatten(),
        buffer_bytes: size(&table::BUFFER_MEMORY, 1 << 20, 1 << 40),
        ..defaults
    }
}
