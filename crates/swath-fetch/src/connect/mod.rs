//! Ways to a server: links, proxies, TLS, redirections and credentials; everything below an answer's content.
//!
//! In: a [`Job`](crate::Job) and a URL. Out: a connection that a request can be sent over.

mod content;
mod home;
mod link;
mod names;
mod reach;
mod redirect;
mod request;
mod trust;
mod way;

pub(crate) use content::{Content, Idle};
pub(crate) use request::without_secrets;
pub(crate) use way::{Answer, Notice, Ways};
