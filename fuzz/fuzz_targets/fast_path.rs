//! Feeds octets to [`fast_path_body::fast_path`].
#![no_main]

#[path = "../fast_path_body.rs"]
mod fast_path_body;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fast_path_body::fast_path(octets));
