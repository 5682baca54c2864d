//! What one answer costs: `decide` alone, with `compose`, and with each rendering.
//!
//! `cargo bench -p byteranges`; the figures of one machine stand in `docs/benchmarks-micro.md`.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark may panic")]

mod common;

use std::hint::black_box;

use byteranges::decide;
use common::{REQUESTS, Setting, asked};

fn main() {
    divan::main();
}

#[divan::bench(args = REQUESTS)]
fn decide_only(bencher: divan::Bencher<'_, '_>, request: &str) {
    let (setting, asked) = (Setting::new(), asked(request));
    bencher.bench(|| decide(black_box(&asked), &setting.facts, &setting.policy, setting.now));
}

#[divan::bench(args = REQUESTS)]
fn decide_compose(bencher: divan::Bencher<'_, '_>, request: &str) {
    let (setting, asked) = (Setting::new(), asked(request));
    bencher.bench(|| setting.answer(black_box(&asked)));
}

#[divan::bench(args = REQUESTS)]
fn decide_compose_write_head(bencher: divan::Bencher<'_, '_>, request: &str) {
    let (setting, asked) = (Setting::new(), asked(request));
    let mut head = Vec::with_capacity(1024);
    bencher.bench_local(|| {
        head.clear();
        let answer = setting.answer(black_box(&asked));
        answer.write_head(&mut head);
        (answer.content.length(), head.len())
    });
}

#[divan::bench(args = REQUESTS)]
fn decide_compose_into_response(bencher: divan::Bencher<'_, '_>, request: &str) {
    let (setting, asked) = (Setting::new(), asked(request));
    bencher.bench(|| setting.answer(black_box(&asked)).into_response());
}
