//! Checks that ask something of their own: a check's name in, requests sent, one finding out.

use crate::{
    client::{Ask, Client, Exchange, Framing, Trouble},
    finding::Finding,
    h2::{Question, Said},
    learn::Learnt,
    record::{Record, Records, Scope},
};

/// The connections over which validators are compared; a farm of servers seldom answers all from one.
const CONNECTIONS: usize = 4;

/// Asks by name; `None` if no check of this kind is called so.
pub(crate) async fn ask(
    id: &str,
    client: &mut Client,
    learnt: &Learnt,
    records: &mut Records,
    origin: Option<&str>,
) -> Option<Result<Finding, Trouble>> {
    let mut probe = Probe { client, learnt, records };
    Some(match id {
        "etag-constant" => probe.constant("etag").await,
        "modified-constant" => probe.constant("last-modified").await,
        "http-1.0" => probe.old_version().await,
        "host" => probe.refused(Ask { host: false, ..Ask::get() }, "a request without Host").await,
        "host-twice" => {
            let second = Ask::get().field("Host", "other.example");
            probe.refused(second, "a request with two Hosts").await
        }
        "space-before-colon" => {
            let raw = b"X-Swath-Audit : 1\r\n".to_vec();
            probe.refused(Ask { raw, ..Ask::get() }, "`X-Swath-Audit : 1`").await
        }
        "absolute-form" => probe.absolute().await,
        "connection-close" => probe.close().await,
        "coded-slices" => probe.coded_slices().await,
        "h2-same" => probe.h2().await,
        "cors-allowed" => probe.cors_allowed(origin?).await,
        "cors-exposed" => probe.cors_exposed(origin?).await,
        "cors-preflight" => probe.cors_preflight(origin?).await,
        _ => return None,
    })
}

struct Probe<'a> {
    client: &'a mut Client,
    learnt: &'a Learnt,
    records: &'a mut Records,
}

