//! A server: its listeners, its threads, and its stop.
//!
//! Comes in: options and a service. Goes out: bound addresses before anything is served, then connections served until
//! told to stop, and what is under way finished within the grace.

use std::fmt;
use std::future::Future;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::unix::{AsyncFd, AsyncFdReadyGuard};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::connection::{Context, Respond, Stage, TrustedProxies, Word};
use crate::limits::Limits;
use crate::listen::{BoundAddress, Inherited, ListenAddress, ListenError, Listener, UNIX_MODE};
use crate::runtime::{Task, Workers};
use crate::slots::{Admission, Slots};
use crate::tls::Tls;

/// The first pause after the system had no resources for a connection.
const BACK_OFF: Duration = Duration::from_millis(10);

/// The longest such pause: short enough that peers in the backlog do not give up.
const BACK_OFF_MAX: Duration = Duration::from_secs(1);

/// The time that cutting what is under way may take, once the grace is over.
const CUT_TIME: Duration = Duration::from_secs(2);

/// How often it is looked at whether a crowd is over, while nobody comes.
const CROWD_TIME: Duration = Duration::from_secs(1);

/// The share of places that must be free for a crowd to be over: one in sixteen.
const CROWD_SHARE: usize = 16;

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
            threads: None,
            unix_mode: UNIX_MODE,
            notices: Notices::default(),
        }
    }
}

/// Something that happens while serving and that the operator should know.
#[derive(Debug)]
pub enum Notice {
    /// A connection could not be accepted for want of descriptors or memory; accepting goes on after a pause.
    CannotAccept(io::Error),
    /// Connections are accepted again.
    AcceptsAgain,
    /// As many connections are open as there may be; others wait.
    Full(NonZeroUsize),
    /// The grace is over, and what is under way is cut.
    GraceOver,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::CannotAccept(error) => write!(
                f,
                "cannot accept connections at present: {error}; peers wait. Allow more open files (ulimit -n, LimitNOFILE=) or fewer connections"
            ),
            Notice::AcceptsAgain => f.write_str("connections are accepted again"),
            Notice::Full(most) => {
                write!(f, "{most} connections are open, as many as may be; further peers wait")
            }
            Notice::GraceOver => f.write_str("the grace is over: what is under way is cut"),
        }
    }
}

/// Where notices go; by default nowhere.
#[derive(Clone, Default)]
pub struct Notices(Option<Arc<Told>>);

type Told = dyn Fn(&Notice) + Send + Sync;

impl Notices {
    /// Sends notices to `told`.
    pub fn to(told: impl Fn(&Notice) + Send + Sync + 'static) -> Notices {
        Notices(Some(Arc::new(told)))
    }

    fn tell(&self, notice: &Notice) {
        if let Some(told) = &self.0 {
            told(notice);
        }
    }
}

impl fmt::Debug for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Notices(..)" } else { "Notices" })
    }
}

/// Makes servers; see [`Server::bind`].
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Opens the listeners, so that their addresses are known; peers wait until [`Bound::run`].
    ///
    /// Raises the process's limit on open descriptors, from which the most connections are derived when they are not given.
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
    /// Runs on a tokio runtime with I/O and time, which only accepts; connections are served on threads of their own. Listeners close
    /// as soon as `shutdown` completes, and the files of Unix sockets go with them.
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
        let context = Arc::new(Context {
            respond,
            limits: self.limits,
            tls: self.tls,
            trusted: self.trusted,
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

/// Has the runtime tell when a listener has a connection to accept.
#[expect(
    deprecated,
    reason = "what replaces it is unsafe; a listener owns its descriptor and keeps it, as both ask"
)]
fn watched(listener: Listener) -> io::Result<AsyncFd<Listener>> {
    AsyncFd::new(listener)
}

/// What the accept loops of a server share.
struct Accepting {
    slots: Slots,
    most: NonZeroUsize,
    notices: Notices,
    word: Arc<watch::Sender<Word>>,
}

