//! A byte-serving HTTP server and tower service.

mod accept;
pub mod buffers;
pub mod connection;
mod content_disposition;
mod cors;
pub mod exchange;
pub mod facts;
pub mod fast_path;
mod field_lines;
mod head;
pub mod inspect;
pub mod lens;
pub mod limits;
pub mod listen;
mod load;
pub mod log;
pub mod metrics;
mod notice;
pub mod pages;
pub mod perform;
mod rebinding;
mod runtime;
mod serve_dir;
pub mod server;
pub mod service;
mod slots;
pub mod source;
pub mod store;
pub mod tally;
mod this_thread;
pub mod tls;
mod watch;

pub use cors::Cors;
pub use serve_dir::{ServeDir, ServeDirBuilder};
pub use service::{Service, ServiceOptions, Site};
