//! A byte-serving HTTP server and tower service.

pub mod connection;
pub mod limits;
pub mod listen;
