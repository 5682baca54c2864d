//! Downloads over real sockets, from small origins in this process.

mod client;
mod cuts;
mod digest;
mod limits;
mod mirror;
mod origin;
mod proxy;
mod reader;
mod redirect;
mod resume;
mod sink;
mod versions;
mod whole;
