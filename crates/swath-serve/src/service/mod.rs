//! One way from a request head to an answer, for every transport and for [`ServeDir`](crate::ServeDir).
//!
//! In: a parsed head. Out: a response whose content is not read yet, and one record of the exchange.
//!
//! | room | what it does |
//! |---|---|
//! | `head` | method, Host and target, before anything is looked up |
//! | `request` | what of the head the answer depends on |
//! | `representation` | a selected file: preconditions, ranges, download, player |
//! | `offer` | an answer made at once, out of what an earlier request was told |
//! | `digests` | Repr-Digest and Content-Digest, for those who ask |
//! | `own` | what is ours and not the store's: listing, assets, the cost of a view, errors, OPTIONS |
//! | `reply` | the answer with the source of its content and its reason |

mod digests;
mod offer;
mod own;
mod reply;
mod representation;
mod request;
pub(crate) mod respond;

use std::sync::Arc;
use std::time::SystemTime;

use byteranges::{Answer, Because, Policy};
use http::StatusCode;
use http::header::X_CONTENT_TYPE_OPTIONS;
use http::request::Parts;
use http::{HeaderValue, Response};

use crate::buffers::Buffers;
use crate::connection::ConnectionInfo;
use crate::cors::Cors;
use crate::exchange::{Answered, Received, Record, Recorder, Views, Wire, lines};
use crate::head::{self, Wish};
use crate::inspect::Inspector;
use crate::pages::Panel;
use crate::perform::ContentBody;
use crate::source::Source;
use crate::store::{Selection, Store, StoreError};
use digests::Digests;
use reply::Reply;
use request::Request;

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// Holds what a service answers with.
#[derive(Debug)]
pub struct ServiceOptions {
    /// Where representations come from.
    pub store: Store,
    /// What is chosen where RFC 9110 leaves room.
    pub policy: Policy,
    /// Which origins' scripts may read the answers.
    pub cors: Cors,
    /// What its pages say of it; `None` for a service without pages: no listings, no player, errors as text.
    pub site: Option<Site>,
    /// Whether requests without one valid Host are refused (RFC 9112 §3.2). A framework that passes requests on has seen to that.
    pub check_host: bool,
    /// Where records of exchanges go.
    pub recorder: Recorder,
    /// What opened player pages have cost; the same that the recorder charges.
    pub views: Arc<Views>,
    /// The memory that contents are read into.
    pub buffers: Arc<Buffers>,
}

/// Holds what the pages say of this server.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// What the root is called.
    pub title: String,
    /// Things to try, above the root's listing.
    pub panel: Option<Panel>,
    /// A sentence below the player.
    pub note: Option<String>,
}

/// An answer that is yet to be sent, with the source of its content and the record of its exchange.
pub(crate) struct Performance {
    pub(crate) answer: Answer,
    pub(crate) source: Option<Source>,
    pub(crate) record: Record,
}

/// Answers requests for the representations of one store.
#[derive(Debug)]
pub struct Service {
    options: ServiceOptions,
    digests: Digests,
    /// Says which bytes were fetched for a player's page.
    inspector: Option<Arc<Inspector>>,
}

impl Service {
    /// Creates a service.
    pub fn new(options: ServiceOptions) -> Self {
        Self { options, digests: Digests::new(), inspector: None }
    }

    /// Shows on each player's page which bytes were fetched for it, as this inspector knows them.
    #[must_use]
    pub fn with_inspector(mut self, inspector: Option<Arc<Inspector>>) -> Self {
        self.inspector = inspector;
        self
    }

    /// Answers one request; its content, if it has any, is never read.
    ///
    /// `connection` is what it came on, if that is known, so that the record can name the peer and count the octets that
    /// leave. It never fails: every fault is an answer.
    pub async fn respond(&self, parts: &Parts, connection: Option<&ConnectionInfo>) -> Response<ContentBody> {
        let wire = connection.map_or(Wire::Unknown, |connection| respond::wire(connection, parts));
        let Performance { answer, source, record } = self.answer(parts, connection, wire).await;
        let (head, content) = answer.into_response().into_parts();
        let body = ContentBody::new(content, source, record, Arc::clone(&self.options.buffers));
        Response::from_parts(head, body)
    }

