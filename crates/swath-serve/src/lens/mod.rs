//! A lens before another server: each request goes to the origin, each answer comes back as the origin gave it.
//!
//! In: a parsed head. Out: the origin's answer, and one record of the exchange. Nothing is decided here, so that
//! the origin's faults stay visible; what the lens itself has to say is marked as its own by a reason.
//!
//! | room | what it does |
//! |---|---|
//! | `origin` | the URL: joins targets to it beneath its path, and turns its Location around |
//! | `dots` | which targets would climb |
//! | `fields` | what of a head goes on, and what belongs to one connection |
//! | `reach` | a connection to the origin, with TLS if it wants that |
//! | `ask` | sends one request and waits for the answer's head |
//! | `fault` | what went wrong with the origin, as status, reason and sentence |
//! | `body` | the answer's content, octet for octet, at the pace of who takes it |
//!
//! Every exchange has a connection of its own, which lives in the response's body: when either side lets go, so
//! does the other, nothing is read ahead of what is taken, and no answer can suffer from what an earlier one left.

mod ask;
mod body;
mod dots;
mod fault;
mod fields;
mod origin;
mod reach;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use byteranges::{Answer, AskedMethod};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_RANGE, MAX_FORWARDS, X_CONTENT_TYPE_OPTIONS};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::Empty;

use self::ask::Reached;
pub use self::body::{LensBody, OriginLost};
use self::fault::Fault;
use self::fields::Pseudonym;
pub use self::origin::{Origin, OriginError};
use self::reach::Reach;
use crate::buffers::Buffers;
use crate::connection::{ConnectionInfo, Refusal, Respond};
use crate::exchange::{Answered, Received, Record, Recorder, lines};
use crate::head::{self, Wish};
use crate::perform::ContentBody;
use crate::service::respond as shared;
pub use swath_trust::{Trust, TrustError};

/// The reason recorded with every answer of the origin.
pub const FORWARDED: &str = "forwarded";

/// The methods that are forwarded; the others may change something, and a lens only looks.
const METHODS: &str = "GET, HEAD, OPTIONS";

/// Holds what a lens looks at, and how.
#[derive(Debug)]
pub struct LensOptions {
    /// The server before which the lens stands.
    pub origin: Origin,
    /// Which certificates are believed, where the origin speaks TLS.
    pub trust: Trust,
    /// How long the origin may take to be connected to, to begin its answer, and to go on with it.
    ///
    /// 30 s by default: longer than a cold object store takes, shorter than people wait.
    pub patience: Duration,
    /// Where records of exchanges go.
    pub recorder: Recorder,
    /// The memory that the lens's own answers are counted against.
    pub buffers: Arc<Buffers>,
}

/// Forwards requests to one origin.
#[derive(Debug)]
pub struct Lens {
    origin: Origin,
    reach: Reach,
    patience: Duration,
    pseudonym: Pseudonym,
    recorder: Recorder,
    buffers: Arc<Buffers>,
}

impl Lens {
    /// Creates a lens; the origin is not spoken to yet.
    ///
    /// # Errors
    ///
    /// [`TrustError`] when no certificate could be believed, and the origin speaks TLS.
    pub fn new(options: LensOptions) -> Result<Self, TrustError> {
        let reach = Reach::new(&options.origin, &options.trust)?;
        let pseudonym = Pseudonym::draw();
        let LensOptions { origin, patience, recorder, buffers, .. } = options;
        Ok(Self { origin, reach, patience, pseudonym, recorder, buffers })
    }

    async fn answer(&self, parts: &Parts, record: Record) -> Response<LensBody> {
        let request = match self.request(parts) {
            Ok(request) => request,
            Err(own) => return self.own(parts, &own, record),
        };
        match ask::ask(&self.reach, request, self.patience).await {
            Ok(reached) => self.forward(parts, reached, record),
            Err(fault) => {
                record.fault(fault.to_string());
                self.own(parts, &Own::from(&fault), record)
            }
        }
    }

