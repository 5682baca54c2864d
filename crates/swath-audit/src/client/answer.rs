//! One exchange: a request's octets in; the answer's head, its fields and as much content as is wanted out.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{
    Trouble,
    ask::Ask,
    connect::{Link, broken},
    content,
};

/// The longest answer head that is read; servers limit theirs to a quarter of it.
const HEAD_MAX: usize = 64 << 10;
/// The most fields in an answer head.
const FIELDS_MAX: usize = 256;
/// The most interim answers before the final one.
const INTERIM_MAX: usize = 8;

/// Tells how an answer's content is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// No content can follow.
    None,
    /// By Content-Length.
    Length(u64),
    /// By chunks.
    Chunked,
    /// By the end of the connection.
    Close,
}

/// Holds one request and its answer, as they were on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exchange {
    /// The request's method.
    pub(crate) method: &'static str,
    /// The request's octets.
    pub(crate) request: Vec<u8>,
    /// The octets of the answer's head.
    pub(crate) head: Vec<u8>,
    /// The status code.
    pub(crate) status: u16,
    /// The minor version of the answer: 0 or 1.
    pub(crate) minor: u8,
    /// The answer's header fields in order, names as they came.
    pub(crate) fields: Vec<(String, Vec<u8>)>,
    /// How the content is delimited.
    pub(crate) framing: Framing,
    /// The content, as far as it was read.
    pub(crate) content: Vec<u8>,
    /// How many octets of content were read.
    pub(crate) length: u64,
    /// Whether the content was read to its end.
    pub(crate) complete: bool,
    /// Whether the connection ended before the content did.
    pub(crate) cut_short: bool,
    /// Octets that came after the answer's end.
    pub(crate) surplus: Vec<u8>,
    /// Whether the connection was seen to end after the answer, where that was waited for.
    pub(crate) ended: bool,
    pub(crate) reusable: bool,
}

impl Exchange {
    /// Gives the values of all fields of a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let named = self.fields.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_slice())
    }

    /// Gives the value of a field that stands once.
    pub(crate) fn one(&self, name: &str) -> Option<&[u8]> {
        let mut named = self.fields.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        let (_, value) = named.next()?;
        named.next().is_none().then_some(value.as_slice())
    }

    /// Gives the value of a field that stands once, as text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.one(name).map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// Tells whether the request had a field of this name.
    pub(crate) fn asked(&self, name: &str) -> bool {
        self.asked_values(name).next().is_some()
    }

    /// Gives the values of a field of the request.
    pub(crate) fn asked_values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let lines = self.request.split(|octet| *octet == b'\n').skip(1);
        lines.filter_map(move |line| {
            let colon = line.iter().position(|octet| *octet == b':')?;
            let (own, value) = line.split_at(colon);
            own.eq_ignore_ascii_case(name.as_bytes()).then(|| value.get(1..).unwrap_or_default().trim_ascii())
        })
    }
}

#[cfg(test)]
impl Exchange {
    /// An answer to GET as a test has it.
    pub(crate) fn made(status: u16, fields: &[(&str, &str)], content: &[u8]) -> Self {
        let text: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let mut head = format!("HTTP/1.1 {status} X\r\n{text}\r\n").into_bytes();
        let mut made = parse(&mut head).unwrap().unwrap();
        made.framing = framing(&made);
        made.content = content.to_vec();
        made.length = u64::try_from(content.len()).unwrap();
        made.complete = true;
        made
    }
}

pub(super) async fn exchange(
    link: &mut Link,
    ask: &Ask,
    request: &[u8],
    left: u64,
) -> Result<Exchange, Trouble> {
    link.stream.write_all(request).await.map_err(|why| broken(&why))?;
    link.stream.flush().await.map_err(|why| broken(&why))?;
    let mut exchange = head(link).await?;
    for _ in 0..INTERIM_MAX {
        if exchange.status >= 200 {
            break;
        }
        exchange = head(link).await?;
    }
    exchange.method = ask.method;
    exchange.request = request.to_vec();
    exchange.framing = framing(&exchange);
    content::read(link, &mut exchange, ask.enough.min(left)).await?;
    if ask.close && exchange.complete && exchange.framing != Framing::Close {
        content::read_surplus(link, &mut exchange).await;
    }
    let close =
        exchange.all("connection").any(|value| value.to_ascii_lowercase().windows(5).any(|w| w == b"close"));
    exchange.surplus.append(&mut link.unread);
    exchange.reusable = exchange.complete
        && !close
        && exchange.minor == 1
        && exchange.framing != Framing::Close
        && exchange.surplus.is_empty();
    Ok(exchange)
}

