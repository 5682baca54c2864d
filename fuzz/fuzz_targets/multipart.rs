//! Feeds octets to [`bodies::multipart`].
#![no_main]

#[path = "../bodies.rs"]
#[allow(dead_code, reason = "each target uses one of the bodies")]
mod bodies;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| bodies::multipart(octets));