    /// Makes the request to the origin, or says why there is none.
    fn request(&self, parts: &Parts) -> Result<Request<Empty<bytes::Bytes>>, Own> {
        if !head::has_valid_host(parts) {
            return Err(Own::new(StatusCode::BAD_REQUEST, "the request has to name its host, once"));
        }
        let wish = head::check(parts)
            .map_err(|status| Own::new(status, status.canonical_reason().unwrap_or_default()))?;
        // §7.6.2: what may go no further is answered here; so is what asks about the server as a whole, which
        // lies above the origin's path.
        let no_further = parts.headers.get(MAX_FORWARDS).is_some_and(|most| most.as_bytes() == b"0");
        if wish == Wish::Options && (no_further || parts.uri.path() == "*") {
            return Err(Own::new(StatusCode::NO_CONTENT, ""));
        }
        if self.pseudonym.is_in(&parts.headers) {
            return Err(Own::new(StatusCode::LOOP_DETECTED, "the request has come through this lens before"));
        }
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let target =
            self.origin.target(target).map_err(|sentence| Own::new(StatusCode::BAD_REQUEST, sentence))?;
        let mut request = Request::new(Empty::new());
        *request.method_mut() = parts.method.clone();
        *request.uri_mut() = target;
        *request.headers_mut() = fields::of_request(parts, &self.origin, &self.pseudonym);
        Ok(request)
    }

    /// Passes the origin's answer on.
    fn forward(&self, asked: &Parts, reached: Reached, record: Record) -> Response<LensBody> {
        let Reached { response, connection } = reached;
        let (origins, content) = response.into_parts();
        let length = content.size_hint().exact();
        // The length of what is not sent to HEAD, or with 304, stands in the field alone.
        let bare = asked.method == Method::HEAD || origins.status == StatusCode::NOT_MODIFIED;
        let fields = fields::of_response(&origins.headers, &self.origin, bare || length.is_some());
        record.answered(Answered {
            status: origins.status,
            content_range: fields.get(CONTENT_RANGE).cloned(),
            because: Some(FORWARDED),
            section: None,
            bytes_planned: length.unwrap_or_default(),
        });
        // As they came: what belongs to the connection tells about the origin, too.
        record.answered_with(lines(&origins.headers));
        let body = body::Forwarded::new(content, connection, self.patience, record);
        let mut response = Response::new(LensBody::Forwarded(Box::new(body)));
        *response.status_mut() = origins.status;
        *response.headers_mut() = fields;
        // The reason phrase, where it is not the usual one.
        *response.extensions_mut() = origins.extensions;
        response
    }

    /// Answers for the lens itself.
    fn own(&self, asked: &Parts, own: &Own, record: Record) -> Response<LensBody> {
        let mut answer = Answer::dated(own.status, SystemTime::now());
        answer.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        answer.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if matches!(own.status, StatusCode::METHOD_NOT_ALLOWED | StatusCode::NO_CONTENT) {
            answer.insert(ALLOW, HeaderValue::from_static(METHODS));
        }
        if own.status != StatusCode::NO_CONTENT {
            let method = if asked.method == Method::HEAD { AskedMethod::Head } else { AskedMethod::Get };
            let text = format!("{}: {}\n", own.status, own.sentence);
            answer.set_content(method, HeaderValue::from_static("text/plain; charset=utf-8"), text);
        }
        record.answered(Answered {
            status: own.status,
            content_range: None,
            because: own.because,
            section: None,
            bytes_planned: answer.content.length(),
        });
        let (head, content) = answer.into_response().into_parts();
        record.answered_with(lines(&head.headers));
        let body = ContentBody::new(content, None, record, Arc::clone(&self.buffers));
        Response::from_parts(head, LensBody::Own(Box::new(body)))
    }
}

/// An answer of the lens itself.
struct Own {
    status: StatusCode,
    sentence: String,
    because: Option<&'static str>,
}

impl Own {
    fn new(status: StatusCode, sentence: &str) -> Self {
        Self { status, sentence: sentence.to_owned(), because: None }
    }
}

impl From<&Fault> for Own {
    fn from(fault: &Fault) -> Self {
        Self { status: fault.status(), sentence: fault.to_string(), because: Some(fault.key()) }
    }
}

impl Respond for Lens {
    type Body = LensBody;

    async fn respond(&self, parts: Parts, _: bool, connection: &ConnectionInfo) -> Response<LensBody> {
        let wire = shared::wire(connection, &parts);
        let received = |instant| Received::at(SystemTime::now(), instant, Some(connection.client), &parts);
        let record = self.recorder.begin(parts.uri.query(), wire, received);
        record.asked(Some(connection.number), parts.version, lines(&parts.headers));
        self.answer(&parts, record).await
    }

    fn refuse(&self, refusal: &Refusal, connection: &ConnectionInfo) -> Response<LensBody> {
        shared::refuse(&self.recorder, &self.buffers, refusal, connection)
            .map(|body| LensBody::Own(Box::new(body)))
    }

    fn refused(&self, refusal: &Refusal, connection: &ConnectionInfo) {
        shared::note(&self.recorder, refusal, connection);
    }
}
