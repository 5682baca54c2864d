//! One exchange as one line.
//!
//! In: an exchange. Out: a line of text for people, or of JSON for programs, each ended by LF. docs/log.md has both forms.

use std::fmt::Write;
use std::time::SystemTime;

use http::{HeaderValue, StatusCode};

use super::escape::{push_json, push_quoted};
use super::number::{push_millis, push_number, push_peer};
use crate::exchange::Exchange;

/// Lists the keys of a JSON line, in their order; every line has all of them and no other.
pub const JSON_KEYS: [&str; 14] = [
    "time",
    "peer",
    "method",
    "target",
    "range",
    "if_range",
    "status",
    "content_range",
    "because",
    "section",
    "bytes_planned",
    "bytes_sent",
    "outcome",
    "millis",
];

/// Room for most lines.
const LINE: usize = 384;

/// Gives an exchange as one line of JSON, ended by LF.
///
/// Written here and not by a library: it is made for each request, and knows that nothing in it but what `push_json` writes needs escaping.
#[must_use]
pub fn json(exchange: &Exchange) -> String {
    let mut line = String::with_capacity(LINE);
    line.push_str("{\"time\":\"");
    push_rfc3339(&mut line, exchange.time);
    line.push_str("\",\"peer\":");
    match exchange.peer {
        Some(peer) => {
            line.push('"');
            push_peer(&mut line, peer);
            line.push('"');
        }
        None => line.push_str("null"),
    }
    word(&mut line, ",\"method\":", exchange.method.as_ref().map(|method| short(method.as_str())));
    octets(&mut line, ",\"target\":", exchange.target.as_deref());
    octets(&mut line, ",\"range\":", exchange.range.as_deref());
    octets(&mut line, ",\"if_range\":", exchange.if_range.as_deref());
    line.push_str(",\"status\":");
    line.push_str(exchange.status.as_ref().map_or("null", StatusCode::as_str));
    octets(&mut line, ",\"content_range\":", exchange.content_range.as_ref().map(HeaderValue::as_bytes));
    word(&mut line, ",\"because\":", exchange.because);
    word(&mut line, ",\"section\":", exchange.section);
    line.push_str(",\"bytes_planned\":");
    push_number(&mut line, exchange.bytes_planned);
    line.push_str(",\"bytes_sent\":");
    push_number(&mut line, exchange.bytes_sent);
    line.push_str(",\"outcome\":\"");
    line.push_str(exchange.outcome.key());
    line.push_str("\",\"millis\":");
    push_millis(&mut line, exchange.elapsed);
    line.push_str("}\n");
    line
}

/// Writes a member whose value is a string, or null.
fn octets(line: &mut String, key: &str, value: Option<&[u8]>) {
    line.push_str(key);
    match value {
        Some(value) => push_json(line, value),
        None => line.push_str("null"),
    }
}

/// Writes a member whose value is a word of ours, or a token, in which there is nothing to escape.
fn word(line: &mut String, key: &str, value: Option<&str>) {
    line.push_str(key);
    match value {
        Some(value) => {
            line.push('"');
            line.push_str(value);
            line.push('"');
        }
        None => line.push_str("null"),
    }
}

/// Gives an exchange as one line of text, ended by LF.
#[must_use]
pub fn text(exchange: &Exchange) -> String {
    let mut line = String::with_capacity(LINE);
    push_rfc3339(&mut line, exchange.time);
    line.push(' ');
    match exchange.peer {
        Some(peer) => push_peer(&mut line, peer),
        None => line.push('-'),
    }
    if let (Some(method), Some(target)) = (&exchange.method, &exchange.target) {
        // Writing to a String cannot fail.
        let _ = write!(line, " {} ", short(method.as_str()));
        push_quoted(&mut line, target);
    }
    for (name, field) in [("range", &exchange.range), ("if-range", &exchange.if_range)] {
        if let Some(field) = field {
            let _ = write!(line, " {name}=");
            push_quoted(&mut line, field);
        }
    }
    if let Some(status) = exchange.status {
        let _ = write!(line, " {}", status.as_u16());
    }
    if let Some(content_range) = &exchange.content_range {
        line.push(' ');
        push_quoted(&mut line, content_range.as_bytes());
    }
    if let Some(because) = exchange.because {
        let _ = write!(line, " {because}");
        if let Some(section) = exchange.section {
            let _ = write!(line, "(§{section})");
        }
    }
    let (sent, planned) = (exchange.bytes_sent, exchange.bytes_planned);
    let _ = write!(line, " {sent}/{planned} {} ", exchange.outcome.key());
    push_millis(&mut line, exchange.elapsed);
    line.push_str("ms");
    if let Some(fault) = &exchange.fault {
        line.push(' ');
        push_quoted(&mut line, fault.as_bytes());
    }
    line.push('\n');
    line
}

/// Gives a time in UTC as RFC 3339 has it, to the millisecond.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    let mut text = String::new();
    push_rfc3339(&mut text, time);
    text
}

