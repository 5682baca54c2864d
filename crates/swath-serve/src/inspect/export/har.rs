//! Exchanges as HAR 1.2: entries in, the document out.
//!
//! What HAR has no place for stands in fields of our own, whose names begin with an underscore as it asks. What was never
//! a request has no place either, and is counted in the comment.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use crate::exchange::Fields;
use crate::inspect::Entry;

/// Writes the document.
#[must_use]
pub fn har(entries: &[Arc<Entry>]) -> Value {
    let mut sorted: Vec<_> = entries.iter().filter(|entry| entry.method.is_some()).collect();
    sorted.sort_by_key(|entry| entry.id);
    let others = entries.len() - sorted.len();
    json!({ "log": {
        "version": "1.2",
        "creator": { "name": "swath", "version": env!("CARGO_PKG_VERSION") },
        "entries": sorted.into_iter().map(|entry| one(entry)).collect::<Vec<_>>(),
        "comment": format!("{others} connections or heads that never became a request are left out; no content was kept"),
    } })
}

fn one(entry: &Entry) -> Value {
    let version = entry.version.as_deref().unwrap_or("unknown");
    let wait = entry.first_octet_millis.unwrap_or(entry.millis).min(entry.millis);
    // Microseconds, as those two are: the difference of two numbers of that kind need not be one.
    let receive = ((entry.millis - wait) * 1e3).round() / 1e3;
    let length = |name| entry.answered(name).and_then(|value: &str| value.parse::<i64>().ok());
    let sent = i64::try_from(entry.bytes_sent).unwrap_or(i64::MAX);
    json!({
        "startedDateTime": entry.time,
        "time": entry.millis,
        "request": {
            "method": entry.method,
            "url": url(entry),
            "httpVersion": version,
            "cookies": [],
            "headers": fields(&entry.request),
            "queryString": query(entry),
            "headersSize": -1,
            "bodySize": 0,
        },
        "response": {
            "status": entry.status.unwrap_or(0),
            "statusText": reason(entry.status),
            "httpVersion": version,
            "cookies": [],
            "headers": fields(&entry.answer),
            "content": {
                "size": length("content-length").unwrap_or(sent),
                "mimeType": entry.answered("content-type").unwrap_or("x-unknown"),
                "comment": "content is never kept",
            },
            "redirectURL": entry.answered("location").unwrap_or_default(),
            "headersSize": -1,
            "bodySize": sent,
        },
        "cache": {},
        "timings": { "send": 0, "wait": wait, "receive": receive },
        "connection": entry.connection.map(|number| number.to_string()).unwrap_or_default(),
        "_because": entry.because,
        "_section": entry.section,
        "_bytesPlanned": entry.bytes_planned,
        "_outcome": entry.outcome,
        "_closedBy": entry.closed_by,
        "_peer": entry.peer,
    })
}

fn fields(fields: &Fields) -> Vec<Value> {
    fields.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

/// Makes the absolute URL that HAR asks for.
fn url(entry: &Entry) -> String {
    let target = entry.target.as_deref().unwrap_or("/");
    match entry.asked("host") {
        _ if target.starts_with("http://") || target.starts_with("https://") => target.to_owned(),
        Some(host) if target.starts_with('/') => format!("http://{host}{target}"),
        // HTTP/2 names its host outside of the fields; `*` and what is stranger has no place below a host.
        _ => format!("http://host.invalid/{}", target.trim_start_matches('/')),
    }
}

fn query(entry: &Entry) -> Vec<Value> {
    let query = entry.target.as_deref().and_then(|target| target.split_once('?')).map(|(_, query)| query);
    let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            json!({ "name": name, "value": value })
        })
        .collect()
}

