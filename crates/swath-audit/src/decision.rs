//! Judges what a server decided: a case and an answer in, a finding out. The answer's form is judged elsewhere
//! ([`crate::forms`]), so that one fault is told once.

use swath_spec::{Answer, Level, Row, Slice};

use crate::{
    client::{Exchange, Framing},
    finding::{Finding, Verdict},
    parts,
};

/// What an answer amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    Whole,
    Single(Slice),
    Parts(Vec<Slice>),
    /// A 206 of which cannot be told what it holds.
    Obscure,
    Unsatisfiable,
    Status(u16),
}

impl Seen {
    pub(crate) fn of(exchange: &Exchange) -> Self {
        match exchange.status {
            200 => Self::Whole,
            416 => Self::Unsatisfiable,
            206 => partial(exchange),
            status => Self::Status(status),
        }
    }
}

fn partial(exchange: &Exchange) -> Seen {
    let content_type = exchange.one("content-type").unwrap_or_default();
    if !parts::is_multipart(Some(content_type)) {
        let stated = exchange.all("content-range").next().map(parts::content_range);
        return match stated {
            Some(Ok((slice, _))) => Seen::Single(slice),
            _ => Seen::Obscure,
        };
    }
    let read = parts::read(content_type, &exchange.content);
    let slices: Option<Vec<_>> = read.parts.into_iter().map(|part| part.slice.ok()).collect();
    match slices {
        Some(slices) if !slices.is_empty() => Seen::Parts(slices),
        _ => Seen::Obscure,
    }
}

/// Holds the answers that a case allows, scaled to the resource.
pub(crate) struct Due {
    pub(crate) ours: Answer,
    pub(crate) also: Vec<Answer>,
}

impl Due {
    fn all(&self) -> impl Iterator<Item = &Answer> {
        std::iter::once(&self.ours).chain(&self.also)
    }
}

/// Says what an answer is held to besides the case.
#[derive(Debug, Clone, Copy)]
pub(crate) struct How {
    pub(crate) ranges: bool,
    pub(crate) refuses: bool,
}

/// Judges an answer to a case.
///
/// Where ranges are not supported at all, that has been said once, and a whole is as good as a part. `refuses` tells
/// whether the check is about a refusal that the RFC recommends, so that a whole is less than what is due.
pub(crate) fn judge(row: &Row, due: &Due, exchange: &Exchange, at: usize, how: How) -> Finding {
    let seen = Seen::of(exchange);
    if let Some(said) = amplified(row, due, exchange) {
        return Finding::broken(said, at);
    }
    // R-15.3.7.2-6
    if row.requirements.contains(&"R-15.3.7.2-6") && matches!(seen, Seen::Parts(_)) {
        return Finding::broken("one range is answered by a multipart", at);
    }
    let one_of_many = is_one_of_many(&due.ours, &seen);
    if accepts(&due.ours, &seen) && !one_of_many {
        return Finding::Kept(Some(at));
    }
    if due.all().any(|answer| accepts(answer, &seen)) || plausible_set(row, due, &seen) {
        return if how.ranges { lesser(row, due, &seen, at, how.refuses) } else { Finding::Kept(Some(at)) };
    }
    // RFC 7233 would have had 416 for what RFC 9110 calls invalid; many still send it.
    if seen == Seen::Unsatisfiable && is_about_syntax(row) {
        let said = "answered by 416, as an older RFC had it; 416 says that nothing is there, not that the field is malformed";
        return Finding::Lesser { verdict: Verdict::Warn, said: said.to_owned(), at: Some(at) };
    }
    Finding::broken(format!("{} where {} is due", told(&seen, exchange), expected(due)), at)
}

