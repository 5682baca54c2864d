//! Real clients against a real `swath serve`.
//!
//! Each test has two witnesses: what the program got, and what the server's exchange records say was asked and sent.

mod capped;
mod curl;
mod curl_transports;
mod downloaders;
mod ffmpeg;
mod names;
mod readers;
mod table;
mod witness;
