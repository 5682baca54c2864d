//! One lane: a thread with a connection of its own, which performs one request after another.
//!
//! In: orders of the engine. Out: events, and octets in the sink. A lane writes what it has read before it reads on, on the
//! same thread; where the disk is slow, the server waits, and nobody's memory fills.

mod content;
mod hold;
mod seat;

use std::io;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use leaky_bucket::RateLimiter;
use tokio::runtime::Builder;
use tokio::sync::Notify;

use crate::drive::{Engine, Presence, SeatId};

/// How often a rate limit gives out its share: often enough to look steady.
const DRIP: Duration = Duration::from_millis(50);

/// Starts a lane's thread.
pub(crate) fn begin(engine: Arc<Engine>, seat: SeatId, wake: Arc<Notify>) -> io::Result<()> {
    let runtime =
        Builder::new_current_thread().enable_all().thread_keep_alive(Duration::from_secs(1)).build()?;
    std::thread::Builder::new().name("swath-lane".to_owned()).spawn(move || {
        let _presence = Presence(Arc::clone(&engine));
        runtime.block_on(seat::Lane::new(engine, seat, wake).serve());
        // A name that is still being resolved is nobody's concern any more.
        runtime.shutdown_background();
    })?;
    Ok(())
}

/// Makes the bucket that all lanes of a download draw from.
pub(crate) fn bucket(rate: NonZeroU64) -> RateLimiter {
    let drips = u64::try_from(Duration::from_secs(1).as_millis() / DRIP.as_millis()).unwrap_or(1);
    let refill = usize::try_from(rate.get() / drips).unwrap_or(usize::MAX).max(1);
    RateLimiter::builder().max(refill.saturating_mul(2)).initial(refill).refill(refill).interval(DRIP).build()
}
