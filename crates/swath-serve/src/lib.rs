//! A byte-serving HTTP server and tower service.

pub mod connection;
pub mod exchange;
pub mod facts;
pub mod limits;
pub mod listen;
pub mod source;
pub mod tally;
