//! Real browsers, real clients and real servers against swath.

pub mod clients;
pub mod swath;