impl Accepting {
    /// Waits for a connection to accept.
    async fn readable<'a>(
        &self,
        listener: &'a AsyncFd<Listener>,
    ) -> io::Result<AsyncFdReadyGuard<'a, Listener>> {
        loop {
            if !self.word.borrow().crowded {
                return listener.readable().await;
            }
            match timeout(CROWD_TIME, listener.readable()).await {
                Ok(ready) => return ready,
                Err(_) => self.relax(),
            }
        }
    }

    /// Has idle connections make room for a peer that waits, and waits for a place.
    async fn crowded_place(&self) -> Option<OwnedSemaphorePermit> {
        if self.word.send_if_modified(|word| !std::mem::replace(&mut word.crowded, true)) {
            self.notices.tell(&Notice::Full(self.most));
        }
        self.slots.place().await
    }

    /// Ends the crowd once a good many places are free: every change of the word wakes every connection.
    fn relax(&self) {
        if self.word.borrow().crowded && self.slots.free() > self.most.get() / CROWD_SHARE {
            self.word.send_if_modified(|word| std::mem::replace(&mut word.crowded, false));
        }
    }
}

/// Accepts from one listener for as long as it lives.
async fn accept(listener: AsyncFd<Listener>, workers: Arc<Workers>, shared: Arc<Accepting>) {
    let scheme = listener.get_ref().scheme();
    let mut trouble = Trouble::default();
    loop {
        // Waits for a peer before it waits for a place, so that an idle listener keeps no place from a busy one.
        let Ok(mut ready) = shared.readable(&listener).await else { return };
        let place = match shared.slots.place_now() {
            Some(place) => place,
            None if !listener.get_ref().has_peer() => {
                // What was known of readiness was that of the last peer: nobody waits.
                ready.clear_ready();
                continue;
            }
            None => match shared.crowded_place().await {
                Some(place) => place,
                None => return,
            },
        };
        shared.relax();
        match listener.get_ref().accept() {
            Ok((accepted, peer)) => {
                trouble.over(&shared.notices);
                match shared.slots.admit(place, peer) {
                    Admission::Serve(slot) => workers.hand_out(Task::Serve { accepted, peer, scheme, slot }),
                    Admission::TurnAway(slot) => {
                        workers.hand_out(Task::TurnAway { accepted, peer, scheme, slot });
                    }
                    Admission::Drop => {}
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
            // That peer is gone, or its network is; the next one need not be (accept(2), "Error handling").
            Err(error) if of_one_peer(&error) => {}
            Err(error) => {
                drop(place);
                trouble.pause(error, &shared.notices).await;
            }
        }
    }
}

/// Want of resources while accepting: how long it has lasted.
#[derive(Default)]
struct Trouble {
    pause: Option<Duration>,
}

impl Trouble {
    /// Waits, longer each time, and tells of it the first time.
    async fn pause(&mut self, error: io::Error, notices: &Notices) {
        if self.pause.is_none() {
            notices.tell(&Notice::CannotAccept(error));
        }
        let pause = self.pause.map_or(BACK_OFF, |pause| (pause * 2).min(BACK_OFF_MAX));
        self.pause = Some(pause);
        sleep(pause).await;
    }

    fn over(&mut self, notices: &Notices) {
        if self.pause.take().is_some() {
            notices.tell(&Notice::AcceptsAgain);
        }
    }
}

/// Says whether an error of `accept` concerns the one connection it would have returned.
fn of_one_peer(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let of_one_peer = [
        Errno::CONNABORTED,
        Errno::INTR,
        Errno::PROTO,
        Errno::NETDOWN,
        Errno::NOPROTOOPT,
        Errno::HOSTDOWN,
        Errno::NONET,
        Errno::HOSTUNREACH,
        Errno::OPNOTSUPP,
        Errno::NETUNREACH,
        Errno::TIMEDOUT,
        Errno::PERM,
    ];
    Errno::from_io_error(error).is_some_and(|errno| of_one_peer.contains(&errno))
        || error.kind() == io::ErrorKind::ConnectionAborted
}
