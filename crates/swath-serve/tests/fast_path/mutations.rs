//! Heads that are nearly right: what of them the fast path takes, it answers as the engine does.

#[path = "../../../../fuzz/fast_path_body.rs"]
#[allow(unreachable_pub, reason = "the body belongs to the fuzz target too")]
pub(crate) mod fast_path_body;

use proptest::prelude::*;

const SEEDS: [&[u8]; 4] = [
    b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HEAD /b.txt HTTP/1.1\r\nHost: a:80\r\nRange: bytes=0-9,100-199,-5\r\nConnection: keep-alive\r\n\r\n",
    b"GET /b.txt HTTP/1.1\r\nhost: a\r\nIf-None-Match: \"x\", W/\"y\"\r\nAccept: text/html\r\n\r\n",
    b"GET /?a=b HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip;q=0\r\nConnection: close\r\n\r\n",
];

/// What is put in: whatever readers of heads have been known to read in different ways.
const PIECES: [&[u8]; 20] = [
    b"\r",
    b"\n",
    b"\r\n",
    b" ",
    b"\t",
    b":",
    b"\0",
    b"\xff",
    b"%",
    b"%00",
    b"#",
    b"?",
    b"//",
    b"/../",
    b",",
    b"\r\nHost: b",
    b"\r\nContent-Length: 0",
    b"\r\nTransfer-Encoding: chunked",
    b"\r\n x",
    b"\r\nX: y",
];

#[test]
fn a_target_that_no_type_of_the_engine_holds_is_left_to_it() {
    for octet in ["<", ">", "\"", "`"] {
        for more in ["", "\r\nConnection: close"] {
            let head = format!("GET /a{octet}b?c HTTP/1.1\r\nHost: a{more}\r\n\r\n");
            fast_path_body::fast_path(head.as_bytes());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_taken_is_answered_alike(
        seed in 0..SEEDS.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..=PIECES.len(), any::<u8>(), 0..3usize), 1..4),
    ) {
        let mut head = SEEDS[seed].to_vec();
        for (place, piece, octet, dropped) in edits {
            let at = place.index(head.len() + 1);
            let end = (at + dropped).min(head.len());
            let piece = PIECES.get(piece).copied().unwrap_or(std::slice::from_ref(&octet));
            head.splice(at..end, piece.iter().copied());
        }
        fast_path_body::fast_path(&head);
    }
}
