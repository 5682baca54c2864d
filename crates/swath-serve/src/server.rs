//! A server: its listeners, its threads, and its stop.
//!
//! Comes in: options and a service. Goes out: bound addresses before anything is served, then connections
//! served until told to stop, and what is under way finished within the grace.

use std::future::Future;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::accept::{Accepting, accept, watched};
use crate::connection::{Context, Respond, Stage, TrustedProxies, Word};
use crate::limits::Limits;
use crate::listen::{BoundAddress, Inherited, ListenAddress, ListenError, Listener, UNIX_MODE};
use crate::runtime::Workers;
use crate::slots::Slots;
use crate::tls::Tls;

pub use crate::notice::{Notice, Notices};

/// The time that cutting what is under way may take, once the grace is over.
const CUT_TIME: Duration = Duration::from_secs(2);

/// How a server is set up.
#[derive(Debug)]
pub struct ServerOptions {
    /// The addresses to listen on.
    pub listen: Vec<ListenAddress>,
    /// Sockets that another process opened; they are served beside `listen`.
    pub inherited: Vec<Inherited>,
    /// The certificate, shared with whoever reloads it.
    pub tls: Option<Arc<Tls>>,
    /// The limits.
    pub limits: Limits,
    /// The proxies that are believed when they say whom they stand for.
    pub trusted: TrustedProxies,
    /// Whether requests in the clear may be answered without an engine (see [`fast_path`](crate::fast_path)).
    pub fast_path: bool,
    /// The threads to serve with; one per core when `None`.
    pub threads: Option<NonZeroUsize>,
    /// The mode of Unix sockets' files.
    pub unix_mode: u32,
    /// Told of what the operator should know while the server runs.
    pub notices: Notices,
}

impl Default for ServerOptions {
    fn default() -> Self {
        ServerOptions {
            listen: Vec::new(),
            inherited: Vec::new(),
            tls: None,
            limits: Limits::default(),
            trusted: TrustedProxies::default(),
            fast_path: true,
            threads: None,
            unix_mode: UNIX_MODE,
            notices: Notices::default(),
        }
    }
}

/// Makes servers; see [`Server::bind`].
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Opens the listeners, so that their addresses are known; peers wait until [`Bound::run`].
    ///
    /// Raises the process's limit on open descriptors, from which the most connections are derived when
    /// they are not given.
    pub fn bind(options: ServerOptions) -> Result<Bound, ListenError> {
        let certificate = options.tls.is_some();
        let descriptors = Limits::raise_descriptors();
        let connections = options.limits.connections.unwrap_or_else(|| Limits::connections_for(descriptors));
        let limits = options.limits;
        let mut listeners = Vec::new();
        for asked in &options.listen {
            listeners.push(Listener::bind(asked, certificate, options.unix_mode, &limits)?);
        }
        for inherited in options.inherited {
            listeners.push(Listener::inherit(inherited, certificate, &limits)?);
        }
        Ok(Bound {
            listeners,
            tls: options.tls,
            limits,
            connections,
            trusted: options.trusted,
            fast_path: options.fast_path,
            threads: options.threads,
            notices: options.notices,
        })
    }
}

/// A server that listens, and does not serve yet.
#[derive(Debug)]
pub struct Bound {
    listeners: Vec<Listener>,
    tls: Option<Arc<Tls>>,
    limits: Limits,
    connections: NonZeroUsize,
    trusted: TrustedProxies,
    fast_path: bool,
    threads: Option<NonZeroUsize>,
    notices: Notices,
}

impl Bound {
    /// Returns where the server can be reached, in the order the listeners were given.
    pub fn addresses(&self) -> impl Iterator<Item = &BoundAddress> {
        self.listeners.iter().map(Listener::address)
    }

    /// Returns the most connections there will be at once.
    pub fn connections(&self) -> NonZeroUsize {
        self.connections
    }

    /// Serves until `shutdown` completes and what was under way then is done, or cut after the grace.
    ///
    /// Runs on a tokio runtime with I/O and time, which only accepts; connections are served on threads of
    /// their own. Listeners close as soon as `shutdown` completes, and the files of Unix sockets go with
    /// them.
    ///
    /// # Errors
    ///
    /// Fails only at the start, when threads cannot be had or the listeners cannot be watched.
    pub async fn run<R: Respond>(
        self,
        respond: Arc<R>,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let (word, heard) = watch::channel(Word::SERVING);
        let word = Arc::new(word);
        let grace = self.limits.grace;
        let slots = Slots::new(self.connections, self.limits.connections_per_peer);
        let holder = Arc::clone(&respond);
        let context = Arc::new(Context {
            respond,
            limits: self.limits,
            tls: self.tls,
            trusted: self.trusted,
            fast_path: self.fast_path,
            word: heard,
        });
        let workers = Arc::new(Workers::start(self.threads, &context)?);
        drop(context);
        let notices = self.notices;
        let shared = Arc::new(Accepting {
            slots,
            most: self.connections,
            notices: notices.clone(),
            word: Arc::clone(&word),
            give_up_descriptors: Box::new(move || holder.give_up_descriptors()),
        });
        let mut accepting = JoinSet::new();
        for listener in self.listeners {
            accepting.spawn(accept(watched(listener)?, Arc::clone(&workers), Arc::clone(&shared)));
        }
        shutdown.await;
        // Closes the listeners; peers in their backlogs are refused by the kernel.
        accepting.shutdown().await;
        let Some(mut workers) = Arc::into_inner(workers) else { return Ok(()) };
        workers.close();
        word.send_modify(|word| word.stage = Stage::Finishing);
        if timeout(grace, workers.finished()).await.is_err() {
            notices.tell(&Notice::GraceOver);
            word.send_modify(|word| word.stage = Stage::Cutting);
            if timeout(CUT_TIME, workers.finished()).await.is_err() {
                // A thread is stuck in a system call; the process ends without it.
                return Ok(());
            }
        }
        workers.join();
        Ok(())
    }
}
