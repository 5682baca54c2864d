//! The oracle for Range: decimal numbers as strings of digits, one bool per octet, and no cleverness.

use byteranges::Representation;
use proptest::prelude::*;

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent {
    Whole,
    Unsatisfiable,
    Ranges(Vec<(u64, u64)>),
}

/// One member of the set: which octets it selects, one bool for each.
type Mask = Vec<bool>;

const GAP: usize = 80;
const PARTS: usize = 16;
const SPECS: usize = 200;
const EMPTIES: usize = 64;

/// Says what is sent in answer to a Range of this value, under the default policy.
pub(crate) fn send(value: &str, length: u64, facts: &Representation, boundary: &str) -> Sent {
    let Some(members) = members(value) else { return Sent::Whole };
    let length = usize::try_from(length).unwrap();
    if length == 0 {
        return Sent::Whole;
    }
    let masks: Vec<Mask> = members.iter().map(|member| select(member, length)).collect();
    let satisfiable: Vec<Mask> = masks.into_iter().filter(|mask| mask.contains(&true)).collect();
    if satisfiable.is_empty() {
        return Sent::Unsatisfiable;
    }
    let joined = join(satisfiable);
    let ranges: Vec<(usize, usize)> = joined.iter().map(ends).collect();
    let too_long = ranges.len() > 1 && written(&ranges, length, facts, boundary) > length;
    if ranges.len() > PARTS || too_long {
        return Sent::Whole;
    }
    Sent::Ranges(ranges.into_iter().map(|(first, last)| (first as u64, last as u64)).collect())
}

/// Reads the set, or `None` where Range is to be ignored: another unit, invalid, or beyond the limits.
fn members(value: &str) -> Option<Vec<(String, String)>> {
    let space: &[char] = &[' ', '\t'];
    let value = value.trim_matches(space);
    let equals = value.find('=')?;
    if value[..equals].to_lowercase() != "bytes" {
        return None;
    }
    let all: Vec<&str> = value[equals + 1..].split(',').map(|member| member.trim_matches(space)).collect();
    let empties = all.iter().filter(|member| member.is_empty()).count();
    let members: Vec<&str> = all.into_iter().filter(|member| !member.is_empty()).collect();
    if members.is_empty() || members.len() > SPECS || empties > EMPTIES {
        return None;
    }
    members.into_iter().map(member).collect()
}

/// Reads `digits-`, `digits-digits` or `-digits`; the halves as they stand.
fn member(text: &str) -> Option<(String, String)> {
    let halves: Vec<&str> = text.split('-').collect();
    let [first, last] = halves[..] else { return None };
    let digits = |half: &str| half.chars().all(|letter| "0123456789".contains(letter));
    if !digits(first) || !digits(last) || (first.is_empty() && last.is_empty()) {
        return None;
    }
    if !first.is_empty() && !last.is_empty() && less(last, first) {
        return None;
    }
    Some((first.to_owned(), last.to_owned()))
}

/// Compares two numbers digit by digit, after writing them equally long.
fn less(one: &str, other: &str) -> bool {
    let width = one.len().max(other.len());
    format!("{one:0>width$}") < format!("{other:0>width$}")
}

fn select((first, last): &(String, String), length: usize) -> Mask {
    let selected = |offset: usize| match (first.is_empty(), last.is_empty()) {
        // A suffix reaches this octet when it is no shorter than what is left from here.
        (true, _) => !less(last, &(length - offset).to_string()),
        (false, true) => !less(&offset.to_string(), first),
        (false, false) => !less(&offset.to_string(), first) && !less(last, &offset.to_string()),
    };
    (0..length).map(selected).collect()
}

fn ends(mask: &Mask) -> (usize, usize) {
    (mask.iter().position(|octet| *octet).unwrap(), mask.iter().rposition(|octet| *octet).unwrap())
}