async fn head(link: &mut Link) -> Result<Exchange, Trouble> {
    loop {
        if let Some(exchange) = parse(&mut link.unread)? {
            return Ok(exchange);
        }
        if link.unread.len() > HEAD_MAX {
            return Err(Trouble::Malformed(format!("its head is longer than {HEAD_MAX} octets")));
        }
        let before = link.unread.len();
        link.unread.reserve(8 << 10);
        let read = link.stream.read_buf(&mut link.unread).await.map_err(|why| broken(&why))?;
        if read == 0 {
            return Err(match before {
                0 => Trouble::Closed("closed without an answer".to_owned()),
                _ => Trouble::Malformed("it ends within its head".to_owned()),
            });
        }
    }
}

fn parse(unread: &mut Vec<u8>) -> Result<Option<Exchange>, Trouble> {
    let mut fields = vec![httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut response = httparse::Response::new(&mut fields);
    let length = match response.parse(unread).map_err(|why| Trouble::Malformed(why.to_string()))? {
        httparse::Status::Partial => return Ok(None),
        httparse::Status::Complete(length) => length,
    };
    let exchange = Exchange {
        method: "GET",
        request: Vec::new(),
        head: unread.get(..length).unwrap_or_default().to_vec(),
        status: response.code.unwrap_or(0),
        minor: response.version.unwrap_or(0),
        fields: response.headers.iter().map(|one| (one.name.to_owned(), one.value.to_vec())).collect(),
        framing: Framing::None,
        content: Vec::new(),
        length: 0,
        complete: false,
        cut_short: false,
        surplus: Vec::new(),
        ended: false,
        reusable: false,
    };
    unread.drain(..length);
    Ok(Some(exchange))
}

/// RFC 9112 §6.3
fn framing(exchange: &Exchange) -> Framing {
    if exchange.method == "HEAD" || matches!(exchange.status, 204 | 304) {
        return Framing::None;
    }
    let codings: Vec<_> = exchange.all("transfer-encoding").collect();
    if let Some(last) = codings.last() {
        return match last.trim_ascii().to_ascii_lowercase().ends_with(b"chunked") {
            true => Framing::Chunked,
            false => Framing::Close,
        };
    }
    match exchange.one("content-length").and_then(number) {
        Some(length) => Framing::Length(length),
        None => Framing::Close,
    }
}

/// Reads `1*DIGIT` that fits 64 bits.
pub(crate) fn number(value: &[u8]) -> Option<u64> {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(value).ok()?.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn framing_is_that_of_rfc_9112() {
        let framing = |status, fields: &[(&str, &str)]| Exchange::made(status, fields, b"").framing;
        assert_eq!(framing(200, &[("Content-Length", "5")]), Framing::Length(5));
        assert_eq!(
            framing(200, &[("Content-Length", "5"), ("Transfer-Encoding", "chunked")]),
            Framing::Chunked
        );
        assert_eq!(framing(200, &[("Transfer-Encoding", "gzip")]), Framing::Close);
        assert_eq!(framing(200, &[("Content-Length", "5"), ("Content-Length", "6")]), Framing::Close);
        assert_eq!(framing(200, &[("Content-Length", "+5")]), Framing::Close);
        assert_eq!(framing(304, &[("Content-Length", "5")]), Framing::None);
    }

    #[test]
    fn a_head_is_taken_whole_or_not_at_all() {
        let mut octets = b"HTTP/1.1 200 OK\r\nA: 1\r\n\r\nrest".to_vec();
        let mut half = octets[..20].to_vec();
        assert_eq!(parse(&mut half), Ok(None));
        let exchange = parse(&mut octets).unwrap().unwrap();
        assert_eq!((exchange.status, exchange.one("a")), (200, Some(&b"1"[..])));
        assert_eq!(octets, b"rest");
        assert!(parse(&mut b"SMTP hello\r\n\r\n".to_vec()).is_err());
    }
}