/// Tells whether more is sent than the whole would be, judged by the length that the head states (R-17.15-1).
fn amplified(row: &Row, due: &Due, exchange: &Exchange) -> Option<String> {
    let (Framing::Length(sent), true) = (exchange.framing, row.requirements.contains(&"R-17.15-1")) else {
        return None;
    };
    let whole = due.all().find_map(|answer| match answer {
        Answer::Single(slice) => Some(slice.of),
        Answer::Multipart(slices) => slices.first().map(|slice| slice.of),
        Answer::Unsatisfiable(of) => *of,
        _ => None,
    })?;
    (exchange.status == 206 && sent > whole)
        .then(|| format!("{sent} octets are sent for one request, where the whole has {whole}"))
}

/// What an allowed answer other than ours is worth.
fn lesser(row: &Row, due: &Due, seen: &Seen, at: usize, refuses: bool) -> Finding {
    let whole = *seen == Seen::Whole;
    // A date is weak at the server's discretion, so this whole is no neglect (R-13.1.5-9).
    let by_date = row.requirements.contains(&"R-13.1.5-9");
    let verdict = match &due.ours {
        Answer::Single(_) if whole && !by_date && row.level.is_binding() => Verdict::Warn,
        Answer::Multipart(_) => Verdict::Note,
        _ if whole && refuses && row.level == Level::Should => Verdict::Warn,
        _ => return Finding::Kept(Some(at)),
    };
    let said = match whole {
        true => "the whole is sent: allowed, but it costs every octet",
        false if is_one_of_many(&due.ours, seen) => {
            "one range is sent: allowed, but clients have to ask again for the others"
        }
        false => return Finding::Kept(Some(at)),
    };
    Finding::Lesser { verdict, said: said.to_owned(), at: Some(at) }
}

/// Tells whether a single part is one of several that were asked for, rather than all of them joined.
fn is_one_of_many(ours: &Answer, seen: &Seen) -> bool {
    match (ours, seen) {
        (Answer::Multipart(due), Seen::Single(seen)) => {
            due.len() > 1 && due.iter().any(|due| same(*due, *seen))
        }
        _ => false,
    }
}

fn is_about_syntax(row: &Row) -> bool {
    let syntax =
        |id: &&str| id.starts_with("R-14.1.1-") || matches!(*id, "R-14.2-7" | "R-5.6.1.2-2" | "R-14.1.2-2");
    row.ours == Answer::Whole && row.requirements.iter().any(syntax)
}

fn accepts(answer: &Answer, seen: &Seen) -> bool {
    match (answer, seen) {
        (Answer::Whole, Seen::Whole) | (Answer::Unsatisfiable(_), Seen::Unsatisfiable) => true,
        (Answer::Single(_) | Answer::Multipart(_), Seen::Obscure) => true,
        // R-14.2-12: less than was asked for is allowed, and has a check of its own.
        (Answer::Single(due), Seen::Single(seen)) => seen.first >= due.first && seen.last <= due.last,
        (Answer::Single(due), Seen::Parts(seen)) => {
            // R-15.3.7.2-6 has a check of its own.
            matches!(seen.as_slice(), [one] if same(*one, *due))
        }
        (Answer::Multipart(due), Seen::Parts(seen)) => {
            due.len() == seen.len() && due.iter().zip(seen).all(|(due, seen)| same(*due, *seen))
        }
        (Answer::Multipart(due), Seen::Single(seen)) => due.iter().any(|due| same(*due, *seen)),
        (Answer::Status(due), seen) => status(seen) == *due,
        (Answer::Class(class), Seen::Status(status)) => {
            status / 100 == *class && !matches!(status, 304 | 412)
        }
        (Answer::Class(2), Seen::Whole) => true,
        _ => false,
    }
}

fn status(seen: &Seen) -> u16 {
    match seen {
        Seen::Whole => 200,
        Seen::Single(_) | Seen::Parts(_) | Seen::Obscure => 206,
        Seen::Unsatisfiable => 416,
        Seen::Status(status) => *status,
    }
}

/// Equal but for the complete length, which has a check of its own.
fn same(left: Slice, right: Slice) -> bool {
    left.first == right.first && left.last == right.last
}

