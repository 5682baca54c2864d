//! Downloads over real sockets, from small origins in this process.

mod origin;
mod sink;
mod whole;