fn reason(status: Option<u16>) -> &'static str {
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    status.and_then(|status| status.canonical_reason()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::*;

    /// What HAR 1.2 requires of each object, by its path; `[]` is each member of an array.
    const REQUIRED: &[(&str, &str)] = &[
        ("log.version", "string"),
        ("log.creator.name", "string"),
        ("log.creator.version", "string"),
        ("log.entries[].startedDateTime", "string"),
        ("log.entries[].time", "number"),
        ("log.entries[].request.method", "string"),
        ("log.entries[].request.url", "string"),
        ("log.entries[].request.httpVersion", "string"),
        ("log.entries[].request.cookies", "array"),
        ("log.entries[].request.headers[].name", "string"),
        ("log.entries[].request.headers[].value", "string"),
        ("log.entries[].request.queryString", "array"),
        ("log.entries[].request.headersSize", "number"),
        ("log.entries[].request.bodySize", "number"),
        ("log.entries[].response.status", "number"),
        ("log.entries[].response.statusText", "string"),
        ("log.entries[].response.httpVersion", "string"),
        ("log.entries[].response.cookies", "array"),
        ("log.entries[].response.headers[].name", "string"),
        ("log.entries[].response.headers[].value", "string"),
        ("log.entries[].response.content.size", "number"),
        ("log.entries[].response.content.mimeType", "string"),
        ("log.entries[].response.redirectURL", "string"),
        ("log.entries[].response.headersSize", "number"),
        ("log.entries[].response.bodySize", "number"),
        ("log.entries[].cache", "object"),
        ("log.entries[].timings.send", "number"),
        ("log.entries[].timings.wait", "number"),
        ("log.entries[].timings.receive", "number"),
    ];

    fn at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
        path.split('.').fold(vec![value], |values, name| {
            let member = |value: &'a Value| value.get(name.trim_end_matches("[]"));
            let found = values.into_iter().map(|value| member(value).unwrap_or(&Value::Null));
            if name.ends_with("[]") {
                found.flat_map(|array| array.as_array().expect(name)).collect()
            } else {
                found.collect()
            }
        })
    }

    fn bare() -> Entry {
        Entry { id: 2, method: Some("GET".into()), target: Some("*".into()), ..Entry::default() }
    }

    #[test]
    fn everything_that_har_requires_is_there() {
        let entries =
            [Arc::new(bare()), Arc::new(sample::entry(1)), Arc::new(Entry { id: 3, ..Entry::default() })];
        let har = har(&entries);
        for (path, kind) in REQUIRED {
            let values = at(&har, path);
            assert!(!values.is_empty(), "{path}");
            for value in values {
                let is = match value {
                    Value::String(_) => "string",
                    Value::Number(_) => "number",
                    Value::Array(_) => "array",
                    Value::Object(_) => "object",
                    _ => "nothing",
                };
                assert_eq!(is, *kind, "{path}");
            }
        }
        let starts = at(&har, "log.entries[].startedDateTime");
        assert_eq!(starts.len(), 2, "what was no request is left out");
        assert_eq!(starts[0], "2026-11-22T10:00:00.000Z", "in the order in which they began");
    }

    #[test]
    fn timings_add_up_and_urls_are_absolute() {
        let mut entry = sample::entry(1);
        entry.request = [("host", "a.example:8206")].into_iter().collect();
        entry.target = Some("/clip.mp4?view=*&x".into());
        (entry.first_octet_millis, entry.millis) = (Some(0.1), 0.3);
        let har = har(&[Arc::new(entry)]);
        let one = &har["log"]["entries"][0];
        assert_eq!(one["request"]["url"], "http://a.example:8206/clip.mp4?view=*&x");
        assert_eq!(
            one["request"]["queryString"],
            json!([{"name":"view","value":"*"},{"name":"x","value":""}])
        );
        let (wait, receive) = (one["timings"]["wait"].as_f64(), one["timings"]["receive"].as_f64());
        assert_eq!((wait, receive), (Some(0.1), Some(0.2)), "to the microsecond, as all of them");
        assert_eq!(one["response"]["statusText"], "Partial Content");
    }
}