/// Tells whether parts are made of the ranges that were asked for: dropped, joined where near, and in their order where
/// the case is about order.
fn plausible_set(row: &Row, due: &Due, seen: &Seen) -> bool {
    if row.requirements.contains(&"R-17.15-1") {
        return matches!(seen, Seen::Parts(parts) if is_bounded(parts));
    }
    let asked = due.all().filter_map(|answer| match answer {
        Answer::Multipart(slices) => Some(slices),
        _ => None,
    });
    let Some(asked) = asked.max_by_key(|slices| slices.len()) else { return false };
    let seen = match seen {
        Seen::Single(slice) => vec![*slice],
        Seen::Parts(slices) => slices.clone(),
        _ => return false,
    };
    let places: Option<Vec<_>> = seen.iter().map(|part| place(*part, asked)).collect();
    let ordered = |places: &[usize]| places.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
    let about_order = row.requirements.contains(&"R-15.3.7.2-9");
    places.is_some_and(|places| seen.len() <= asked.len() && (!about_order || ordered(&places)))
}

/// Tells whether parts are few, and no octet is sent twice: some of a set may be served (R-14.2-12).
fn is_bounded(parts: &[Slice]) -> bool {
    const FEW: usize = 32;
    let apart = |a: &Slice, b: &Slice| a.last < b.first || b.last < a.first;
    let pairs =
        || parts.iter().enumerate().flat_map(|(at, a)| parts.iter().skip(at + 1).map(move |b| (a, b)));
    parts.len() <= FEW && pairs().all(|(a, b)| apart(a, b))
}

/// The place of the first range in a part that begins with one of the ranges and ends with one.
fn place(part: Slice, asked: &[Slice]) -> Option<usize> {
    let within = |one: &Slice| one.first >= part.first && one.last <= part.last;
    asked.iter().position(within).filter(|_| {
        let inside = || asked.iter().filter(|one| within(one));
        inside().any(|one| one.first == part.first) && inside().any(|one| one.last == part.last)
    })
}

fn expected(due: &Due) -> String {
    let mut answers: Vec<String> = Vec::new();
    for answer in due.all() {
        let text = match answer {
            Answer::Multipart(parts) if parts.len() > 4 => format!("206 multipart of {} parts", parts.len()),
            other => other.to_string(),
        };
        if !answers.contains(&text) {
            answers.push(text);
        }
    }
    answers.join(" or ")
}

