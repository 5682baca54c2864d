//! Connections over real loopback sockets, spoken to in raw octets.

mod close;
mod heads;
mod http2;
mod limits;
mod requests;
mod scrape;
mod stop;
mod support;
mod tls;
