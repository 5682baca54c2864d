//! Answers that several rows give.
//!
//! In: a turn. Out: the honest answer with something wrong, or one that is wrong altogether.

use crate::{
    Answer, LENGTH, Representation, Turn,
    content::content,
    turn::{part, whole},
};

/// At most so many octets of what is asked for.
pub(super) fn short(turn: &Turn<'_>, most: usize) -> Answer {
    let answer = turn.honest();
    let (first, last) = turn.span();
    if answer.status.starts_with("206") {
        part(&content().first, first, last.min(first + most - 1))
    } else {
        answer
    }
}

/// A range that begins where a cache's block of 64 KiB does, or the honest answer.
pub(super) fn earlier(turn: &Turn<'_>, spoiled: bool) -> Answer {
    let (first, last) = turn.span();
    let begins = first.saturating_sub(1) & !0xffff;
    let honest = turn.honest();
    if spoiled && honest.status.starts_with("206") { part(&content().first, begins, last) } else { honest }
}

/// As many octets as were asked for, from the beginning, with or without a Content-Range that says so.
pub(super) fn from_zero(turn: &Turn<'_>, told: bool) -> Answer {
    let (first, last) = turn.span();
    let answer = part(&content().first, 0, last - first);
    if told { answer } else { answer.without("Content-Range") }
}

/// The Content-Range of as many octets from the beginning.
pub(super) fn from_zero_says(turn: &Turn<'_>) -> String {
    let (first, last) = turn.span();
    format!("bytes 0-{}/{LENGTH}", last - first)
}

/// The right positions with this complete length.
pub(super) fn says(turn: &Turn<'_>, length: usize) -> String {
    let (first, last) = turn.span();
    format!("bytes {first}-{last}/{length}")
}

/// A 416 about a representation of this length.
pub(super) fn unsatisfiable(length: usize) -> Answer {
    Answer::plain("416 Range Not Satisfiable").with("Content-Range", format!("bytes */{length}"))
}

/// A refusal for some time.
pub(super) fn busy(status: &str, retry_after: &str) -> Answer {
    Answer::plain(status).with("Retry-After", retry_after)
}

/// An answer by Range alone, all preconditions ignored.
pub(super) fn careless(turn: &Turn<'_>, selected: &Representation) -> Answer {
    let (first, last) = turn.span();
    if turn.request.wanted().is_some() { part(selected, first, last) } else { whole(selected) }
}

/// The same part in multipart/byteranges.
pub(super) fn multipart(single: &Answer, first: usize, last: usize) -> Answer {
    let head = format!(
        "\r\n--of-one\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes {first}-{last}/{LENGTH}\r\n\r\n"
    );
    let content = [head.as_bytes(), &single.content, b"\r\n--of-one--\r\n"].concat();
    single
        .clone()
        .without("Content-Range")
        .replacing("Content-Type", "multipart/byteranges; boundary=of-one")
        .sending(content)
}
