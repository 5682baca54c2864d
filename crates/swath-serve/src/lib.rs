//! A byte-serving HTTP server and tower service.

pub mod connection;
mod cors;
pub mod exchange;
pub mod facts;
mod head;
pub mod limits;
pub mod listen;
pub mod pages;
pub mod source;
pub mod tally;

pub use cors::Cors;
