//! Every case of `spec/` that needs no socket, asked of `swath explain --json`.
//!
//! So what it prints is held to the tables, and not only to what it printed yesterday.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt as _,
};

use serde_json::Value;
use swath_spec::{Fixture, Observed, Own, Row, Slice, Transport, Verdict, judge, rows};

use crate::harness::Swath;

const NOW: i64 = 1_795_262_400;

/// The most octets of content that a case is performed to.
const PERFORM_MAX: u64 = 1 << 20;

/// The facts of a fixture, as they are typed. A young file's are not among them: `changed` comes from a file alone.
fn facts(fixture: Fixture) -> Option<Vec<OsString>> {
    let etag = match fixture {
        Fixture::FNew => return None,
        Fixture::FWeak => Some("W/\"v1\""),
        Fixture::FGzGzip => Some("\"v1-gzip\""),
        Fixture::FDate | Fixture::FNov => None,
        _ => Some("\"v1\""),
    };
    let modified = match fixture {
        Fixture::FNov => None,
        Fixture::FFuture => Some("2026-11-22T12:00:00Z"),
        _ => Some("2026-11-20T12:00:00Z"),
    };
    let length = fixture.length().unwrap_or(0).to_string();
    let mut args = vec!["explain", "--json", "--now", "2026-11-21T12:00:00Z", "--length", &length];
    args.extend(["--content-type", "text/plain; charset=utf-8"]);
    args.extend(etag.map(|tag| ["--etag", tag]).into_iter().flatten());
    args.extend(modified.map(|date| ["--last-modified", date]).into_iter().flatten());
    args.extend(fixture.coding().map(|coding| ["--content-encoding", coding]).into_iter().flatten());
    args.extend((!fixture.has_ranges()).then_some("--no-ranges"));
    Some(args.into_iter().map(OsString::from).collect())
}

fn explained(swath: &Swath, args: &[OsString]) -> Value {
    let output = swath.command(&[]).args(args).output().expect("the binary runs");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn fields(answer: &Value) -> Vec<(String, Vec<u8>)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let fields = answer["fields"].as_array().expect("fields").iter();
    fields.map(|field| (text(&field["name"]), text(&field["value"]).into_bytes())).collect()
}

fn observed(answer: &Value, fixture: Fixture) -> Observed {
    let length = answer["content"]["length"].as_u64().expect("a length");
    let mut content = Vec::new();
    for piece in answer["content"]["pieces"].as_array().expect("pieces") {
        match piece["kind"].as_str() {
            _ if length > PERFORM_MAX => {}
            Some("literal") => content.extend_from_slice(piece["text"].as_str().expect("text").as_bytes()),
            Some("range") => {
                let offset = |name: &str| piece[name].as_u64().expect("an offset");
                let of = fixture.length().unwrap_or(0);
                content.extend(fixture.slice(Slice { first: offset("first"), last: offset("last"), of }));
            }
            other => panic!("no kind of piece is {other:?}"),
        }
    }
    let status = answer["status"].as_u64().and_then(|status| status.try_into().ok()).expect("a status");
    Observed { status, fields: fields(answer), content, length }
}

/// The words that ask a case; `None` where no command line can hold them.
fn asked(row: &Row, own: &Own, facts: &[OsString]) -> Option<Vec<OsString>> {
    let mut args = facts.to_vec();
    args.extend(["-X".into(), row.method.into()]);
    for (name, value) in row.request(own).expect("a request") {
        // Control characters never reach a decision on the wire either.
        if value.iter().any(|octet| octet.is_ascii_control() && *octet != b'\t') {
            return None;
        }
        let line = [name.as_bytes(), b": ", &value].concat();
        args.extend(["-H".into(), OsStr::from_bytes(&line).to_owned()]);
    }
    Some(args)
}

#[test]
fn every_case_is_explained_as_the_tables_have_it() {
    let swath = Swath::new();
    let (mut run, mut failures) = (0, Vec::new());
    for row in rows().expect("the tables").iter().filter(|row| row.transports.contains(Transport::Unit)) {
        let Some(facts) = facts(row.fixture) else { continue };
        let plain = explained(&swath, &facts);
        let own = Own::from_plain(fields(&plain["answer"]), NOW);
        let Some(args) = asked(row, &own, &facts) else { continue };
        let explained = explained(&swath, &args);
        run += 1;
        if explained["answer"].is_null() {
            // Performed without Range and unhindered: the tables give such a case the plain answer.
            let seen = observed(&plain["answer"], row.fixture);
            if judge(row, &own, &seen) != Verdict::Ours {
                failures.push(format!("{}: performed", row.id));
            }
            continue;
        }
        let verdict = judge(row, &own, &observed(&explained["answer"], row.fixture));
        if verdict != Verdict::Ours {
            failures.push(format!("{}: {verdict:?}", row.id));
        }
    }
    assert!(run > 350, "only {run} cases were run");
    assert!(failures.is_empty(), "{} of {run} cases:\n{}", failures.len(), failures.join("\n"));
}
