//! How many connections there are, and how many more there may be.
//!
//! Comes in: peers. Goes out: a slot for each connection, given back when it is dropped.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::connection::Peer;

/// Connections that are being refused at once, at most; further ones are closed without an answer.
const REFUSALS: usize = 64;

/// The slots of one server.
pub(crate) struct Slots {
    all: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
    peers: Option<Arc<Peers>>,
}

struct Peers {
    most: NonZeroUsize,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// One connection's place.
pub(crate) struct Slot {
    _all: OwnedSemaphorePermit,
    // Boxed, since few servers count by peer, and each idle connection would carry the room.
    _peer: Option<Box<PeerSlot>>,
}

struct PeerSlot {
    peers: Arc<Peers>,
    address: IpAddr,
}

/// What a peer's connection gets.
pub(crate) enum Admission {
    /// A slot.
    Serve(Slot),
    /// A refusal: its peer has too many.
    TurnAway(Slot),
    /// Nothing at all: even refusals are too many.
    Drop,
}

impl Slots {
    pub(crate) fn new(most: NonZeroUsize, per_peer: Option<NonZeroUsize>) -> Slots {
        let most = most.get().min(Semaphore::MAX_PERMITS);
        Slots {
            all: Arc::new(Semaphore::new(most)),
            refusals: Arc::new(Semaphore::new(REFUSALS)),
            peers: per_peer.map(|most| Arc::new(Peers { most, open: Mutex::default() })),
        }
    }

    /// Waits for a place among all connections.
    ///
    /// While there is none nothing is accepted, and peers wait in the kernel's backlog: they are served as
    /// soon as others leave, where a refusal would cost them a retry and us the work of refusing.
    pub(crate) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.all).acquire_owned().await.ok()
    }

    /// Takes a place among all connections, if there is one now.
    pub(crate) fn place_now(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.all).try_acquire_owned().ok()
    }

    /// Returns how many places are free.
    pub(crate) fn free(&self) -> usize {
        self.all.available_permits()
    }

    /// Admits the connection of `peer` that was accepted for `place`.
    pub(crate) fn admit(&self, place: OwnedSemaphorePermit, peer: Peer) -> Admission {
        let (Some(peers), Some(address)) = (&self.peers, peer.ip()) else {
            return Admission::Serve(Slot { _all: place, _peer: None });
        };
        match PeerSlot::take(peers, network(address)) {
            Some(slot) => Admission::Serve(Slot { _all: place, _peer: Some(Box::new(slot)) }),
            None => match Arc::clone(&self.refusals).try_acquire_owned() {
                // It holds a place among the refusals, and leaves the other to those who are served.
                Ok(refusal) => Admission::TurnAway(Slot { _all: refusal, _peer: None }),
                Err(_) => Admission::Drop,
            },
        }
    }
}

impl PeerSlot {
    fn take(peers: &Arc<Peers>, address: IpAddr) -> Option<PeerSlot> {
        let mut open = peers.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_insert(0);
        if *count >= peers.most.get() {
            return None;
        }
        *count += 1;
        Some(PeerSlot { peers: Arc::clone(peers), address })
    }
}

impl Drop for PeerSlot {
    fn drop(&mut self) {
        let mut open = self.peers.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

/// Returns what counts as one peer: an IPv4 address, or the /64 that one IPv6 customer has to himself.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => IpAddr::V6((six.to_bits() >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> Peer {
        Peer::Named(address.parse().unwrap())
    }

    async fn admit(slots: &Slots, address: &str) -> Admission {
        let place = slots.place().await.unwrap();
        slots.admit(place, peer(address))
    }

    #[tokio::test]
    async fn one_peer_gets_no_more_than_its_share() {
        let slots = Slots::new(NonZeroUsize::new(8).unwrap(), NonZeroUsize::new(2));
        let Admission::Serve(first) = admit(&slots, "2001:db8::1").await else { panic!() };
        let Admission::Serve(_second) = admit(&slots, "2001:db8::2").await else { panic!() };
        assert!(matches!(admit(&slots, "2001:db8::ffff:1").await, Admission::TurnAway(_)));
        assert!(matches!(admit(&slots, "2001:db8:0:1::1").await, Admission::Serve(_)));
        drop(first);
        assert!(matches!(admit(&slots, "2001:db8::9").await, Admission::Serve(_)));
    }

    #[tokio::test]
    async fn a_refused_peer_takes_no_place_and_refusals_end() {
        let slots = Slots::new(NonZeroUsize::new(2).unwrap(), NonZeroUsize::new(1));
        let Admission::Serve(_first) = admit(&slots, "192.0.2.1").await else { panic!() };
        let mut refused = Vec::new();
        for _ in 0..REFUSALS {
            let Admission::TurnAway(slot) = admit(&slots, "192.0.2.1").await else { panic!() };
            refused.push(slot);
        }
        assert!(matches!(admit(&slots, "192.0.2.1").await, Admission::Drop));
        assert!(matches!(admit(&slots, "192.0.2.2").await, Admission::Serve(_)));
    }

    #[tokio::test]
    async fn a_full_house_waits() {
        let slots = Slots::new(NonZeroUsize::MIN, None);
        let Admission::Serve(slot) = admit(&slots, "192.0.2.1").await else { panic!() };
        let waiting = tokio::time::timeout(std::time::Duration::from_millis(20), slots.place());
        assert!(waiting.await.is_err());
        drop(slot);
        assert!(slots.place().await.is_some());
    }
}