impl Probe<'_> {
    async fn send(&mut self, ask: Ask, scope: Scope) -> Result<(usize, Exchange), Trouble> {
        let exchange = self.client.ask(&ask).await?;
        let at = self.records.add(Record { scope, ..Record::plain(exchange.clone()) });
        Ok((at, exchange))
    }

    /// R-8.8.1-1: several machines behind one name have to agree.
    async fn constant(&mut self, name: &str) -> Result<Finding, Trouble> {
        let own = self.learnt.own.field(name).map(<[u8]>::to_vec);
        let mut last = None;
        if self.records.again().is_empty() {
            for _ in 0..CONNECTIONS {
                let ask = Ask { fresh: true, enough: 1, ..Ask::get().field("Range", "bytes=0-0") };
                self.send(ask, Scope::Again).await?;
            }
        }
        for (at, exchange) in self.records.again() {
            last = Some(at);
            let seen = exchange.one(name);
            if matches!(exchange.status, 200 | 206) && seen.is_some() && seen != own.as_deref() {
                let said = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
                let (seen, own) = (seen.map(said), own.as_deref().map(said));
                return Ok(Finding::broken(
                    format!(
                        "{} on one connection, {} on another",
                        own.unwrap_or_default(),
                        seen.unwrap_or_default()
                    ),
                    at,
                ));
            }
        }
        Ok(Finding::Kept(last))
    }

    async fn old_version(&mut self) -> Result<Finding, Trouble> {
        let ask = Ask { version: "HTTP/1.0", fresh: true, ..Ask::get() };
        let (at, exchange) = self.send(ask, Scope::Elsewhere).await?;
        Ok(match exchange.all("transfer-encoding").next() {
            Some(_) => Finding::broken("an HTTP/1.0 request is answered with Transfer-Encoding", at),
            None => Finding::Kept(Some(at)),
        })
    }

    /// Sends what a server has to refuse; closing the connection without an answer is a refusal too.
    async fn refused(&mut self, ask: Ask, what: &str) -> Result<Finding, Trouble> {
        let ask = Ask { fresh: true, close: true, enough: 1, ..ask };
        let (at, exchange) = match self.send(ask, Scope::Elsewhere).await {
            Err(Trouble::Closed(_)) => return Ok(Finding::Kept(None)),
            other => other?,
        };
        Ok(match exchange.status {
            400..=499 => Finding::Kept(Some(at)),
            status => Finding::broken(format!("{what} is answered by {status} where 400 is due"), at),
        })
    }

    async fn absolute(&mut self) -> Result<Finding, Trouble> {
        let path = self.client.target().absolute();
        let ask = Ask { fresh: true, enough: 1, ..Ask::get().path(path) };
        let (at, exchange) = self.send(ask, Scope::Elsewhere).await?;
        Ok(match exchange.status {
            200 => Finding::Kept(Some(at)),
            status => Finding::broken(format!("a target in absolute form is answered by {status}"), at),
        })
    }

    async fn close(&mut self) -> Result<Finding, Trouble> {
        let missing = self.learnt.missing.clone();
        let Some(path) = missing else { return Ok(Finding::moot("there is no short answer to try it on")) };
        let (at, exchange) = self.send(Ask::get().path(path).closing(), Scope::Elsewhere).await?;
        let said = exchange.all("connection").any(|value| value.eq_ignore_ascii_case(b"close"));
        Ok(match said || exchange.ended || exchange.framing == Framing::Close {
            true => Finding::Kept(Some(at)),
            false => Finding::broken("the connection is neither closed nor said to be", at),
        })
    }

    /// R-8.4-2: the first octets of the coded form, under the coding's name, or the whole.
    async fn coded_slices(&mut self) -> Result<Finding, Trouble> {
        let Some(coded) = self.learnt.coded.clone() else {
            return Ok(Finding::moot("there is no coded form"));
        };
        let ask = Ask::get().field("Accept-Encoding", "gzip").field("Range", "bytes=0-63");
        let (at, exchange) = self.send(ask, Scope::Elsewhere).await?;
        if exchange.status != 206 {
            return Ok(Finding::Kept(Some(at)));
        }
        let known = match exchange.one("content-encoding") {
            // A part of the uncoded form is as good.
            None => &self.learnt.octets,
            Some(_) => &coded.octets,
        };
        Ok(match known.starts_with(&exchange.content) {
            true => Finding::Kept(Some(at)),
            false => Finding::broken("the octets are neither those of the coded nor of the plain form", at),
        })
    }

    /// Asks the same over HTTP/2 and HTTP/1.1.
    async fn h2(&mut self) -> Result<Finding, Trouble> {
        let length = self.learnt.length;
        let range = |value: String| ("range", value.into_bytes());
        let get = |fields| Question { method: "GET", fields };
        let questions = [
            get(vec![]),
            get(vec![range("bytes=0-0".to_owned())]),
            get(vec![range(format!("bytes={length}-"))]),
            get(vec![range("seconds=1-2".to_owned())]),
            get(vec![range("bytes=0-0".to_owned()), ("if-range", b"\"swath-audit\"".to_vec())]),
            get(vec![range("bytes=5-4".to_owned())]),
            get(vec![("if-none-match", b"*".to_vec())]),
            get(vec![("if-match", b"\"swath-audit\"".to_vec())]),
            Question { method: "HEAD", fields: vec![range("bytes=0-0".to_owned())] },
        ];
        let Some(answers) = self.client.ask_h2(&questions).await? else {
            return Ok(Finding::moot("the server offers no HTTP/2 here"));
        };
        let mut last = None;
        for (question, h2) in questions.iter().zip(answers) {
            let mut ask = Ask { enough: 1, ..Ask::new(question.method) };
            for (name, value) in &question.fields {
                ask = ask.field(name, value);
            }
            let (at, h1) = self.send(ask, Scope::Elsewhere).await?;
            last = Some(at);
            let field = |name| h1.one(name).map(<[u8]>::to_vec);
            let h1 = Said {
                status: h1.status,
                content_range: field("content-range"),
                etag: field("etag"),
                content_length: field("content-length"),
            };
            if let Some(said) = differing(&h1, &h2) {
                return Ok(Finding::broken(said, at));
            }
        }
        Ok(Finding::Kept(last))
    }

    async fn cross_origin(&mut self, origin: &str) -> Result<(usize, Exchange), Trouble> {
        let ask = Ask::get().field("Origin", origin).field("Range", "bytes=0-0");
        self.send(ask, Scope::Elsewhere).await
    }

    async fn cors_allowed(&mut self, origin: &str) -> Result<Finding, Trouble> {
        let (at, exchange) = self.cross_origin(origin).await?;
        Ok(match exchange.text("access-control-allow-origin") {
            Some(value) if value == "*" || value == origin => Finding::Kept(Some(at)),
            Some(value) => {
                Finding::broken(format!("`Access-Control-Allow-Origin: {value}` is not for {origin}"), at)
            }
            None => Finding::broken("there is no Access-Control-Allow-Origin", at),
        })
    }

    async fn cors_exposed(&mut self, origin: &str) -> Result<Finding, Trouble> {
        let (at, exchange) = self.cross_origin(origin).await?;
        let exposed = list(&exchange, "access-control-expose-headers");
        let lacking: Vec<_> = ["content-range", "etag", "accept-ranges"]
            .into_iter()
            .filter(|name| !exposed.iter().any(|own| own == name || own == "*"))
            .collect();
        Ok(match lacking.is_empty() {
            true => Finding::Kept(Some(at)),
            false => Finding::broken(format!("not exposed: {}", lacking.join(", ")), at),
        })
    }

    async fn cors_preflight(&mut self, origin: &str) -> Result<Finding, Trouble> {
        let ask = Ask::new("OPTIONS")
            .field("Origin", origin)
            .field("Access-Control-Request-Method", "GET")
            .field("Access-Control-Request-Headers", "if-match,if-range,range");
        let (at, exchange) = self.send(ask, Scope::Elsewhere).await?;
        let allowed = list(&exchange, "access-control-allow-headers");
        let lacking: Vec<_> = ["range", "if-range", "if-match"]
            .into_iter()
            .filter(|name| !allowed.iter().any(|own| own == name || own == "*"))
            .collect();
        Ok(match (exchange.status, lacking.is_empty()) {
            (200..=299, true) => Finding::Kept(Some(at)),
            (200..=299, false) => Finding::broken(format!("not allowed: {}", lacking.join(", ")), at),
            (status, _) => Finding::broken(format!("a preflight is answered by {status}"), at),
        })
    }
}

