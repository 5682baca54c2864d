//! Connections that break anywhere, at random: what arrives is the content all the same.

use std::io::Write;
use std::sync::Mutex;
use std::time::Duration;

use byteranges::download::Lanes;
use proptest::prelude::*;
use swath_fetch::Job;

use crate::origin::{Origin, content, head};
use crate::sink::{Memory, fetch};

/// What an answer does.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Honest,
    /// Breaks off after so many octets of content.
    Cut(usize),
    /// Sends in small pieces.
    Pieces(usize),
    /// Says that it is busy.
    Busy,
    /// Closes without an answer.
    Nothing,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        2 => Just(Deed::Honest),
        4 => (0_usize..400_000).prop_map(Deed::Cut),
        2 => (1_usize..50_000).prop_map(Deed::Pieces),
        1 => Just(Deed::Busy),
        1 => Just(Deed::Nothing),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_content_arrives(
        length in 1_usize..600_000,
        lanes in 1_usize..5,
        deeds in proptest::collection::vec(deed(), 0..12),
    ) {
        let deeds = Mutex::new(deeds);
        let origin = Origin::new(move |asked, stream| {
            let deed = deeds.lock().unwrap().pop().unwrap_or(Deed::Honest);
            let content = content(length);
            let (head, octets) = head(asked, &content, "\"v1\"");
            let octets = &content[octets];
            match deed {
                Deed::Busy => return stream.write_all(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n").is_ok(),
                Deed::Nothing => return false,
                Deed::Honest | Deed::Cut(_) | Deed::Pieces(_) => {}
            }
            let end = if let Deed::Cut(after) = deed { after.min(octets.len()) } else { octets.len() };
            let size = if let Deed::Pieces(size) = deed { size } else { octets.len().max(1) };
            let sent = stream.write_all(head.as_bytes()).is_ok()
                && octets[..end].chunks(size).all(|piece| stream.write_all(piece).is_ok());
            sent && end == octets.len()
        });
        let memory = Memory::with(Default::default());
        let mut job = Job::new(origin.url("/f"));
        job.settings.lanes = Lanes::Fixed(lanes);
        job.settings.min_segment = 10_000;
        job.settings.backoff = Duration::from_millis(1);
        job.settings.retries = 40;
        let (ended, _) = fetch(job, &memory);
        prop_assert!(ended.report.outcome.is_ok(), "{ended:?}");
        prop_assert!(memory.kept.lock().unwrap().file == content(length));
    }
}