fn told(seen: &Seen, exchange: &Exchange) -> String {
    match seen {
        Seen::Single(slice) => format!("206 {slice}"),
        Seen::Parts(slices) if slices.len() > 4 => format!("206 multipart of {} parts", slices.len()),
        Seen::Parts(slices) => Answer::Multipart(slices.clone()).to_string(),
        Seen::Obscure => match exchange.text("content-range") {
            Some(value) => format!("206 with `Content-Range: {value}`"),
            None => "206 of an unknown part".to_owned(),
        },
        other => status(other).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOW: How = How { ranges: true, refuses: false };

    fn judged_as(id: &str, how: How, exchange: &Exchange) -> Finding {
        let rows = swath_spec::rows().unwrap();
        let row = rows.iter().find(|row| row.id == id).unwrap();
        judge(row, &Due { ours: row.ours.clone(), also: row.also.clone() }, exchange, 0, how)
    }

    fn judged(id: &str, status: u16, fields: &[(&str, &str)]) -> Finding {
        judged_as(id, HOW, &Exchange::made(status, fields, b""))
    }

    fn verdict(finding: &Finding) -> &'static str {
        match finding {
            Finding::Kept(_) => "kept",
            Finding::Broken { .. } => "broken",
            Finding::Lesser { verdict: Verdict::Warn, .. } => "warn",
            Finding::Lesser { .. } => "note",
            Finding::Moot(_) => "moot",
        }
    }

    #[test]
    fn each_conforming_answer_passes_and_no_other() {
        let range = |value: &'static str| [("Content-Range", value)];
        for (id, status, fields, due) in [
            ("int-first-five", 206, &range("bytes 0-4/10")[..], "kept"),
            // Less than was asked for is allowed, and has a check of its own.
            ("int-first-five", 206, &range("bytes 0-2/10"), "kept"),
            ("int-first-five", 206, &range("bytes 0-5/10"), "broken"),
            ("int-first-five", 206, &range("bytes 1-4/10"), "kept"),
            // The complete length is another check's, as is a 206 that tells nothing.
            ("int-first-five", 206, &range("bytes 0-4/11"), "kept"),
            ("int-first-five", 206, &[], "kept"),
            ("int-first-five", 200, &[], "warn"),
            ("int-first-five", 416, &[], "broken"),
            ("int-first-five", 500, &[], "broken"),
            ("unsat-at-length", 416, &[], "kept"),
            ("unsat-at-length", 200, &[], "kept"),
            ("unsat-suffix-zero", 206, &range("bytes 10-9/10"), "broken"),
            ("invalid-dash", 200, &[], "kept"),
            ("invalid-dash", 400, &[], "kept"),
            ("invalid-dash", 416, &[], "warn"),
            ("invalid-dash", 206, &range("bytes 0-9/10"), "broken"),
            ("unit-other-lines", 416, &[], "broken"),
            ("head-int", 206, &range("bytes 0-4/10"), "broken"),
            ("if-range-other", 206, &range("bytes 2-3/10"), "broken"),
            ("if-range-date-own", 200, &[], "kept"),
            ("if-match-other", 412, &[], "kept"),
            ("if-match-other", 200, &[], "broken"),
            ("options-range-live", 204, &[], "kept"),
            ("options-range-live", 416, &[], "broken"),
            ("set-first-and-last", 206, &range("bytes 0-0/10000"), "note"),
            ("set-first-and-last", 200, &[], "note"),
        ] {
            let found = judged(id, status, fields);
            assert_eq!(verdict(&found), due, "{id}: {status} {fields:?}: {found:?}");
        }
    }

    #[test]
    fn a_recommended_refusal_is_missed_by_the_check_about_it_alone() {
        let whole = Exchange::made(200, &[], b"");
        let about = How { refuses: true, ..HOW };
        assert_eq!(verdict(&judged_as("unsat-at-length", about, &whole)), "warn");
        assert_eq!(verdict(&judged_as("unsat-at-length", HOW, &whole)), "kept");
        let none = How { ranges: false, refuses: true };
        assert_eq!(verdict(&judged_as("int-first-five", none, &whole)), "kept");
    }

    fn set(slices: &[&str]) -> Exchange {
        let mut content = Vec::new();
        for slice in slices {
            let length = usize::try_from(Slice::read(slice).unwrap().length()).unwrap();
            content.extend_from_slice(format!("--B\r\nContent-Range: bytes {slice}\r\n\r\n").as_bytes());
            content.extend(vec![0; length]);
            content.extend_from_slice(b"\r\n");
        }
        content.extend_from_slice(b"--B--\r\n");
        Exchange::made(206, &[("Content-Type", "multipart/byteranges; boundary=B")], &content)
    }

    #[test]
    fn parts_may_be_dropped_and_joined_but_not_made_up() {
        let three = "set-three-out-of-order";
        for (id, slices, due) in [
            (three, &["5000-5009/10000", "9000-9009/10000", "100-109/10000"][..], "kept"),
            (three, &["9000-9009/10000", "100-109/10000"], "kept"),
            (three, &["100-109/10000", "5000-5009/10000", "9000-9009/10000"], "broken"),
            (three, &["5000-5010/10000"], "broken"),
            ("set-gap-81-kept", &["0-82/10000"], "kept"),
            ("set-overlapping", &["0-9/10"], "kept"),
            ("set-duplicates-of-large", &["0-8999/10000", "0-8999/10000"], "broken"),
            ("single-never-multipart", &["0-4/10000"], "broken"),
        ] {
            let found = judged_as(id, HOW, &set(slices));
            let found = if verdict(&found) == "note" { "kept" } else { verdict(&found) };
            assert_eq!(found, due, "{id}: {slices:?}");
        }
    }
}
