//! A directory as a `tower::Service`, for axum, hyper and whatever else speaks tower.
//!
//! In: `http::Request`s of any body. Out: the same answers that `swath serve` gives, as `http::Response`s.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use byteranges::Policy;
use http::{Request, Response};

use crate::buffers::Buffers;
use crate::cors::Cors;
use crate::exchange::Recorder;
use crate::perform::ContentBody;
use crate::service::{Service, ServiceOptions, Site};
use crate::store::{Files, FilesOptions, OpenRootError, Store};

/// Serves the files beneath one directory, or one file: ranges, preconditions and validators as RFC 9110 asks.
///
/// It stands where tower-http's `ServeDir` stood, and never fails: every fault is an answer. Files are read inline while
/// they are in memory and on tokio's blocking pool when not, so it has to run on a tokio runtime.
///
/// ```
/// use swath_serve::ServeDir;
/// let files = ServeDir::new(".")?;
/// // let app = axum::Router::new().nest_service("/files", files);
/// # let _ = files;
/// # Ok::<(), swath_serve::store::OpenRootError>(())
/// ```
#[derive(Clone)]
pub struct ServeDir {
    service: Arc<Service>,
}

impl ServeDir {
    /// Serves what is beneath `root` with safe defaults: no dot files, no listings, links only while they stay inside.
    ///
    /// # Errors
    /// `root` cannot be opened.
    pub fn new(root: impl Into<PathBuf>) -> Result<Self, OpenRootError> {
        Self::builder(root).build()
    }

    /// Starts with the same defaults, to change some of them.
    pub fn builder(root: impl Into<PathBuf>) -> ServeDirBuilder {
        ServeDirBuilder {
            files: FilesOptions::new(root),
            policy: Policy::default(),
            cors: Cors::default(),
            site: None,
            recorder: Recorder::none(),
            buffers: None,
        }
    }
}

/// Holds what a [`ServeDir`] is made from.
#[derive(Debug)]
pub struct ServeDirBuilder {
    files: FilesOptions,
    policy: Policy,
    cors: Cors,
    site: Option<Site>,
    recorder: Recorder,
    buffers: Option<Arc<Buffers>>,
}

impl ServeDirBuilder {
    /// Changes how files are found and described.
    #[must_use]
    pub fn files(mut self, change: impl FnOnce(&mut FilesOptions)) -> Self {
        change(&mut self.files);
        self
    }

    /// Chooses where RFC 9110 leaves room.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Lets scripts of other origins read the answers.
    #[must_use]
    pub fn cors(mut self, cors: Cors) -> Self {
        self.cors = cors;
        self
    }

    /// Switches listings and the player page on.
    #[must_use]
    pub fn pages(mut self, site: Site) -> Self {
        self.site = Some(site);
        self
    }

    /// Records each exchange.
    #[must_use]
    pub fn recorder(mut self, recorder: Recorder) -> Self {
        self.recorder = recorder;
        self
    }

    /// Keeps read buffers within a budget, and shares it with other services.
    ///
    /// Only for callers that let go of each chunk before they ask for the next, as hyper does: a body waits while its last
    /// chunk is kept. Without this there is no budget, and bodies may be collected.
    #[must_use]
    pub fn buffers(mut self, buffers: Arc<Buffers>) -> Self {
        self.buffers = Some(buffers);
        self
    }

    /// Opens the root.
    ///
    /// # Errors
    /// The root cannot be opened.
    pub fn build(self) -> Result<ServeDir, OpenRootError> {
        let options = ServiceOptions {
            store: Store::Files(Files::open(self.files)?),
            policy: self.policy,
            cors: self.cors,
            site: self.site,
            check_host: false,
            recorder: self.recorder,
            views: Arc::default(),
            buffers: self.buffers.unwrap_or_else(|| Arc::new(Buffers::unlimited())),
        };
        Ok(ServeDir { service: Arc::new(Service::new(options)) })
    }
}

impl<B> tower_service::Service<Request<B>> for ServeDir {
    type Response = Response<ContentBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let service = Arc::clone(&self.service);
        let (parts, _content) = request.into_parts();
        Box::pin(async move { Ok(service.respond(&parts, None).await) })
    }
}

impl fmt::Debug for ServeDir {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ServeDir").finish_non_exhaustive()
    }
}
