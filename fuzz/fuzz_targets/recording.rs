//! Feeds octets to [`serve_bodies::recording`].
#![no_main]

#[path = "../serve_bodies.rs"]
#[allow(dead_code, reason = "each target uses one of the bodies")]
mod serve_bodies;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| serve_bodies::recording(octets));
