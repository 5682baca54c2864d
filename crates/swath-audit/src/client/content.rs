//! The content of an answer: read as far as it is wanted, and no further.

use std::time::Duration;

use tokio::{io::AsyncReadExt as _, time::timeout};

use super::{
    Trouble,
    answer::{Exchange, Framing},
    connect::Link,
};

/// The longest line of a chunk's head or of a trailer.
const LINE_MAX: usize = 8 << 10;
/// How long a server that was asked to close is listened to for octets that should not come.
const SURPLUS: Duration = Duration::from_millis(300);
/// The most octets beyond an answer's end that are kept as evidence.
const SURPLUS_MAX: usize = 4 << 10;

/// Reads content until its end or until there is enough.
pub(super) async fn read(link: &mut Link, exchange: &mut Exchange, enough: u64) -> Result<(), Trouble> {
    match exchange.framing {
        Framing::None => exchange.complete = true,
        Framing::Length(length) => {
            let wanted = length.min(enough);
            exchange.cut_short = take(link, exchange, wanted).await?;
            exchange.complete = !exchange.cut_short && wanted == length;
        }
        Framing::Close => {
            // One octet more than is wanted tells the end from a pause.
            exchange.complete = take(link, exchange, enough.saturating_add(1)).await?;
        }
        Framing::Chunked => chunks(link, exchange, enough).await?,
    }
    exchange.length = u64::try_from(exchange.content.len()).unwrap_or(u64::MAX);
    Ok(())
}

/// Moves octets to the content; tells whether the connection ended first.
async fn take(link: &mut Link, exchange: &mut Exchange, wanted: u64) -> Result<bool, Trouble> {
    let mut wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    while wanted > 0 {
        if link.unread.is_empty() && !fill(link).await? {
            return Ok(true);
        }
        let now = wanted.min(link.unread.len());
        exchange.content.extend(link.unread.drain(..now));
        wanted -= now;
    }
    Ok(false)
}

async fn chunks(link: &mut Link, exchange: &mut Exchange, enough: u64) -> Result<(), Trouble> {
    let mut left = enough;
    loop {
        let Some(line) = line(link).await? else {
            exchange.cut_short = true;
            return Ok(());
        };
        let text = String::from_utf8_lossy(&line);
        let size = text.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16)
            .map_err(|_| Trouble::Malformed(format!("`{}` is no chunk size", size.escape_debug())))?;
        if size == 0 {
            // Trailers, to the empty line.
            while line_is_full(link, exchange).await? {}
            exchange.complete = !exchange.cut_short;
            return Ok(());
        }
        let wanted = size.min(left);
        exchange.cut_short = take(link, exchange, wanted).await?;
        left -= wanted;
        if exchange.cut_short || wanted < size || left == 0 {
            return Ok(());
        }
        exchange.cut_short = line_is_cut(link).await?;
        if exchange.cut_short {
            return Ok(());
        }
    }
}

async fn line_is_full(link: &mut Link, exchange: &mut Exchange) -> Result<bool, Trouble> {
    match line(link).await? {
        Some(line) => Ok(!line.is_empty()),
        None => {
            exchange.cut_short = true;
            Ok(false)
        }
    }
}

/// Reads the line break after a chunk.
async fn line_is_cut(link: &mut Link) -> Result<bool, Trouble> {
    match line(link).await? {
        None => Ok(true),
        Some(line) if line.is_empty() => Ok(false),
        Some(_) => Err(Trouble::Malformed("a chunk is longer than it says".to_owned())),
    }
}

async fn line(link: &mut Link) -> Result<Option<Vec<u8>>, Trouble> {
    loop {
        if let Some(end) = link.unread.iter().position(|octet| *octet == b'\n') {
            let mut line: Vec<u8> = link.unread.drain(..=end).collect();
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(Some(line));
        }
        if link.unread.len() > LINE_MAX {
            return Err(Trouble::Malformed(format!("a chunk's head is longer than {LINE_MAX} octets")));
        }
        if !fill(link).await? {
            return Ok(None);
        }
    }
}

/// Reads what there is; tells whether there was anything. After the head, a reset is an end like any other.
async fn fill(link: &mut Link) -> Result<bool, Trouble> {
    link.unread.reserve(16 << 10);
    Ok(link.stream.read_buf(&mut link.unread).await.unwrap_or(0) > 0)
}

/// Listens for what comes after the end of an answer that was to be the last.
pub(super) async fn read_surplus(link: &mut Link, exchange: &mut Exchange) {
    let listen = async { while link.unread.len() < SURPLUS_MAX && matches!(fill(link).await, Ok(true)) {} };
    exchange.ended = timeout(SURPLUS, listen).await.is_ok();
    exchange.surplus.append(&mut link.unread);
}
