//! What has to be known before anything can be judged: a few plain requests in, the resource's facts out.

use std::time::SystemTime;

use swath_spec::Own;

use crate::{
    client::{Ask, Client, Exchange, Trouble},
    parts,
    record::{Record, Records, Scope},
    target::Target,
};

/// The most redirections that are followed to the resource.
const REDIRECTS_MAX: usize = 5;
/// A representation up to this long is read whole, so that every slice of it can be compared.
const WHOLE_MAX: u64 = 8 << 20;
/// As much is read of a longer one.
const SAMPLE: u64 = 256 << 10;

/// Holds what is known of the resource.
#[derive(Debug, Clone)]
pub(crate) struct Learnt {
    pub(crate) server: Option<String>,
    pub(crate) length: u64,
    pub(crate) own: Own,
    /// Whether `bytes=0-0` is answered by 206.
    pub(crate) ranges: bool,
    /// The status that answered `bytes=0-0`.
    pub(crate) range_status: u16,
    /// The content's beginning, or all of it.
    pub(crate) octets: Vec<u8>,
    pub(crate) plain: usize,
    pub(crate) ranged: usize,
    pub(crate) head: Option<usize>,
    pub(crate) coded: Option<Coded>,
    /// What an absent target is answered with: the path, if that is 404.
    pub(crate) missing: Option<String>,
}

/// Holds what is known of a coded form.
#[derive(Debug, Clone)]
pub(crate) struct Coded {
    pub(crate) own: Own,
    /// Its length, if it was read to its end.
    pub(crate) length: Option<u64>,
    pub(crate) octets: Vec<u8>,
    pub(crate) record: usize,
}

/// Learns the resource; the error is why it cannot be audited.
pub(crate) async fn learn(client: &mut Client, records: &mut Records) -> Result<Learnt, Trouble> {
    let ranged = first(client).await?;
    let (first_status, stated) = (ranged.status, complete_length(&ranged));
    let ranged = records.add(Record::plain(ranged));
    let enough = match stated {
        Some(length) if length > WHOLE_MAX => SAMPLE,
        _ => WHOLE_MAX + 1,
    };
    let plain = client.ask(&Ask { enough, ..Ask::get() }).await?;
    if !matches!(plain.status, 200 | 206) {
        return Err(Trouble::Unreachable(format!(
            "a plain GET is answered by {}: there is no representation to audit",
            plain.status
        )));
    }
    let length = match (plain.framing, plain.complete, stated) {
        (_, true, _) => plain.length,
        (crate::client::Framing::Length(length), ..) => length,
        (_, _, Some(stated)) => stated,
        _ => {
            return Err(Trouble::Unreachable(format!(
                "its length is stated nowhere and beyond {WHOLE_MAX} octets: there is nothing to hold parts against"
            )));
        }
    };
    let own = own(&plain);
    let (server, octets) = (plain.text("server"), plain.content.clone());
    let plain = records.add(Record::plain(plain));
    let head = client.ask(&Ask::new("HEAD").closing()).await;
    let head = head.ok().map(|head| records.add(Record::plain(head)));
    let coded = coded(client, records, &own).await;
    let missing = missing(client).await;
    Ok(Learnt {
        server,
        length,
        own,
        ranges: first_status == 206,
        range_status: first_status,
        octets,
        plain,
        ranged,
        head,
        coded,
        missing,
    })
}

/// Asks for the first octet, following redirections.
async fn first(client: &mut Client) -> Result<Exchange, Trouble> {
    let mut exchange = client.ask(&Ask::get().field("Range", "bytes=0-0")).await?;
    for _ in 0..REDIRECTS_MAX {
        let moved = matches!(exchange.status, 301 | 302 | 303 | 307 | 308);
        let Some(location) = exchange.text("location").filter(|_| moved) else { return Ok(exchange) };
        let target: Target = client.target().follow(&location).map_err(Trouble::Unreachable)?;
        client.turn_to(target)?;
        exchange = client.ask(&Ask::get().field("Range", "bytes=0-0")).await?;
    }
    Err(Trouble::Unreachable(format!("it redirects more than {REDIRECTS_MAX} times")))
}

/// The complete length that an answer tells before any content is read.
fn complete_length(exchange: &Exchange) -> Option<u64> {
    match exchange.status {
        206 => {
            let (slice, stated) = parts::content_range(exchange.one("content-range")?).ok()?;
            stated.then_some(slice.of)
        }
        200 => match exchange.framing {
            crate::client::Framing::Length(length) => Some(length),
            _ => None,
        },
        _ => None,
    }
}

fn own(plain: &Exchange) -> Own {
    let now = plain.text("date").and_then(|date| httpdate::parse_http_date(&date).ok());
    let now = now.unwrap_or_else(SystemTime::now).duration_since(SystemTime::UNIX_EPOCH);
    let seconds = now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
    let fields = plain.fields.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    Own::from_plain(fields.collect(), seconds)
}

async fn coded(client: &mut Client, records: &mut Records, own_plain: &Own) -> Option<Coded> {
    let ask = Ask { enough: 1 << 20, ..Ask::get().field("Accept-Encoding", "gzip") };
    let exchange = client.ask(&ask).await.ok()?;
    let coded = exchange.status == 200
        && exchange.one("content-encoding").is_some()
        && own_plain.field("content-encoding").is_none();
    if !coded {
        return None;
    }
    let (own, octets) = (own(&exchange), exchange.content.clone());
    let length = exchange.complete.then_some(exchange.length);
    let record = records.add(Record { scope: Scope::Coded, ..Record::plain(exchange) });
    Some(Coded { own, length, octets, record })
}

async fn missing(client: &mut Client) -> Option<String> {
    let path = client.target().missing_path();
    let exchange = client.ask(&Ask::get().path(path.clone())).await.ok()?;
    (exchange.status == 404).then_some(path)
}
