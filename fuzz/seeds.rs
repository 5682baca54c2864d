//! Writes the seeds of every target from the tables of cases: `cargo run --example seeds`, in this directory.

#[path = "bodies.rs"]
#[allow(dead_code, reason = "only the letters are used here")]
mod bodies;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use swath_spec::{Own, rows};

/// Longer seeds teach the fuzzer nothing that shorter ones do not.
const SEED_MAX: usize = 160;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let plain = [("etag", "\"v1\""), ("last-modified", "Fri, 20 Nov 2026 11:00:00 GMT")];
    let plain = plain.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).to_vec();
    let own = Own::from_plain(plain, 1_795_262_400);
    let mut seeds: [(&str, BTreeSet<Vec<u8>>); 4] =
        ["specifier", "preconditions_decide", "entity_tag_list", "http_date"]
            .map(|name| (name, BTreeSet::new()));
    for row in rows()? {
        let Ok(fields) = row.request(&own) else { continue };
        let method = row.method.chars().next().unwrap_or('G');
        let mut case = format!("{method}s{},0", row.fixture.length().unwrap_or(0)).into_bytes();
        for (name, value) in fields {
            let Some((letter, _)) = bodies::LETTERS.iter().find(|(_, known)| *known == name) else {
                continue;
            };
            case.push(b'\n');
            case.push(*letter);
            case.extend_from_slice(&value);
            let target = match name {
                "Range" => 0,
                "If-Match" | "If-None-Match" => 2,
                "If-Modified-Since" | "If-Unmodified-Since" => 3,
                _ => continue,
            };
            seeds[target].1.insert(value);
        }
        // One case of each kind of order is seed enough.
        if !row.id.starts_with("order-") || row.id.ends_with("true") {
            seeds[1].1.insert(case);
        }
    }
    for (target, seeds) in seeds {
        let directory = Path::new("corpus").join(target);
        fs::create_dir_all(&directory)?;
        let short = seeds.into_iter().filter(|seed| seed.len() <= SEED_MAX).take(150);
        for (number, seed) in short.enumerate() {
            fs::write(directory.join(format!("seed-{number:03}")), seed)?;
        }
    }
    Ok(())
}
