//! The client's half, performed: sockets, TLS and disks around the pure machine of [`byteranges::download`].
//!
//! In: a [`Job`] and a [`Sink`]. Out: one representation, whole, or an honest [`Fault`](byteranges::download::Fault).
//!
//! The machine decides what is asked for, where octets go and what counts as held; this crate performs it.

mod client;
mod connect;
pub mod cookies;
pub mod digest;
pub mod disk;
mod drive;
mod fault;
pub mod finished;
mod job;
mod lane;
pub mod link;
pub mod metalink;
pub mod name;
pub mod netrc;
mod observe;
pub mod pipe;
mod ranges;
mod reader;
mod sink;

pub use client::{Answer, Client};
pub use digest::Digest;
pub use drive::{Ended, Stop, download};
pub use fault::{Error, Trouble};
pub use job::{Credentials, HttpVersions, Interface, Job, Limits, Proxy};
pub use observe::{Event, InFlight, Observer, Progress};
pub use ranges::{Ranges, RangesError, RangesOptions};
pub use reader::{BlockingRemoteFile, ReadError, ReadOptions, RemoteFile};
pub use sink::{About, Finished, Sink};
pub use swath_trust::Trust;
