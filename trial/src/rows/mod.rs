//! The rows: one behaviour a file.
//!
//! In: requests. Out: answers, most of them an honest one with one thing wrong. A row decides by the number of the request, so that
//! a run can be repeated; "a third" are the third request, the sixth, and so on, and never the first.

use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::{
    Answer, Ending, LENGTH, Row, Turn,
    answer::{Break, Framing},
    content::{content, digest_field},
    turn::part,
};

use alike::{busy, careless, earlier, from_zero, from_zero_says, multipart, says, short, unsatisfiable};

mod alike;
mod appended;
mod bare_lf;
mod chunked;
mod chunks_garbage;
mod chunks_unfinished;
mod closes;
mod coded;
mod coded_third;
mod content_digest;
mod crawl;
mod crawl_first;
mod date_only;
mod drip;
mod field_huge;
mod fields_endless;
mod folded;
mod honest;
mod html_instead;
mod http10;
mod if_match_disliked;
mod if_range_disliked;
mod ignores_range;
mod ignores_range_late;
mod interim;
mod length_too_long;
mod length_too_short;
mod length_unknown;
mod loose;
mod multipart;
mod no_content_range;
mod no_content_range_third;
mod no_validators;
mod odd_case;
mod one_time;
mod other_range;
mod other_range_third;
mod other_unit;
mod overflow;
mod partial_unasked;
mod position_lies;
mod position_lies_third;
mod redirect_expiring;
mod redirect_loop;
mod redirect_relative;
mod replaced;
mod replaced_carelessly;
mod replaced_same_tag;
mod replaced_shorter;
mod replaced_untagged;
mod replaced_weak;
mod repr_digest_tells;
mod repr_digest_wrong;
mod reset;
mod reversed;
mod short;
mod silent;
mod slow_head;
mod slow_heads;
mod stall;
mod stall_first;
mod starts_earlier;
mod starts_earlier_third;
mod status_204_third;
mod status_304_third;
mod status_404_midway;
mod status_410_midway;
mod status_429;
mod status_500_third;
mod status_503;
mod status_503_date;
mod status_503_day;
mod status_503_first;
mod status_503_garbage;
mod status_garbage;
mod tag_missing;
mod tag_per_answer;
mod tag_per_node;
mod throttled;
mod total_changes;
mod total_too_small;
mod total_unknown;
mod trailing;
mod truncated;
mod truncated_always;
mod twice;
mod two_busy;
mod two_connections;
mod two_lengths;
mod unauthorised;
mod unsatisfiable_always;
mod unsatisfiable_first;
mod unsatisfiable_lies;
mod until_close;
mod weak_tag;
mod whole_with_range;

/// The exit codes of `swath get` that rows allow: changed.
const CHANGED: i32 = 3;
/// Refused by the server.
const REFUSED: i32 = 4;
/// Network.
const NETWORK: i32 = 5;
/// Digest.
const DIGEST: i32 = 7;

/// Rows that are about the same thing.
pub struct Group {
    /// Its heading in the table.
    pub title: &'static str,
    /// Its rows, in the table's order.
    pub rows: &'static [Row],
}

