//! Feeds octets to [`fetch_bodies::link`].
#![no_main]

#[path = "../fetch_bodies.rs"]
#[allow(dead_code, reason = "each target uses one of the bodies")]
mod fetch_bodies;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fetch_bodies::link(octets));
