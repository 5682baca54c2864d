//! A lens over real loopback sockets, before an origin of raw octets that does as it is told.

mod aborts;
mod answers;
mod faults;
mod support;
mod tls;
