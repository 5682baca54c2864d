//! Single requests, for whoever reads ranges or asks whether something changed.
//!
//! In: fields of a request. Out: the head of the answer, and its content as it comes. Links, proxies, TLS, redirections and
//! credentials are those of a download.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderName, HeaderValue};
use url::Url;

use crate::connect::{self, Idle, Ways};
use crate::fault::{Error, Trouble};
use crate::job::Job;

/// Connections kept open: as many as a host is asked over at once by default, and two more.
const IDLE_MAX: usize = 8;

/// Asks for one URL again and again; connections are kept. It belongs to the runtime that it is used in first.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    ways: Ways,
    idle: Mutex<Vec<Idle>>,
}

/// Holds the head of an answer; its content comes by [`next`](Self::next).
pub struct Answer {
    /// Status and fields.
    pub parts: Parts,
    /// What was asked in the end, after redirections.
    pub url: Url,
    /// Why a redirection was not followed, when this answer is one.
    pub not_followed: Option<String>,
    content: Option<connect::Content>,
    shared: Arc<Shared>,
}

impl Client {
    /// Makes a client for the URL of a job, by its first link, with its fields, credentials, proxies and limits.
    pub fn new(job: &Job) -> Result<Self, Error> {
        let shared = Shared { ways: Ways::new(job)?, idle: Mutex::default() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Sends a GET with these fields, and waits for the head of its answer. No time limit but that of connecting: the
    /// caller knows how long it has.
    pub async fn ask(&self, fields: Vec<(HeaderName, HeaderValue)>) -> Result<Answer, Trouble> {
        let idle = self.shared.idle().pop();
        let answer = self.shared.ways.ask(0, &fields, false, idle, &mut |_| {}).await?;
        Ok(Answer {
            parts: answer.parts,
            url: answer.url,
            not_followed: answer.not_followed,
            content: Some(answer.content),
            shared: Arc::clone(&self.shared),
        })
    }
}

impl Answer {
    /// Waits for the next octets of content; nothing more comes after `None` or an error. `None` means that the content is
    /// as long as its framing says.
    pub async fn next(&mut self) -> Option<Result<Bytes, Trouble>> {
        let content = self.content.as_mut()?;
        let octets = poll_fn(|context| content.poll_octets(context)).await;
        if !matches!(octets, Some(Ok(_))) {
            let content = self.content.take()?;
            if octets.is_none()
                && let Some(idle) = content.into_idle().await
            {
                let mut kept = self.shared.idle();
                if kept.len() < IDLE_MAX {
                    kept.push(idle);
                }
            }
        }
        octets
    }
}

impl Shared {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Client").field("idle", &self.shared.idle().len()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Answer")
            .field("status", &self.parts.status)
            .field("url", &self.url.as_str())
            .finish_non_exhaustive()
    }
}