/// Tells in what two answers differ that have to be the same. A length may be left out over either.
fn differing(h1: &Said, h2: &Said) -> Option<String> {
    let text = |value: &Option<Vec<u8>>| match value {
        Some(value) => format!("`{}`", String::from_utf8_lossy(value)),
        None => "none".to_owned(),
    };
    if h1.status != h2.status {
        return Some(format!("{} over HTTP/1.1, {} over HTTP/2", h1.status, h2.status));
    }
    let lengths = h1.content_length.is_some() && h2.content_length.is_some();
    let fields = [
        ("Content-Range", &h1.content_range, &h2.content_range, true),
        ("ETag", &h1.etag, &h2.etag, true),
        ("Content-Length", &h1.content_length, &h2.content_length, lengths),
    ];
    let (name, one, two, _) = fields.into_iter().find(|(_, one, two, due)| *due && one != two)?;
    Some(format!("{name} is {} over HTTP/1.1 and {} over HTTP/2", text(one), text(two)))
}

/// The members of a list field, in lower case.
fn list(exchange: &Exchange, name: &str) -> Vec<String> {
    let values = exchange.all(name).map(|value| String::from_utf8_lossy(value).to_ascii_lowercase());
    values.flat_map(|value| value.split(',').map(|one| one.trim().to_owned()).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_between_versions_is_told() {
        let range = |status, range: &str, length: Option<&str>| Said {
            status,
            content_range: Some(range.as_bytes().to_vec()),
            etag: None,
            content_length: length.map(|length| length.as_bytes().to_vec()),
        };
        let one = range(206, "bytes 0-0/9", Some("1"));
        assert_eq!(differing(&one, &one), None);
        assert_eq!(differing(&one, &range(206, "bytes 0-0/9", None)), None);
        assert!(differing(&one, &range(200, "bytes 0-0/9", Some("1"))).unwrap().contains("200 over HTTP/2"));
        assert!(differing(&one, &range(206, "bytes 0-1/9", Some("1"))).unwrap().starts_with("Content-Range"));
        assert!(
            differing(&one, &range(206, "bytes 0-0/9", Some("2"))).unwrap().starts_with("Content-Length")
        );
    }
}
