//! Content as it is sent, at the level of bodies: which octets come, when it is cut off, what is recorded.

mod bench;
mod budget;
mod changing;
mod documented;
mod reading;
