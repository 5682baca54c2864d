//! One way to the representation: a source by a link, and where redirections have led from there.
//!
//! In: the fields of a request. Out: the head of its answer with its content still to come, or why there is none.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use byteranges::download::Failure;
use http::response::Parts;
use http::{HeaderName, HeaderValue, Response};
use hyper::body::Incoming;
use url::{Origin, Url};

use super::content::{Content, Idle};
use super::home::Home;
use super::link::Link;
use super::reach::Reach;
use super::redirect::{self, NotFollowed};
use super::request::{Fields, without_secrets};
use super::trust::Tls;
use crate::Trust;
use crate::fault::{Error, Trouble, sentence};
use crate::job::{HttpVersions, Job, Limits};

/// Holds all ways of a download: each source by each link, sources first; those that become known later at the end.
pub(crate) struct Ways {
    ways: RwLock<Vec<Arc<Way>>>,
    home: Home,
}

/// A source by a link.
struct Way {
    source: Url,
    interface: Option<String>,
    reach: Reach,
    fields: Arc<Fields>,
    limits: Limits,
    versions: HttpVersions,
    now: Mutex<Now>,
}

/// What has been learned of a way.
#[derive(Default)]
struct Now {
    /// Where redirections led, once they were followed.
    leads_to: Option<Url>,
    /// Origins that speak HTTP/2 only.
    http2: Vec<Origin>,
    /// The connection that carries many requests, and where it leads.
    shared: Option<(Origin, Link)>,
}

/// Tells what happens before an answer's head is there.
pub(crate) enum Notice {
    Asked(Url),
    Connected(Option<SocketAddr>, &'static str),
    Redirected(u16, Url),
}

/// Holds an answer: its head, and the connection that its content comes over.
pub(crate) struct Answer {
    pub(crate) parts: Parts,
    /// What was asked in the end.
    pub(crate) url: Url,
    /// Whether that is another URL than the source.
    pub(crate) redirected: bool,
    /// Why a redirection was not followed, where one was not.
    pub(crate) not_followed: Option<String>,
    pub(crate) content: Content,
}

impl Ways {
    pub(crate) fn new(job: &Job) -> Result<Self, Error> {
        let sources: Vec<_> = std::iter::once(&job.url).chain(&job.mirrors).collect();
        if let Some(odd) = sources.iter().find(|url| !matches!(url.scheme(), "http" | "https")) {
            return Err(Error::Misuse(format!("{odd} is not an http: or https: URL")));
        }
        let tls = Arc::new(Tls::new(job.trust.clone()));
        if matches!(job.trust, Trust::File(_)) || sources.iter().any(|url| url.scheme() == "https") {
            tls.connector(false).map_err(Error::Setup)?;
        }
        let fields = Arc::new(Fields::of(job)?);
        let mut reaches = Vec::new();
        for interface in &job.interfaces {
            let name = &interface.name;
            reaches.push((Some(name.clone()), Reach::new(job, Some(name), Arc::clone(&tls))?));
        }
        if reaches.is_empty() {
            reaches.push((None, Reach::new(job, None, tls)?));
        }
        let way = |source: &Url, (interface, reach): &(Option<String>, Reach)| Way {
            source: source.clone(),
            interface: interface.clone(),
            reach: reach.clone(),
            fields: Arc::clone(&fields),
            limits: job.limits.clone(),
            versions: job.versions,
            now: Mutex::default(),
        };
        let ways = sources.into_iter().flat_map(|source| {
            let way = &way;
            reaches.iter().map(move |reach| Arc::new(way(source, reach)))
        });
        Ok(Self { ways: RwLock::new(ways.collect()), home: Home::default() })
    }

    /// Adds a way to another source, by the link of one that there is.
    pub(crate) fn add(&self, source: &Url, like: usize) {
        if let Some(like) = self.way(like) {
            let way = Way {
                source: source.clone(),
                interface: like.interface.clone(),
                reach: like.reach.clone(),
                fields: Arc::clone(&like.fields),
                limits: like.limits.clone(),
                versions: like.versions,
                now: Mutex::default(),
            };
            self.ways.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(way));
        }
    }