/// Joins two at a time, as often as any two lie close enough; the joined one takes the earlier place.
fn join(mut masks: Vec<Mask>) -> Vec<Mask> {
    'again: loop {
        for later in 1..masks.len() {
            for earlier in 0..later {
                if close(&masks[earlier], &masks[later]) {
                    let other = masks.remove(later);
                    let (a, b) = (ends(&masks[earlier]), ends(&other));
                    let both = a.0.min(b.0)..=a.1.max(b.1);
                    masks[earlier] = (0..other.len()).map(|offset| both.contains(&offset)).collect();
                    continue 'again;
                }
            }
        }
        return masks;
    }
}

fn close(one: &Mask, other: &Mask) -> bool {
    let (a, b) = (ends(one), ends(other));
    let (lower, upper) = if a.0 <= b.0 { (a, b) } else { (b, a) };
    let between = (lower.1 + 1..upper.0).count();
    between <= GAP
}

/// Counts the octets of the multipart by writing it out.
fn written(ranges: &[(usize, usize)], length: usize, facts: &Representation, boundary: &str) -> usize {
    let content_type = facts.content_type.as_ref().unwrap().to_str().unwrap();
    let mut text = String::new();
    for (first, last) in ranges {
        text += &format!("\r\n--{boundary}\r\nContent-Type: {content_type}\r\n");
        text += &format!("Content-Range: bytes {first}-{last}/{length}\r\n\r\n");
        text += &"x".repeat(last - first + 1);
    }
    text += &format!("\r\n--{boundary}--\r\n");
    // The first delimiter has no line break before it.
    text.len() - 2
}

/// Makes values of Range: mostly good ones, with something odd in every fourth member or so.
pub(crate) fn values() -> impl Strategy<Value = String> {
    let number = || {
        prop_oneof![
            6 => (0_u64..2_700).prop_map(|number| number.to_string()),
            1 => (0_u64..2_700).prop_map(|number| format!("00{number}")),
            1 => any::<u64>().prop_map(|number| number.to_string()),
            1 => "1844674407370955161[4-7]",
            1 => "[0-9]{1,40}",
        ]
    };
    let member = prop_oneof![
        4 => (0_u64..2_500, 0_u64..60).prop_map(|(first, more)| format!("{first}-{}", first + more)),
        2 => (number(), number()).prop_map(|(one, other)| match less(&other, &one) {
            true => format!("{other}-{one}"),
            false => format!("{one}-{other}"),
        }),
        1 => number().prop_map(|first| format!("{first}-")),
        2 => number().prop_map(|length| format!("-{length}")),
        1 => Just(String::new()),
        1 => "[ \t]{0,2}[0-9]{1,3}-9[0-9]{3}[ \t]{0,2}",
    ];
    let odd = "[-0-9 ,=x+*]{0,8}";
    let set = proptest::collection::vec(member, 1..22).prop_map(|members| members.join(","));
    let clean =
        prop_oneof![20 => Just("bytes="), 1 => Just("BYTES="), 1 => Just("bytes= "), 1 => Just("lines=")];
    let spread = (0_u64..100, 60_u64..400, 0_u64..200, 2_u64..20)
        .prop_map(|(start, stride, length, count)| {
            let one = |n: u64| format!("{}-{}", start + n * stride, start + n * stride + length.min(stride));
            (0..count).map(one).collect::<Vec<_>>()
        })
        .prop_shuffle()
        .prop_map(|members| format!("bytes={}", members.join(",")));
    let reversed = (number(), number()).prop_map(|(first, last)| format!("bytes=0-1,{first}-{last}"));
    prop_oneof![
        6 => spread,
        1 => reversed,
        12 => (clean, set.clone()).prop_map(|(unit, set)| format!("{unit}{set}")),
        1 => (set, odd, any::<proptest::sample::Index>()).prop_map(|(mut set, odd, at)| {
            set.insert_str(at.index(set.len() + 1), &odd);
            format!("bytes={set}")
        }),
        1 => "[ -~]{0,20}",
        2 => (0_usize..80, 0_usize..260).prop_map(|(empties, members)| {
            format!("bytes={}{}0-0", ",".repeat(empties), "1-1,".repeat(members))
        }),
    ]
}
