//! One answer again and again, for a profiler that counts instructions: `benches/instructions.py` runs it.
//!
//! `cargo bench -p byteranges --bench count -- TIMES` decides, composes and writes the head of a single range so often.

#![allow(missing_docs, reason = "a benchmark")]

#[path = "common/mod.rs"]
mod common;

use std::hint::black_box;

use common::{Setting, asked};

fn main() {
    let times = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_u32);
    let (setting, asked) = (Setting::new(), asked("single"));
    let mut head = Vec::with_capacity(1024);
    for _ in 0..times {
        head.clear();
        let answer = setting.answer(black_box(&asked));
        answer.write_head(black_box(&mut head));
        black_box(answer.content.length());
    }
}
