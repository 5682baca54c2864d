//! The fast path beside the engine: the same octets for the same requests, and what only sockets can show.

#[path = "../spec/client.rs"]
#[allow(dead_code, reason = "these tests write octets themselves")]
mod client;
#[path = "../spec/server.rs"]
#[allow(dead_code, reason = "shared with the tables' runner")]
mod server;

mod agreement;
mod limits;
mod mutations;
mod raw;
mod sending;
mod support;
