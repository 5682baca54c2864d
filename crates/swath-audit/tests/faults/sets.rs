//! Several ranges at once.

use byteranges::Policy;

use crate::{
    Fault, fault, is_set,
    origin::{Facts, honest, honest_with},
    part, unsatisfied,
};

pub(crate) const FAULTS: &[Fault] = &[
    fault("dropped-member", "refuses a set of which a part is there (tower-http, dufs)", |r| {
        match ["bytes=0-0,20010-20020", "bytes=20000-,0-0"].iter().any(|range| r.range(range))
            || (is_set(r) && r.get("range").unwrap().ends_with("-20050"))
        {
            true if r.method == "GET" => unsatisfied(),
            _ => honest(r),
        }
    }),
    fault("suffix-zero-dropped", "refuses a set with a suffix of zero", |r| match r.range("bytes=-0,0-0") {
        true => unsatisfied(),
        false => honest(r),
    }),
    fault("multipart", "refuses several ranges (tower-http)", |r| match r.range("bytes=0-0,-1") {
        true if r.method == "GET" && !r.has("if-range") => unsatisfied(),
        _ => honest(r),
    }),
    fault("multipart-order", "sorts the parts (Starlette)", |r| match r.range("bytes=-1,0-0") {
        true => honest(&r.with("range", "bytes=0-0,-1")),
        false => honest(r),
    }),
    fault("multipart-joined", "joins far beyond what was asked", |r| match r.range("bytes=0-0,81-81") {
        true => part(r, 0, 4_095),
        false => honest(r),
    }),
    fault("single-not-multipart", "sends a multipart for one range", |r| match r.range("bytes=-500") {
        true => {
            let set = honest(&r.with("range", "bytes=0-0,-500"));
            let head = "--00000000000000000000000000c0ffee\r\n";
            let text =
                set.content.windows(head.len()).rposition(|window| window == head.as_bytes()).unwrap_or(0);
            let content = set.content[text..].to_vec();
            set.holding(content)
        }
        false => honest(r),
    }),
    fault("duplicates-bounded", "sends the same octets many times (hyper-staticfile, dufs)", |r| {
        match r.range("bytes=0-8999,0-8999,0-8999,0-8999") {
            true => {
                let policy = Policy { coalesce_gap: 0, ..Policy::default() };
                let set = honest_with(
                    &r.with("range", "bytes=0-8999,9001-17999"),
                    &Facts { policy, ..Facts::default() },
                );
                let content = [set.content.clone(), set.content.clone()].concat();
                set.holding(content)
            }
            false => honest(r),
        }
    }),
    fault("parts-bounded", "sends a hundred parts of one octet (nginx before 1.29.5)", |r| match is_set(r) {
        true => {
            let policy = Policy { parts_max: 2_000, specs_max: 5_000, ..Policy::default() };
            honest_with(r, &Facts { policy, ..Facts::default() })
        }
        false => honest(r),
    }),
];