/// All rows, in the table's order.
pub const GROUPS: &[Group] = &[
    Group {
        title: "Ranges",
        rows: &[
            honest::ROW,
            ignores_range::ROW,
            ignores_range_late::ROW,
            starts_earlier::ROW,
            starts_earlier_third::ROW,
            other_range::ROW,
            other_range_third::ROW,
            position_lies::ROW,
            position_lies_third::ROW,
            no_content_range::ROW,
            no_content_range_third::ROW,
            short::ROW,
            chunked::ROW,
            until_close::ROW,
            length_unknown::ROW,
            total_unknown::ROW,
            total_changes::ROW,
            total_too_small::ROW,
            reversed::ROW,
            overflow::ROW,
            other_unit::ROW,
            loose::ROW,
            twice::ROW,
            folded::ROW,
            multipart::ROW,
            whole_with_range::ROW,
            partial_unasked::ROW,
            unsatisfiable_first::ROW,
            unsatisfiable_always::ROW,
            unsatisfiable_lies::ROW,
        ],
    },
    Group {
        title: "Framing",
        rows: &[
            truncated::ROW,
            truncated_always::ROW,
            reset::ROW,
            length_too_long::ROW,
            length_too_short::ROW,
            two_lengths::ROW,
            trailing::ROW,
            chunks_garbage::ROW,
            chunks_unfinished::ROW,
            status_garbage::ROW,
            interim::ROW,
            http10::ROW,
            closes::ROW,
            bare_lf::ROW,
            odd_case::ROW,
            fields_endless::ROW,
            field_huge::ROW,
        ],
    },
    Group {
        title: "Codings and digests",
        rows: &[
            coded::ROW,
            coded_third::ROW,
            content_digest::ROW,
            repr_digest_tells::ROW,
            repr_digest_wrong::ROW,
        ],
    },
    Group {
        title: "Versions",
        rows: &[
            no_validators::ROW,
            weak_tag::ROW,
            date_only::ROW,
            tag_per_node::ROW,
            tag_per_answer::ROW,
            tag_missing::ROW,
            replaced::ROW,
            replaced_carelessly::ROW,
            replaced_untagged::ROW,
            replaced_weak::ROW,
            replaced_shorter::ROW,
            replaced_same_tag::ROW,
            appended::ROW,
            if_range_disliked::ROW,
            if_match_disliked::ROW,
        ],
    },
    Group {
        title: "Refusals",
        rows: &[
            html_instead::ROW,
            status_503::ROW,
            status_429::ROW,
            status_503_first::ROW,
            status_503_date::ROW,
            status_503_day::ROW,
            status_503_garbage::ROW,
            status_500_third::ROW,
            status_204_third::ROW,
            status_304_third::ROW,
            status_404_midway::ROW,
            status_410_midway::ROW,
            one_time::ROW,
            unauthorised::ROW,
            redirect_loop::ROW,
            redirect_relative::ROW,
            redirect_expiring::ROW,
            two_connections::ROW,
            two_busy::ROW,
        ],
    },
    Group {
        title: "Time",
        rows: &[
            crawl::ROW,
            crawl_first::ROW,
            stall::ROW,
            stall_first::ROW,
            silent::ROW,
            slow_head::ROW,
            slow_heads::ROW,
            drip::ROW,
            throttled::ROW,
        ],
    },
];

/// Gives all rows.
pub fn all() -> impl Iterator<Item = &'static Row> {
    GROUPS.iter().flat_map(|group| group.rows)
}

/// Gives the row of this name.
#[must_use]
pub fn find(key: &str) -> Option<&'static Row> {
    all().find(|row| row.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Request, origin::Site};

    #[test]
    fn keys_are_unique_and_many() {
        let mut keys: Vec<_> = all().map(|row| row.key).collect();
        keys.sort_unstable();
        let count = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), count);
        assert!(count >= 46, "16 of old and 30 more: {count}");
    }

    /// What a row says to some requests, as text without the date, on several connections.
    fn said(row: &Row) -> Vec<String> {
        let site = Site::new(row, 1);
        let asked = [
            "Range: bytes=0-",
            "Range: bytes=4194304-8388607\r\nIf-Range: \"one\"",
            "Range: bytes=9000000-\r\nIf-Match: \"one\"",
            "",
        ];
        let requests = asked.iter().cycle().take(8).enumerate();
        let answers = requests.map(|(connection, fields)| {
            site.open_one();
            let request =
                Request::parse(&format!("GET /file.bin HTTP/1.1\r\n{fields}\r\n\r\n")).expect("a head");
            let answer = (row.answer)(&Turn::new(&site, request, connection)).without("Date");
            // No row spoils a later octet alone; all of them would take a debug build half a minute.
            let (length, begin) =
                (answer.content.len(), answer.content.slice(..answer.content.len().min(6000)));
            format!("{length} {} {:?}", crc32fast::hash(&begin), answer.sending(Bytes::new()))
        });
        answers.collect()
    }

    #[test]
    fn every_row_spoils_something() {
        let honest = said(find("honest").expect("the first row"));
        for row in all().filter(|row| row.key != "honest") {
            assert_ne!(said(row), honest, "{}", row.key);
        }
    }

    #[test]
    fn the_first_request_is_never_one_of_a_third() {
        for row in all().filter(|row| row.says.ends_with("a third")) {
            let (of_row, honest) = (said(row), said(find("honest").expect("the first row")));
            assert_eq!(of_row[0], honest[0], "{}", row.key);
            assert_ne!(of_row[2], honest[2], "{}", row.key);
        }
    }
}