    fn way(&self, path: usize) -> Option<Arc<Way>> {
        self.ways.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.ways.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The URL that a way begins at.
    pub(crate) fn source(&self, path: usize) -> Option<Url> {
        self.way(path).map(|way| way.source.clone())
    }

    /// The link of a way, where it is a named one.
    pub(crate) fn interface(&self, path: usize) -> Option<String> {
        self.way(path).and_then(|way| way.interface.clone())
    }

    /// Sends a request by one of the ways; `again` begins at the URL that the user named.
    pub(crate) async fn ask(
        &self,
        path: usize,
        fields: &[(HeaderName, HeaderValue)],
        again: bool,
        idle: Option<Idle>,
        notice: &mut (dyn FnMut(Notice) + Send),
    ) -> Result<Answer, Trouble> {
        let way = self.way(path).ok_or_else(|| Trouble::connect("there is no such way"))?;
        let mut trail = vec![way.start(again)];
        let mut idle = idle;
        let mut cookies_set = false;
        // Bounded by the limit of redirections.
        loop {
            let url = trail.last().unwrap_or(&way.source).clone();
            notice(Notice::Asked(without_secrets(&url)));
            let (link, response) = self.ask_once(&way, &url, fields, idle.take(), notice).await?;
            let (parts, frames) = response.into_parts();
            cookies_set |= way.fields.keep_cookies(&parts.headers, &url);
            let content = Content { frames, link, origin: url.origin(), url: without_secrets(&url) };
            let redirected = url != way.source;
            let mut answer = Answer { parts, url, redirected, not_followed: None, content };
            if !redirect::is_redirection(answer.parts.status) {
                way.lock().leads_to = answer.redirected.then(|| answer.url.clone());
                return Ok(answer);
            }
            match redirect::next(&trail, &answer.parts.headers, way.limits.redirects, cookies_set) {
                Err(NotFollowed(why)) => {
                    answer.not_followed = Some(why);
                    return Ok(answer);
                }
                Ok(next) => {
                    notice(Notice::Redirected(answer.parts.status.as_u16(), next.clone()));
                    trail.push(next);
                    idle = answer.content.drain().await;
                }
            }
        }
    }

    /// Sends one request, over the idle connection if it leads there; once more if that was closed meanwhile.
    async fn ask_once(
        &self,
        way: &Way,
        url: &Url,
        fields: &[(HeaderName, HeaderValue)],
        idle: Option<Idle>,
        notice: &mut (dyn FnMut(Notice) + Send),
    ) -> Result<(Link, Response<Incoming>), Trouble> {
        if let Some(mut idle) = idle.filter(|idle| idle.origin == url.origin()) {
            let request = way.fields.request(url, fields, idle.link.form())?;
            // A GET may be sent again (RFC 9110 §9.2.2).
            if let Ok(response) = idle.link.send(request).await {
                return Ok((idle.link, response));
            }
        }
        let first = match self.connect_and_ask(way, url, fields, way.speaks_http2(url), notice).await {
            Err(trouble) if trouble.other_version && way.versions == HttpVersions::Auto => trouble,
            other => return other,
        };
        match self.connect_and_ask(way, url, fields, true, notice).await {
            Ok(answer) => {
                way.lock().http2.push(url.origin());
                Ok(answer)
            }
            // It refused HTTP/1.1 by TLS, and this says what it has against HTTP/2.
            Err(second) if first.failure == Failure::Hopeless => Err(second),
            // What it said to HTTP/1.1 tells more.
            Err(_) => Err(Trouble { other_version: false, ..first }),
        }
    }

    async fn connect_and_ask(
        &self,
        way: &Way,
        url: &Url,
        fields: &[(HeaderName, HeaderValue)],
        http2: bool,
        notice: &mut (dyn FnMut(Notice) + Send),
    ) -> Result<(Link, Response<Incoming>), Trouble> {
        let mut link = match http2 {
            false => way.connect(url).await?,
            true => self.shared(way, url).await?,
        };
        if !link.used {
            notice(Notice::Connected(link.address, link.version()));
        }
        let request = way.fields.request(url, fields, link.form())?;
        let response = link.send(request).await.map_err(|error| {
            let hint = if http2 { unexpected(url) } else { "" };
            let trouble = Trouble::broken(format!("{}: {}{hint}", without_secrets(url), sentence(&error)));
            let odd = error.is_parse() || error.is_incomplete_message();
            if odd && !http2 { trouble.of_another_version() } else { trouble }
        })?;
        Ok((link, response))
    }

    /// The connection of this way that carries many requests; opened by the first that needs it.
    async fn shared(&self, way: &Way, url: &Url) -> Result<Link, Trouble> {
        let known = || {
            let now = way.lock();
            now.shared
                .as_ref()
                .filter(|(origin, _)| *origin == url.origin())
                .and_then(|(_, link)| link.share(true))
        };
        if let Some(link) = known() {
            return Ok(link);
        }
        let (reach, limits, target) = (way.reach.clone(), way.limits.clone(), url.clone());
        let opening = self.home.spawn(async move {
            let reached = reach.reach(&target, true).await?;
            if target.scheme() == "https" && !reached.http2 {
                return Err(Trouble::hopeless(format!("{} does not speak HTTP/2", without_secrets(&target))));
            }
            let broken = |error| Trouble::broken(format!("{}{}", sentence(&error), unexpected(&target)));
            Link::http2(reached, &limits).await.map_err(broken)
        })?;
        let link = opening.await.map_err(|error| Trouble::connect(error.to_string()))??;
        // Several lanes may have opened one at once: the first stays.
        if let Some(first) = known() {
            return Ok(first);
        }
        let mine = link.share(false);
        way.lock().shared = Some((url.origin(), link));
        mine.ok_or_else(|| {
            let at = without_secrets(url);
            Trouble::connect(format!("{at}: the server closed the connection at once{}", unexpected(url)))
        })
    }
}

/// What HTTP/2 that fails may mean: without TLS nobody agrees on a version beforehand.
fn unexpected(url: &Url) -> &'static str {
    if url.scheme() == "http" { " (it may not speak HTTP/2 without TLS)" } else { "" }
}

impl Way {
    fn lock(&self) -> std::sync::MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a request begins: where redirections led before, unless the user's URL is to be asked again.
    fn start(&self, again: bool) -> Url {
        let mut now = self.lock();
        if again {
            now.leads_to = None;
        }
        now.leads_to.clone().unwrap_or_else(|| self.source.clone())
    }

    fn speaks_http2(&self, url: &Url) -> bool {
        match self.versions {
            HttpVersions::Http1 => false,
            HttpVersions::Http2 => true,
            HttpVersions::Auto => self.lock().http2.contains(&url.origin()),
        }
    }

    /// Opens a connection of HTTP/1.1.
    async fn connect(&self, url: &Url) -> Result<Link, Trouble> {
        let reached = self.reach.reach(url, false).await?;
        Link::http1(reached, &self.limits).await.map_err(|error| Trouble::broken(sentence(&error)))
    }
}
