//! The threads that serve: one runtime per core, connections handed to the one with the least to do.
//!
//! Comes in: accepted connections. Goes out: each served to its end on one thread.
//!
//! A runtime per core keeps a connection's data in one core's cache and needs no stealing between cores.
//! Connections are handed out here rather than by the kernel (SO_REUSEPORT): the kernel spreads them by
//! a hash of their addresses, so that two of a handful of players often share a core while another idles;
//! one accepting place can also count, cap and back off. A connection goes to the thread with the fewest
//! long answers under way, then to the one with the fewest connections: a few heavy ones do not share a
//! core while there is another, and connections that ended on one thread leave no gap there.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinSet;

use crate::connection::{self, Context, Peer, Respond, Scheme, Stage, bell};
use crate::listen::Accepted;
use crate::load::{self, Counted, Load};
use crate::slots::Slot;
use crate::this_thread;

/// A connection on its way to a worker.
pub(crate) enum Task {
    /// It is served.
    Serve { accepted: Accepted, peer: Peer, scheme: Scheme, slot: Slot },
    /// It is refused with an answer.
    TurnAway { accepted: Accepted, peer: Peer, scheme: Scheme, slot: Slot },
}

/// A connection with its place in the count of its thread.
type Handed = (Task, Counted);

/// The threads of one server.
pub(crate) struct Workers {
    inboxes: Vec<(UnboundedSender<Handed>, Arc<Load>)>,
    threads: Vec<JoinHandle<()>>,
    // Closed once the last worker is done.
    done: mpsc::Receiver<()>,
}

impl Workers {
    /// Starts `count` threads, or one per core.
    pub(crate) fn start<R: Respond>(
        count: Option<NonZeroUsize>,
        context: &Arc<Context<R>>,
    ) -> io::Result<Workers> {
        let count = count.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        let (running, done) = mpsc::channel(1);
        let mut workers = Workers { inboxes: Vec::new(), threads: Vec::new(), done };
        for number in 0..count {
            // Unbounded, as connections are: what waits in it is counted against their limit already.
            let (inbox, tasks) = mpsc::unbounded_channel();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
            let (context, running) = (Arc::clone(context), running.clone());
            let load = Arc::<Load>::default();
            let of_thread = Arc::clone(&load);
            let thread = std::thread::Builder::new().name(format!("swath-{number}")).spawn(move || {
                load::enter(of_thread);
                // One after the other, before anyone else asks.
                this_thread::number();
                runtime.block_on(work(tasks, context));
                drop(runtime);
                drop(running);
            })?;
            workers.inboxes.push((inbox, load));
            workers.threads.push(thread);
        }
        Ok(workers)
    }

    /// Hands a connection to the thread with the least to do.
    pub(crate) fn hand_out(&self, task: Task) {
        if let Some((inbox, load)) = self.inboxes.iter().min_by_key(|(_, load)| load.weight()) {
            // Counted from here on, not from when the thread comes to it: a burst of them is spread, too.
            let counted = Counted::new(load);
            // A worker ends only when its inbox does, so there is somebody to take it.
            drop(inbox.send((task, counted)));
        }
    }

    /// Lets the threads end once their connections have.
    pub(crate) fn close(&mut self) {
        self.inboxes.clear();
    }

    /// Waits until every connection is over.
    pub(crate) async fn finished(&mut self) {
        // Nothing is ever sent: this returns when the last worker drops its end.
        while self.done.recv().await.is_some() {}
    }

    /// Waits for the threads themselves; call it once their connections are over.
    pub(crate) fn join(self) {
        for thread in self.threads {
            // A worker that panicked has said so on stderr; the others are joined all the same.
            drop(thread.join());
        }
    }
}

/// One thread's loop: takes connections until there will be none, then waits for those it has.
async fn work<R: Respond>(mut tasks: UnboundedReceiver<Handed>, context: Arc<Context<R>>) {
    let mut signal = context.listen();
    bell::ring(signal.now());
    let mut open = JoinSet::new();
    let mut more = true;
    while more || !open.is_empty() {
        tokio::select! {
            task = tasks.recv(), if more => match task {
                Some((task, counted)) => start(task, counted, &context, &mut open),
                None => more = false,
            },
            // Taken out at once, so that a connection that is over costs nothing.
            Some(_) = open.join_next() => {}
            // After the last word there is none.
            () = signal.changed(), if signal.now().stage != Stage::Cutting => bell::ring(signal.now()),
        }
    }
}

/// Begins to serve a connection; what it is counted by ends with it.
fn start<R: Respond>(task: Task, counted: Counted, context: &Arc<Context<R>>, all: &mut JoinSet<()>) {
    match task {
        Task::Serve { accepted, peer, scheme, slot } => {
            let Some(opened) = connection::open(accepted, peer, scheme, context) else { return };
            all.spawn(async move {
                opened.serve().await;
                drop((slot, counted));
            });
        }
        Task::TurnAway { accepted, peer, scheme, slot } => {
            let context = Arc::clone(context);
            all.spawn(async move {
                connection::turn_away(accepted, peer, scheme, context).await;
                drop((slot, counted));
            });
        }
    }
}
