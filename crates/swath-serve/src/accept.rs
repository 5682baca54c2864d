//! Accepting: one loop for each listener, that outlasts every shortage.
//!
//! Comes in: a listener. Goes out: its connections, counted and handed out in turn. Want of descriptors or
//! memory makes it pause, and want of places makes it wait; neither ends it.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use tokio::io::unix::{AsyncFd, AsyncFdReadyGuard};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{sleep, timeout};

use crate::connection::Word;
use crate::listen::Listener;
use crate::notice::{Notice, Notices};
use crate::runtime::{Task, Workers};
use crate::slots::{Admission, Slots};

/// The first pause after the system had no resources for a connection.
const BACK_OFF: Duration = Duration::from_millis(10);

/// The longest such pause: short enough that peers in the backlog do not give up.
const BACK_OFF_MAX: Duration = Duration::from_secs(1);

/// How often it is looked at whether a crowd is over, while nobody comes.
const CROWD_TIME: Duration = Duration::from_secs(1);

/// The share of places that must be free for a crowd to be over: one in sixteen.
const CROWD_SHARE: usize = 16;

/// Has the runtime tell when a listener has a connection to accept.
#[expect(
    deprecated,
    reason = "what replaces it is unsafe; a listener owns its descriptor and keeps it, as both ask"
)]
pub(crate) fn watched(listener: Listener) -> io::Result<AsyncFd<Listener>> {
    AsyncFd::new(listener)
}

/// What the accept loops of a server share.
pub(crate) struct Accepting {
    pub(crate) slots: Slots,
    pub(crate) most: NonZeroUsize,
    pub(crate) notices: Notices,
    pub(crate) word: Arc<watch::Sender<Word>>,
    /// Closes descriptors that are held for later; says how many.
    pub(crate) give_up_descriptors: Box<dyn Fn() -> usize + Send + Sync>,
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
pub(crate) async fn accept(listener: AsyncFd<Listener>, workers: Arc<Workers>, shared: Arc<Accepting>) {
    let scheme = listener.get_ref().scheme();
    let mut trouble = Trouble::default();
    loop {
        // Waits for a peer before it waits for a place, so that an idle listener keeps no place from a busy
        // one.
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
            // A peer that is there counts for more than files that may be asked for again.
            Err(error) if of_descriptors(&error) && (shared.give_up_descriptors)() > 0 => {}
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

/// Says whether an error of `accept` is want of descriptors.
fn of_descriptors(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}

/// Says whether an error of `accept` concerns the one connection it would have returned.
fn of_one_peer(error: &io::Error) -> bool {
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
