//! Sends 100, 102 and 103 before each answer.

use super::*;

pub(super) const ROW: Row = Row::new("interim", "100, 102 and 103 before each answer", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n";
    Answer { before: Bytes::from(interim), ..turn.honest() }
}
