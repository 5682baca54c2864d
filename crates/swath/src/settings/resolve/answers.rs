//! What answers say, and the policy about ranges.
//!
//! In: the settings about answers. Out: [`AnswerSettings`] and [`Policy`].

use std::ffi::OsStr;

use byteranges::Policy;
use swath_serve::store::EtagMode;

use super::{
    super::{
        AnswerSettings,
        setting::Setting,
        table,
        value::{self, Wrong},
    },
    reader::Reader,
};

/// The settings that make up a [`Policy`]; `swath explain` takes them too.
pub(crate) static POLICY: &[&Setting] = &[
    &table::NO_RANGES,
    &table::MAX_OPEN_RANGE,
    &table::PARTIAL_FIRST,
    &table::REJECT_INVALID,
    &table::PARTS_MAX,
    &table::SPECS_MAX,
];

pub(super) fn answers(reader: &Reader<'_>) -> AnswerSettings {
    AnswerSettings {
        etag: match reader.word(&table::ETAG) {
            "content" => EtagMode::Content,
            "none" => EtagMode::None,
            _ => EtagMode::Stat,
        },
        cache_control: reader.one(&table::CACHE_CONTROL, value::field_value),
        cors: reader.list(&table::CORS, origin_field),
        policy: policy(reader),
    }
}

pub(super) fn policy(reader: &Reader<'_>) -> Policy {
    let open_size = |value: &OsStr| value::unless(value, "off", value::positive_size);
    Policy {
        ranges: !reader.switch(&table::NO_RANGES),
        max_open_range: reader.one(&table::MAX_OPEN_RANGE, open_size).flatten(),
        partial_first: reader.one(&table::PARTIAL_FIRST, open_size).flatten(),
        reject_invalid: reader.switch(&table::REJECT_INVALID),
        parts_max: reader.number(&table::PARTS_MAX, 1, 1000),
        specs_max: reader.number(&table::SPECS_MAX, 1, 10_000),
        ..Policy::default()
    }
}

/// Reads an origin as a browser sends it: scheme and host, no path.
fn origin_field(value: &OsStr) -> Result<http::HeaderValue, Wrong> {
    let typed = value::text(value)?;
    let authority = typed.split_once("://").map_or("", |(_, rest)| rest);
    let plain = !authority.is_empty() && !authority.contains(['/', '?', '#', '@', '*', ' ']);
    if plain || typed == "*" || typed == "null" {
        value::field_value(value)
    } else {
        Err("is no origin: write https://HOST[:PORT] without a path, or *".to_owned())
    }
}
