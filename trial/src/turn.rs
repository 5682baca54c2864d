//! One request's turn: what was asked, its number, and the honest answer that a row then spoils.
//!
//! In: a request. Out: answers.

use bytes::Bytes;

use crate::{
    answer::Answer,
    content::{Representation, content},
    origin::Site,
    request::Request,
};

/// What a row knows when it answers.
pub struct Turn<'a> {
    /// The request.
    pub request: Request,
    /// How many requests for content came before it, over all connections.
    pub number: usize,
    /// How many connections were accepted before its own.
    pub connection: usize,
    site: &'a Site,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(site: &'a Site, request: Request, connection: usize) -> Self {
        let number = site.number(request.method == "GET");
        let said = |name| request.field(name).map_or(String::new(), |value| format!(" {name}: {value}"));
        let about = ["range", "if-range", "if-match", "if-unmodified-since"].map(said).concat();
        site.note(format!("#{number} c{connection} {} {}{about}", request.method, request.target));
        Self { request, number, connection, site }
    }

    /// Says how often it was asked under this key before.
    #[must_use]
    pub fn tally(&self, key: &str) -> usize {
        self.site.tally(key)
    }

    /// Says which phase the origin is in: 0 until the run that is interrupted has ended.
    #[must_use]
    pub fn phase(&self) -> usize {
        self.site.phase()
    }

    /// Says how many connections are open, with this one.
    #[must_use]
    pub fn open(&self) -> usize {
        self.site.open()
    }

    /// Says whether content from a later place than the beginning is wanted.
    #[must_use]
    pub fn is_later(&self) -> bool {
        self.request.wanted().is_some_and(|wanted| wanted.first > 0)
    }

    /// Says whether this is one of the third of the requests that fare ill; never the first.
    #[must_use]
    pub fn is_third(&self) -> bool {
        self.number % 3 == 2
    }

    /// Says whether this is the second or the third request: two that fare ill.
    #[must_use]
    pub fn is_one_of_two(&self) -> bool {
        matches!(self.number, 1 | 2)
    }

    /// The first and the last position of the first version that are wanted, if they can be had; else all of it.
    #[must_use]
    pub fn span(&self) -> (usize, usize) {
        let length = content().first.content.len();
        let span = self.request.wanted().map(|wanted| span(wanted.first, wanted.last, length));
        span.flatten().unwrap_or((0, length - 1))
    }

    /// The right answer, about the first version.
    #[must_use]
    pub fn honest(&self) -> Answer {
        self.about(&content().first)
    }

    /// All of the first version, as if Range had not been sent.
    #[must_use]
    pub fn whole(&self) -> Answer {
        whole(&content().first)
    }

    /// The right answer, were this the selected representation.
    #[must_use]
    pub fn about(&self, selected: &Representation) -> Answer {
        if let Some(answer) = self.precondition(selected) {
            return answer;
        }
        match self.request.wanted() {
            Some(wanted) if self.if_range_holds(selected) => {
                match span(wanted.first, wanted.last, selected.content.len()) {
                    Some((first, last)) => part(selected, first, last),
                    None => Answer::plain("416 Range Not Satisfiable")
                        .with("Content-Range", format!("bytes */{}", selected.length())),
                }
            }
            _ => whole(selected),
        }
    }

    /// The answer that a precondition other than If-Range leads to (§13.2.2).
    fn precondition(&self, selected: &Representation) -> Option<Answer> {
        let field = |name| self.request.field(name);
        let failed = || Some(Answer::plain("412 Precondition Failed"));
        if field("if-match").is_some_and(|tags| !lists(tags, selected.etag.as_deref(), false)) {
            return failed();
        }
        if field("if-unmodified-since")
            .is_some_and(|date| selected.modified.as_deref().is_some_and(|of| of != date))
        {
            return failed();
        }
        let known = field("if-none-match")
            .map(|tags| lists(tags, selected.etag.as_deref(), true))
            .or_else(|| field("if-modified-since").map(|date| selected.modified.as_deref() == Some(date)));
        (known == Some(true)).then(|| describe(Answer::new("304 Not Modified", Bytes::new()), selected))
    }

    fn if_range_holds(&self, selected: &Representation) -> bool {
        self.request.field("if-range").is_none_or(|validator| {
            let strong = selected.etag.as_deref().filter(|tag| !tag.starts_with("W/"));
            strong == Some(validator) || selected.modified.as_deref() == Some(validator)
        })
    }
}

/// A 206 with these positions, the last inclusive.
pub(crate) fn part(selected: &Representation, first: usize, last: usize) -> Answer {
    let answer = Answer::new("206 Partial Content", selected.content.slice(first..=last));
    describe(answer, selected).with("Content-Range", format!("bytes {first}-{last}/{}", selected.length()))
}

/// A 200.
pub(crate) fn whole(selected: &Representation) -> Answer {
    describe(Answer::new("200 OK", selected.content.clone()), selected)
}

fn describe(answer: Answer, selected: &Representation) -> Answer {
    let mut answer = answer.with("Content-Type", "application/octet-stream").with("Accept-Ranges", "bytes");
    if let Some(etag) = &selected.etag {
        answer = answer.with("ETag", etag);
    }
    if let Some(modified) = &selected.modified {
        answer = answer.with("Last-Modified", modified);
    }
    answer
}

/// The positions of a range that can be had of so many octets.
fn span(first: u64, last: Option<u64>, length: usize) -> Option<(usize, usize)> {
    let end = length.checked_sub(1)?;
    let first = usize::try_from(first).ok().filter(|first| *first <= end)?;
    let last = last.map_or(end, |last| usize::try_from(last).map_or(end, |last| last.min(end)));
    (first <= last).then_some((first, last))
}

/// Says whether a list of tags holds this one. The tags here have no commas in them.
fn lists(tags: &str, tag: Option<&str>, weakly: bool) -> bool {
    let bare = |tag: &str| if weakly { tag.trim_start_matches("W/").to_owned() } else { tag.to_owned() };
    tags.trim() == "*"
        || tag.is_some_and(|tag| {
            (weakly || !tag.starts_with("W/")) && tags.split(',').any(|of| bare(of.trim()) == bare(tag))
        })
}
