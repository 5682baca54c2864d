//! Rules that only several exchanges of one client with one file show.
//!
//! In: their facts, in the order in which they began. Out: each rule that is broken, with the exchanges that show it.

use byteranges::{ByteSet, ContentRange, RangeSpec};

use super::facts::Facts;
use super::table::{NO_IF_RANGE, OPEN_ABORTED, Rule, SAME_AGAIN, TAG_CHANGES};

/// Bytes sent again below this are the seams of ordinary reading.
const AGAIN_LEAST: u64 = 64 << 10;

/// A rule, what was seen, and in which exchanges.
pub(super) type Story = (&'static Rule, String, Vec<u64>);

/// Looks at what one client did with one file.
pub(super) fn look(group: &[Facts<'_>]) -> Vec<Story> {
    [same_again(group), open_aborted(group), no_if_range(group), tag_changes(group)]
        .into_iter()
        .flatten()
        .collect()
}

fn same_again(group: &[Facts<'_>]) -> Option<Story> {
    let (mut held, mut again, mut sent_all, mut ids) = (ByteSet::default(), 0_u64, 0_u64, Vec::new());
    for facts in group {
        let Some(sent) = facts.sent() else { continue };
        let twice: u64 = held.within(sent).map(|part| part.length()).sum();
        held.insert(sent);
        sent_all += sent.length();
        again += twice;
        if twice >= AGAIN_LEAST {
            ids.push(facts.entry.id);
        }
    }
    (!ids.is_empty()).then(|| {
        let said = format!(
            "{} of {} bytes had been sent to this client before",
            super::grouped(again),
            super::grouped(sent_all)
        );
        (&SAME_AGAIN, said, ids)
    })
}

fn open_aborted(group: &[Facts<'_>]) -> Option<Story> {
    let early = group.iter().filter(|facts| {
        let entry = facts.entry;
        let cut = entry.outcome.as_deref() == Some("aborted-by-peer");
        cut && facts.is_get() && facts.is_open() && entry.bytes_sent < entry.bytes_planned / 2
    });
    let (mut sent, mut promised, mut ids) = (0_u64, 0_u64, Vec::new());
    for facts in early {
        sent = sent.saturating_add(facts.entry.bytes_sent);
        promised = promised.saturating_add(facts.entry.bytes_planned);
        ids.push(facts.entry.id);
    }
    (!ids.is_empty()).then(|| {
        let (sent, promised) = (super::grouped(sent), super::grouped(promised));
        let times = if ids.len() == 1 { "once".to_owned() } else { format!("{} times", ids.len()) };
        (&OPEN_ABORTED, format!("{times}, {sent} of {promised} promised bytes sent"), ids)
    })
}

/// A later part without a precondition, of a file that has a strong tag.
fn no_if_range(group: &[Facts<'_>]) -> Option<Story> {
    let strong = group.iter().position(|facts| facts.tag.as_ref().is_some_and(|tag| !tag.is_weak()))?;
    let mut ids = Vec::new();
    for facts in group.iter().skip(strong + 1).filter(|facts| facts.status() == 206) {
        let later = match facts.single {
            Some(RangeSpec::Int { first, .. }) => first > 0,
            Some(RangeSpec::Suffix { .. }) => true,
            None => false,
        };
        let entry = facts.entry;
        let guarded = entry.if_range.is_some()
            || entry.asked("if-match").is_some()
            || entry.asked("if-unmodified-since").is_some();
        if later && !guarded {
            ids.push(entry.id);
        }
    }
    let first = group.iter().find(|facts| Some(&facts.entry.id) == ids.first())?;
    let range = first.entry.range.as_deref().unwrap_or_default();
    Some((&NO_IF_RANGE, format!("Range: {range} without If-Range or If-Match"), ids))
}

fn tag_changes(group: &[Facts<'_>]) -> Option<Story> {
    let mut last: Option<(&Facts<'_>, &str)> = None;
    let (mut said, mut ids) = (None, Vec::new());
    let representations =
        group.iter().filter(|facts| matches!(facts.status(), 200 | 206) && facts.coding().is_none());
    for facts in representations {
        let Some(tag) = facts.entry.answered("etag") else { continue };
        if let Some((before, old)) = last
            && old.trim_start_matches("W/") != tag.trim_start_matches("W/")
        {
            let lengths = match (complete(before), complete(facts)) {
                (Some(old), Some(new)) if old != new => format!(", and its length from {old} to {new}"),
                _ => String::new(),
            };
            said.get_or_insert_with(|| format!("ETag went from {old} to {tag}{lengths}"));
            ids.push(facts.entry.id);
        }
        last = Some((facts, tag));
    }
    said.map(|said| (&TAG_CHANGES, said, ids))
}

fn complete(facts: &Facts<'_>) -> Option<u64> {
    match (facts.status(), facts.content_range) {
        (206, Some(ContentRange::Range { complete_length, .. })) => complete_length,
        (200, _) => facts.entry.answered("content-length").and_then(|length| length.parse().ok()),
        _ => None,
    }
}