    /// Makes the answer to one request, and leaves it to the caller to send it.
    pub(crate) async fn answer(
        &self,
        parts: &Parts,
        connection: Option<&ConnectionInfo>,
        wire: Wire,
    ) -> Performance {
        let peer = connection.map(|connection| connection.client);
        let request = Request::read(parts, SystemTime::now());
        let received = |instant| Received::at(request.now, instant, peer, parts);
        let record = self.options.recorder.begin(request.query(), wire, received);
        let number = connection.map(|connection| connection.number);
        record.asked(number, parts.version, lines(&parts.headers));
        let reply = self.reply(parts, &request).await;
        self.perform(reply, &request, record)
    }

    /// The memory that contents are read into.
    pub(crate) fn buffers(&self) -> &Arc<Buffers> {
        &self.options.buffers
    }

    async fn reply(&self, parts: &Parts, request: &Request<'_>) -> Reply {
        if self.options.check_host && !head::has_valid_host(parts) {
            return self.error(
                request,
                StatusCode::BAD_REQUEST,
                Some("The request has to name its host, once."),
            );
        }
        match head::check(parts) {
            Ok(Wish::Read) => self.read(request).await,
            Ok(Wish::Options) => self.options_reply(request),
            Err(status) => self.error(request, status, None),
        }
    }

    /// Answers GET and HEAD. What is no 200 by itself is settled here, before preconditions and Range count (R-13.2.1-1,
    /// R-13.2.1-2).
    async fn read(&self, request: &Request<'_>) -> Reply {
        if let Some(name) = request.reserved_name() {
            return self.reserved(request, name);
        }
        match self.options.store.select(&request.wanted()).await {
            Ok(Selection::Representation(selected)) => self.representation(request, *selected).await,
            Ok(Selection::Directory(directory)) => self.listing(request, &directory),
            Ok(Selection::Redirect(path)) => self.redirect(request, path),
            Err(error) => self.fault(request, &error),
        }
    }

    fn fault(&self, request: &Request<'_>, error: &StoreError) -> Reply {
        let (status, detail) = match error {
            StoreError::NotFound => (StatusCode::NOT_FOUND, None),
            StoreError::Forbidden => (StatusCode::FORBIDDEN, None),
            StoreError::BadTarget(sentence) => (StatusCode::BAD_REQUEST, Some(*sentence)),
            StoreError::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, None),
            StoreError::Io(_) => (StatusCode::INTERNAL_SERVER_ERROR, None),
        };
        self.error(request, status, detail)
    }

    /// Adds what every answer carries, and hands the content over to be sent.
    fn perform(&self, mut reply: Reply, request: &Request<'_>, record: Record) -> Performance {
        self.mark(request, &mut reply.answer);
        Self::note(&record, &reply.answer, reply.because, reply.answer.content.length());
        Performance { answer: reply.answer, source: reply.source, record }
    }

    /// Adds what every answer carries; nothing of it is there before.
    fn mark(&self, request: &Request<'_>, answer: &mut Answer) {
        answer.append(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
        self.options.cors.mark(request.fields, answer);
    }

    /// Notes the answer in its record, with how much content it promises.
    fn note(record: &Record, answer: &Answer, because: Option<Because>, bytes_planned: u64) {
        if record.is_kept() {
            record.answered(Answered {
                status: answer.status,
                content_range: answer.get(&http::header::CONTENT_RANGE),
                because: because.map(Because::key),
                section: because.map(Because::section),
                bytes_planned,
            });
        }
        if record.is_detailed() {
            let mut head = Vec::new();
            answer.write_head(&mut head);
            record.answered_with(lines_of(&head));
        }
    }
}

/// Takes the fields out of a head that was written here.
fn lines_of(head: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    let mut begin = 0;
    let lines =
        memchr::memchr_iter(b'\n', head).map(move |end| &head[std::mem::replace(&mut begin, end + 1)..end]);
    lines.skip(1).filter_map(|line| {
        let colon = memchr::memchr(b':', line)?;
        let name = std::str::from_utf8(&line[..colon]).ok()?;
        Some((name, line[colon + 1..].trim_ascii()))
    })
}

/// Draws 128 bits that nobody can guess.
fn random_bits() -> Result<u128, getrandom::Error> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits)?;
    Ok(u128::from_ne_bytes(bits))
}
