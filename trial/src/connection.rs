//! One connection: requests in, the row's answers out.
//!
//! In: a socket, the site. Out: nothing; what was asked and sent is counted.

use std::io;
use std::net::TcpStream;
use std::time::Duration;

use crate::{
    answer::{Answer, Break, Framing},
    origin::Site,
    pace::Paced,
    request::Request,
    turn::Turn,
};

/// How long an open connection may wait for its next request.
const IDLE: Duration = Duration::from_secs(30);

/// What endless fields end at, so that no client's memory is filled for good.
const ENDLESS: usize = 256 << 20;

/// How much of a chunked answer stands in one chunk.
const CHUNK: usize = 100_000;

/// Serves one connection until it ends.
pub(crate) fn serve(mut stream: TcpStream, site: &Site, connection: usize) {
    // An error is the peer's going, or the origin's end: both are in order.
    let _ = requests(&mut stream, site, connection);
}

fn requests(stream: &mut TcpStream, site: &Site, connection: usize) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_write_timeout(Some(IDLE))?;
    while let Some(request) = Request::read(stream)? {
        let turn = Turn::new(site, request, connection);
        let answer = (site.row.answer)(&turn);
        let paced = &mut Paced::new(stream, &site.stopped);
        let kept = send(paced, &answer, turn.request.method == "HEAD", site)?;
        match kept {
            Kept::Open => {}
            Kept::Closed => return Ok(()),
            Kept::Reset => return socket2::SockRef::from(&*stream).set_linger(Some(Duration::ZERO)),
        }
    }
    Ok(())
}

/// What is left of a connection after an answer.
enum Kept {
    Open,
    Closed,
    Reset,
}

fn send(out: &mut Paced<'_>, answer: &Answer, head_only: bool, site: &Site) -> io::Result<Kept> {
    out.sleep(answer.head_after)?;
    if !answer.silent {
        out.at_once(&answer.before)?;
        out.at_once(&answer.head())?;
        if answer.endless {
            return endless(out);
        }
        if !head_only {
            if let Some(broken) = content(out, answer, site)? {
                return Ok(broken);
            }
            out.at_once(&answer.after)?;
        }
    } else if let Some((_, how)) = answer.breaks {
        return broken(out, how);
    }
    let closes = answer.close || answer.framing == Framing::Close || answer.version == "HTTP/1.0";
    Ok(if closes { Kept::Closed } else { Kept::Open })
}

/// Sends the content; what became of the connection if it was to break.
fn content(out: &mut Paced<'_>, answer: &Answer, site: &Site) -> io::Result<Option<Kept>> {
    let end = answer.breaks.map_or(answer.content.len(), |(at, _)| at.min(answer.content.len()));
    let slow_from = answer.slow.map_or(end, |(from, _)| from.min(end));
    let rate = answer.slow.map_or(site.rate, |(_, rate)| rate);
    for (octets, rate) in [(&answer.content[..slow_from], site.rate), (&answer.content[slow_from..end], rate)]
    {
        for piece in octets.chunks(CHUNK) {
            if answer.framing == Framing::Chunked {
                out.at_once(format!("{:x}\r\n", piece.len()).as_bytes())?;
                out.write(piece, rate)?;
                out.at_once(b"\r\n")?;
            } else {
                out.write(piece, rate)?;
            }
            site.sent(piece.len());
        }
    }
    if let Some((_, how)) = answer.breaks {
        return broken(out, how).map(Some);
    }
    if answer.framing == Framing::Chunked {
        out.at_once(b"0\r\n\r\n")?;
    }
    Ok(None)
}

fn broken(out: &Paced<'_>, how: Break) -> io::Result<Kept> {
    match how {
        Break::Close => Ok(Kept::Closed),
        Break::Reset => Ok(Kept::Reset),
        // Until the origin stops.
        Break::Stall => out.sleep(Duration::from_secs(600)).map(|()| Kept::Closed),
    }
}

fn endless(out: &mut Paced<'_>) -> io::Result<Kept> {
    let line = "X-More: of the same, and then some\r\n".repeat(1000);
    for _ in 0..ENDLESS / line.len() {
        out.at_once(line.as_bytes())?;
    }
    Ok(Kept::Reset)
}