fn push_rfc3339(line: &mut String, time: SystemTime) {
    // The formatter refuses what lies before 1970; a clock that is so wrong shows as its beginning.
    let _ = write!(line, "{}", humantime::format_rfc3339_millis(time.max(SystemTime::UNIX_EPOCH)));
}

/// Cuts a method, which is a token and so printable, to a length no real one has.
fn short(method: &str) -> &str {
    method.get(..32).unwrap_or(method)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use http::{HeaderValue, Method, StatusCode};

    use super::*;
    use crate::connection::Peer;
    use crate::exchange::Outcome;

    fn partial() -> Exchange {
        Exchange {
            time: SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_297_464_123),
            method: Some(Method::GET),
            target: Some(Bytes::from_static(b"/clip.mp4")),
            range: Some(Bytes::from_static(b"bytes=0-99")),
            status: Some(StatusCode::PARTIAL_CONTENT),
            content_range: Some(HeaderValue::from_static("bytes 0-99/1000")),
            because: Some("satisfied"),
            section: Some("14.2"),
            bytes_planned: 100,
            bytes_sent: 60,
            elapsed: Duration::from_nanos(1_234_567),
            ..Exchange::without_request(
                Some(Peer::Tcp(([192, 0, 2, 7], 50_312).into())),
                Outcome::AbortedByPeer,
            )
        }
    }

    fn hostile() -> Exchange {
        let nasty = Bytes::from_static(b"/\x1b]0;owned\x07\r\n\"{}\xff\xe2\x80\xae\\");
        Exchange {
            target: Some(nasty.clone()),
            range: Some(nasty.clone()),
            if_range: Some(nasty),
            method: Method::from_bytes(&[b'A'; 5000]).ok(),
            content_range: HeaderValue::from_bytes(b"\xff\"").ok(),
            fault: Some("\x1b[2J".to_owned()),
            ..partial()
        }
    }

    #[test]
    fn a_line_of_text_reads_well() {
        assert_eq!(
            text(&partial()),
            "2026-11-21T21:44:24.123Z 192.0.2.7:50312 GET \"/clip.mp4\" range=\"bytes=0-99\" 206 \
             \"bytes 0-99/1000\" satisfied(§14.2) 60/100 aborted-by-peer 1.235ms\n"
        );
        let refused =
            Exchange { time: SystemTime::UNIX_EPOCH, ..Exchange::without_request(None, Outcome::BadHead) };
        assert_eq!(text(&refused), "1970-01-01T00:00:00.000Z - 0/0 bad-head 0.000ms\n");
    }

    #[test]
    fn a_line_of_json_has_exactly_its_keys_in_order() {
        for exchange in [partial(), hostile(), Exchange::without_request(None, Outcome::Refused)] {
            let line = json(&exchange);
            assert!(line.ends_with("}\n") && !line.trim_end().contains('\n'));
            let value: serde_json::Value = serde_json::from_str(&line).expect("JSON");
            let object = value.as_object().expect("an object");
            let mut keys: Vec<_> = JSON_KEYS.to_vec();
            let mut at = 0;
            for key in JSON_KEYS {
                let found = line[at..].find(&format!("\"{key}\":")).expect(key);
                at += found + key.len();
            }
            keys.sort_unstable();
            let mut found: Vec<_> = object.keys().map(String::as_str).collect();
            found.sort_unstable();
            assert_eq!(found, keys);
        }
    }

    #[test]
    fn the_values_of_a_json_line_are_those_of_the_exchange() {
        let value: serde_json::Value = serde_json::from_str(&json(&partial())).expect("JSON");
        assert_eq!(
            value,
            serde_json::json!({
                "time": "2026-11-21T21:44:24.123Z", "peer": "192.0.2.7:50312", "method": "GET",
                "target": "/clip.mp4", "range": "bytes=0-99", "if_range": null, "status": 206,
                "content_range": "bytes 0-99/1000", "because": "satisfied", "section": "14.2",
                "bytes_planned": 100, "bytes_sent": 60, "outcome": "aborted-by-peer", "millis": 1.235
            })
        );
    }

    #[test]
    fn hostile_fields_stay_one_printable_line() {
        for line in [text(&hostile()), json(&hostile())] {
            let line = line.strip_suffix('\n').expect("ended by LF");
            assert!(line.chars().all(|c| matches!(c, ' '..='~' | '§')), "{line}");
            assert!(line.len() < 1000, "a method of 5,000 octets is cut");
        }
        let value: serde_json::Value = serde_json::from_str(&json(&hostile())).expect("JSON");
        assert_eq!(value["target"], r#"/\x1b]0;owned\x07\x0d\x0a"{}\xff\xe2\x80\xae\\"#);
    }

    #[test]
    fn a_clock_before_1970_or_far_ahead_writes_a_line() {
        for time in [
            SystemTime::UNIX_EPOCH - Duration::from_secs(1 << 40),
            SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799),
        ] {
            assert!(json(&Exchange { time, ..partial() }).contains("Z\",\"peer\""));
        }
    }
}
