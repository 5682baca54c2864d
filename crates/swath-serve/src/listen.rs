//! Where the server listens: addresses as people write them, and sockets bound to them.
//!
//! Comes in: text such as `127.0.0.1:8206`, `https://[::1]:8443` or `unix:/run/swath.sock`, or a socket
//! another process opened. Goes out: listening sockets whose addresses are known before anything is served.

mod address;
mod bound;
mod unix;

pub use address::{DEFAULT_ADDRESS, ListenAddress, ParseAddressError};
pub(crate) use bound::Accepted;
pub use bound::{BoundAddress, Inherited, ListenError, Listener};
pub use unix::UNIX_MODE;
