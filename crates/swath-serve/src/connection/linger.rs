//! Ends a connection so that its last answer arrives (RFC 9112 §9.6, R-9112/9.6-1).
//!
//! A socket closed while octets from the peer are unread is reset, and the reset can overtake the answer.
//! So writing ends first, and what the peer still sends is read and thrown away, within limits.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::stream::Stream;
use crate::limits::Limits;

/// Ends writing on a connection on which nothing is under way, and does not wait for the peer.
pub(crate) async fn part(stream: &mut Stream, limits: &Limits) {
    // TLS sends its closure alert, which tells an end from a cut.
    let _ = timeout(limits.linger_time, stream.shutdown()).await;
}

/// Writes `last`, ends writing, and waits for the peer to close.
pub(crate) async fn close(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), last: &[u8], limits: &Limits) {
    // Whether the peer takes part or not, the connection is over afterwards: there is nobody to tell of an
    // error.
    let _ = timeout(limits.linger_time, async {
        stream.write_all(last).await?;
        stream.shutdown().await?;
        let mut left = limits.linger_bytes;
        // Not in the future itself, which every connection carries from its start.
        let mut scrap = vec![0u8; 4096];
        while left > 0 {
            let octets = stream.read(&mut scrap).await?;
            if octets == 0 {
                break;
            }
            left = left.saturating_sub(octets.try_into().unwrap_or(u64::MAX));
        }
        std::io::Result::Ok(())
    })
    .await;
}
