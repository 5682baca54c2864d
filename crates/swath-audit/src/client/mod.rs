//! Asks a server in raw HTTP/1.1: in, a request as odd as a check wants it; out, the octets of both heads and of the
//! content, as far as the content was wanted.
//!
//! Ordinary clients repair what they send and what they get, so none of them can be the witness here. There is one
//! request at a time, over one connection that is kept while both sides allow it.

mod answer;
mod ask;
mod connect;
mod content;

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};

pub(crate) use answer::{Exchange, Framing};
pub(crate) use ask::{Ask, USER_AGENT};
pub(crate) use connect::Link;

use crate::{
    h2::{self, Question, Said},
    options::Options,
    target::Target,
};
use connect::Connector;

/// After so many exchanges without an answer no more are tried: an audit of a server that hangs would take an hour.
const SLOW_MAX: u32 = 5;

/// Says why there is no answer to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The audit's own limit on requests or octets is reached.
    #[error("the audit's limit of {0} is reached")]
    Spent(&'static str),
    /// There is no connection to be had.
    #[error("{0}")]
    Unreachable(String),
    /// The server let the time pass.
    #[error("no answer within {}", humane(*.0))]
    Slow(Duration),
    /// The server closed or broke the connection before an answer.
    #[error("the connection ended before an answer came ({0})")]
    Closed(String),
    /// What came is not HTTP/1.
    #[error("the answer is not HTTP/1.1: {0}")]
    Malformed(String),
}

fn humane(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}

/// Counts what an audit has used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Requests sent.
    pub requests: u32,
    /// Octets of content read.
    pub bytes: u64,
}

/// Asks one server.
pub(crate) struct Client {
    target: Target,
    options: Options,
    connector: Connector,
    idle: Option<Link>,
    /// How often the server has let the time pass.
    slow: u32,
    next: Instant,
    /// What was used so far.
    pub(crate) spent: Spent,
}

impl Client {
    pub(crate) fn new(target: Target, options: Options) -> Result<Self, Trouble> {
        let connector = Connector::new(&target, &options)?;
        Ok(Self {
            target,
            options,
            connector,
            idle: None,
            slow: 0,
            next: Instant::now(),
            spent: Spent::default(),
        })
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// Moves on to another target, as a redirection says.
    pub(crate) fn turn_to(&mut self, target: Target) -> Result<(), Trouble> {
        if target.host() != self.target.host() {
            // Credentials are for the host they were given for.
            self.options.fields.retain(|(name, _)| {
                !name.eq_ignore_ascii_case("authorization") && !name.eq_ignore_ascii_case("cookie")
            });
        }
        self.connector = Connector::new(&target, &self.options)?;
        self.idle = None;
        self.target = target;
        Ok(())
    }

    /// Sends a request and reads the answer.
    pub(crate) async fn ask(&mut self, ask: &Ask) -> Result<Exchange, Trouble> {
        let request = ask.head(&self.target, &self.options.fields);
        let reused = self.idle.is_some();
        match self.once(ask, &request).await {
            // A kept connection may have been closed meanwhile; that is no fault and no answer.
            Err(Trouble::Closed(_)) if reused => self.once(ask, &request).await,
            other => other,
        }
    }

    /// Asks over HTTP/2; `None` where the server does not offer it.
    pub(crate) async fn ask_h2(&mut self, questions: &[Question]) -> Result<Option<Vec<Said>>, Trouble> {
        let count = u32::try_from(questions.len()).unwrap_or(u32::MAX);
        if self.spent.requests.saturating_add(count) > self.options.requests_max {
            return Err(Trouble::Spent("requests"));
        }
        let limit = self.options.timeout;
        let asked = async {
            let Some(link) = self.connector.connect_h2().await? else { return Ok(None) };
            self.spent.requests += count;
            let uri = self.target.absolute();
            h2::ask(link, &uri, &self.options.fields, questions).await.map(Some)
        };
        timeout(limit, asked).await.map_err(|_| Trouble::Slow(limit))?
    }

    async fn once(&mut self, ask: &Ask, request: &[u8]) -> Result<Exchange, Trouble> {
        if self.spent.requests >= self.options.requests_max {
            return Err(Trouble::Spent("requests"));
        }
        let left = self.options.bytes_max.saturating_sub(self.spent.bytes);
        if left == 0 {
            return Err(Trouble::Spent("octets"));
        }
        if self.slow >= SLOW_MAX {
            return Err(Trouble::Spent("exchanges without an answer"));
        }
        sleep_until(self.next).await;
        self.next = Instant::now() + self.options.pause;
        self.spent.requests += 1;
        let limit = self.options.timeout;
        let idle = self.idle.take().filter(|_| !ask.fresh);
        let exchange = async {
            let mut link = match idle {
                Some(link) => link,
                None => self.connector.connect().await?,
            };
            let exchange = answer::exchange(&mut link, ask, request, left).await?;
            Ok((link, exchange))
        };
        let (link, exchange) = timeout(limit, exchange).await.map_err(|_| {
            self.slow += 1;
            Trouble::Slow(limit)
        })??;
        self.spent.bytes = self.spent.bytes.saturating_add(exchange.length);
        self.idle = (exchange.reusable && !ask.close).then_some(link);
        Ok(exchange)
    }
}
