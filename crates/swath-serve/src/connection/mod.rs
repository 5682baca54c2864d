//! One connection from its first octet to its close: HTTP/1.1 and HTTP/2, in the clear and under TLS.

mod respond;
mod tally;

pub use respond::{BoxError, ConnectionInfo, Peer, Refusal, Respond, Scheme};
pub use tally::{End, Tally};
