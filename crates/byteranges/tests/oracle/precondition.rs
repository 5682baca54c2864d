//! The oracle for preconditions: fields are made from what they mean, so that nothing has to be parsed.

use std::time::Duration;

use byteranges::{AskedMethod, EntityTag, HttpDate, Representation};
use proptest::prelude::*;
use swath_spec::Fixture;

use crate::common::{now, representation};

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Whole,
    Partial,
    NotModified,
    Failed,
    Unsatisfiable,
}

impl Verdict {
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::Whole => 200,
            Self::Partial => 206,
            Self::NotModified => 304,
            Self::Failed => 412,
            Self::Unsatisfiable => 416,
        }
    }
}

/// A tag: its mark and its opaque octets.
type Tag = (bool, &'static str);

/// A field of entity tags, by its meaning.
#[derive(Debug, Clone)]
pub(crate) enum Tags {
    Star,
    List(Vec<Tag>),
    Nonsense(&'static str),
}

/// A field with a date, by its meaning: seconds after the clock, and how it is written.
#[derive(Debug, Clone)]
pub(crate) enum Date {
    At(i64),
    Twice(i64),
    Nonsense(&'static str),
}

/// An If-Range, by its meaning.
#[derive(Debug, Clone)]
pub(crate) enum IfRange {
    Tag(Tag),
    Date(Date),
    Twice(Tag),
}

/// A request's conditions, and the validators they meet.
#[derive(Debug, Clone)]
pub(crate) struct Conditions {
    pub(crate) method: AskedMethod,
    own_tag: Option<Tag>,
    /// Seconds from the clock to the modification date.
    own_date: Option<i64>,
    /// Seconds since the facts changed.
    settled: i64,
    if_match: Option<Tags>,
    if_unmodified_since: Option<Date>,
    if_none_match: Option<Tags>,
    if_modified_since: Option<Date>,
    if_range: Option<IfRange>,
}

impl Conditions {
    /// Says what is answered, in the words of §13.2.2, one step after the other.
    pub(crate) fn verdict(&self, range: Option<&str>) -> Verdict {
        let get_or_head = self.method != AskedMethod::Other;
        // Step 1, or else step 2.
        if let Some(tags) = &self.if_match {
            if !self.matches(tags, |a, b| a == b && !a.0 && !b.0) {
                return Verdict::Failed;
            }
        } else if let (Some(own), Some(Date::At(date))) = (self.own_date, &self.if_unmodified_since)
            && own > *date
        {
            return Verdict::Failed;
        }
        // Step 3, or else step 4.
        if let Some(tags) = &self.if_none_match {
            if self.matches(tags, |a, b| a.1 == b.1) {
                return if get_or_head { Verdict::NotModified } else { Verdict::Failed };
            }
        } else if let (Some(own), Some(Date::At(date)), true) =
            (self.own_date, &self.if_modified_since, get_or_head)
            && own <= *date
        {
            return Verdict::NotModified;
        }
        // Step 5 and 6.
        match (self.method, range) {
            (AskedMethod::Get, Some(range)) if self.if_range_holds() => match range {
                "bytes=0-1" => Verdict::Partial,
                "bytes=99999-" => Verdict::Unsatisfiable,
                _ => Verdict::Whole,
            },
            _ => Verdict::Whole,
        }
    }

    fn matches(&self, tags: &Tags, equal: impl Fn(Tag, Tag) -> bool) -> bool {
        match tags {
            Tags::Star => true,
            Tags::List(tags) => tags.iter().any(|tag| self.own_tag.is_some_and(|own| equal(*tag, own))),
            Tags::Nonsense(_) => false,
        }
    }

    fn if_range_holds(&self) -> bool {
        match &self.if_range {
            None => true,
            Some(IfRange::Tag(tag)) => !tag.0 && self.own_tag == Some(*tag),
            // Whole seconds are compared, so a date lies up to a second further back than it says: 2.5 s from :00.5.
            Some(IfRange::Date(Date::At(date))) => {
                self.own_date == Some(*date) && *date <= -2 && self.settled >= 3
            }
            Some(IfRange::Date(_) | IfRange::Twice(_)) => false,
        }
    }

    pub(crate) fn facts(&self) -> Representation {
        let tag = |(weak, opaque): Tag| match weak {
            true => EntityTag::weak(opaque.as_bytes()).unwrap(),
            false => EntityTag::strong(opaque.as_bytes()).unwrap(),
        };
        Representation {
            etag: self.own_tag.map(tag),
            last_modified: self.own_date.map(at),
            changed: Some(now() - Duration::from_secs(self.settled.unsigned_abs())),
            ..representation(Fixture::F10k)
        }
    }

    pub(crate) fn lines(&self) -> Vec<(&'static str, Vec<u8>)> {
        let mut lines = Vec::new();
        let mut add = |name, value: String| lines.push((name, value.into_bytes()));
        for (name, field) in [("If-Match", &self.if_match), ("If-None-Match", &self.if_none_match)] {
            match field {
                None => {}
                Some(Tags::Star) => add(name, "*".to_owned()),
                Some(Tags::Nonsense(text)) => add(name, (*text).to_owned()),
                // Odd lists go out on two lines, which mean the same.
                Some(Tags::List(tags)) if tags.len() % 2 == 1 && tags.len() > 2 => {
                    add(name, list(&tags[..1]));
                    add(name, list(&tags[1..]));
                }
                Some(Tags::List(tags)) => add(name, list(tags)),
            }
        }
        let dates = [
            ("If-Modified-Since", &self.if_modified_since),
            ("If-Unmodified-Since", &self.if_unmodified_since),
        ];
        for (name, field) in dates {
            field.iter().flat_map(written).for_each(|value| add(name, value));
        }
        match &self.if_range {
            None => {}
            Some(IfRange::Tag(tag)) => add("If-Range", one(*tag)),
            Some(IfRange::Twice(tag)) => (0..2).for_each(|_| add("If-Range", one(*tag))),
            Some(IfRange::Date(date)) => written(date).into_iter().for_each(|value| add("If-Range", value)),
        }
        lines
    }
}

/// Gives the date that lies so many seconds after the clock's second.
fn at(seconds: i64) -> HttpDate {
    let clock = HttpDate::from_system_time(now()).unwrap().seconds();
    HttpDate::from_seconds(clock.checked_add_signed(seconds).unwrap()).unwrap()
}

fn written(date: &Date) -> Vec<String> {
    match date {
        Date::At(seconds) => vec![at(*seconds).to_string()],
        Date::Twice(seconds) => vec![at(*seconds).to_string(); 2],
        Date::Nonsense(text) => vec![(*text).to_owned()],
    }
}

fn one((weak, opaque): Tag) -> String {
    format!("{}\"{opaque}\"", if weak { "W/" } else { "" })
}

fn list(tags: &[Tag]) -> String {
    tags.iter().map(|tag| one(*tag)).collect::<Vec<_>>().join(" ,, ")
}

fn tags() -> impl Strategy<Value = Tags> {
    prop_oneof![
        1 => Just(Tags::Star),
        6 => proptest::collection::vec(tag(), 1..5).prop_map(Tags::List),
        1 => proptest::sample::select(&["", ",", "v1", "\"v1", "\"v1\" \"v1\"", "*, \"v1\"", "w/\"v1\"", "\"v1\"; x"][..])
            .prop_map(Tags::Nonsense),
    ]
}

fn tag() -> impl Strategy<Value = Tag> {
    (any::<bool>(), proptest::sample::select(&["v1", "v2", "", "v1,v2", "\\"][..]))
}

/// Seconds around the clock: on, next to and far from the places where answers change.
fn seconds() -> impl Strategy<Value = i64> {
    proptest::sample::select(&[-86_400_i64, -4, -3, -2, -1, 0, 1, 86_400][..])
}

fn date() -> impl Strategy<Value = Date> {
    prop_oneof![
        8 => seconds().prop_map(Date::At),
        1 => seconds().prop_map(Date::Twice),
        1 => proptest::sample::select(&["", "0", "tomorrow", "Sun, 06 Nov 1994", "Mon, 06 Nov 1994 08:49:37 GMT"][..])
            .prop_map(Date::Nonsense),
    ]
}

pub(crate) fn conditions() -> impl Strategy<Value = Conditions> {
    let method = proptest::sample::select(
        &[AskedMethod::Get, AskedMethod::Get, AskedMethod::Head, AskedMethod::Other][..],
    );
    let if_range = prop_oneof![
        3 => tag().prop_map(IfRange::Tag),
        3 => date().prop_map(IfRange::Date),
        1 => tag().prop_map(IfRange::Twice),
    ];
    let own = (
        proptest::option::of(tag()),
        proptest::option::of(seconds()),
        proptest::sample::select(&[0_i64, 2, 3, 90][..]),
    );
    let option = proptest::option::of::<BoxedStrategy<_>>;
    let matches = (option(tags().boxed()), option(tags().boxed()));
    let sinces = (proptest::option::of(date()), proptest::option::of(date()));
    (method, own, matches, sinces, proptest::option::of(if_range)).prop_map(
        |(method, own, matches, sinces, if_range)| Conditions {
            method,
            own_tag: own.0,
            own_date: own.1,
            settled: own.2,
            if_match: matches.0,
            if_none_match: matches.1,
            if_unmodified_since: sinces.0,
            if_modified_since: sinces.1,
            if_range,
        },
    )
}
