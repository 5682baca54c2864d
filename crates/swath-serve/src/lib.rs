//! A byte-serving HTTP server and tower service.

pub mod buffers;
pub mod connection;
mod cors;
pub mod exchange;
pub mod facts;
mod head;
pub mod limits;
pub mod listen;
pub mod log;
pub mod metrics;
pub mod pages;
pub mod perform;
mod runtime;
pub mod server;
mod slots;
pub mod source;
pub mod store;
pub mod tally;
pub mod tls;
mod watch;

pub use cors::Cors;
