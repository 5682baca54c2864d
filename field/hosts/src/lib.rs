//! What the hosts share. In: `HOST ROOT PORT` on the command line. Out: the folder and the loopback address to serve it at.

use std::{net::SocketAddr, path::PathBuf};

/// Reads the two arguments.
pub fn arguments() -> (PathBuf, SocketAddr) {
    let mut words = std::env::args_os().skip(1);
    let (Some(root), Some(port)) = (words.next(), words.next()) else { panic!("usage: HOST ROOT PORT") };
    let port = port.to_str().and_then(|port| port.parse().ok()).expect("a port is a number");
    (root.into(), SocketAddr::from(([127, 0, 0, 1], port)))
}
