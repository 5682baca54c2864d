//! A report for programs; its form is docs/audit.schema.json.

use serde_json::{Value, json};

use super::section;
use crate::{
    check::level_name,
    replay::{Does, Replay},
    report::Report,
};

/// Makes the one document of a URL.
pub fn json(report: &Report) -> Value {
    let results: Vec<Value> = report
        .results
        .iter()
        .map(|result| {
            let cures = report.cures(result);
            let cures: Vec<Value> =
                cures.iter().map(|(server, cure)| json!({ "server": server, "cure": cure })).collect();
            json!({
                "id": result.check.id,
                "requirement": result.check.requirement,
                "level": level_name(result.check.level),
                "verdict": result.verdict,
                "section": section(result.check.section),
                "title": result.check.title,
                "said": result.said,
                "request": result.shown.as_ref().map(|shown| &shown.request),
                "answer": result.shown.as_ref().map(|shown| &shown.answer),
                "hurts": result.check.hurts,
                "cure": cures,
            })
        })
        .collect();
    json!({
        "url": report.url,
        "swath": env!("CARGO_PKG_VERSION"),
        "broken": report.is_broken(),
        "resource": report.resource,
        "requests": report.spent.requests,
        "bytes": report.spent.bytes,
        "results": results,
        "as": report.replays.iter().map(replay).collect::<Vec<_>>(),
    })
}

fn replay(replay: &Replay) -> Value {
    let outcome = |wanted: Does| {
        let found = replay.outcomes.iter().find(|(does, _)| *does == wanted);
        found.map(|(_, fault)| json!({ "works": fault.is_none(), "said": fault }))
    };
    json!({
        "client": replay.player.name(),
        "observed": replay.player.is_observed(),
        "starts": outcome(Does::Start),
        "jumps": outcome(Does::Jump),
        "resumes": outcome(Does::Resume),
        "before_jump": replay.before_jump,
        "offered": replay.offered,
    })
}
