//! Writes no number where a chunk's size belongs, a third of the time.

use super::*;

pub(super) const ROW: Row = Row::new("chunks-garbage", "garbage as a chunk's size, a third", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    let content = honest.content.clone();
    honest
        .with("Transfer-Encoding", "chunked")
        .framed(Framing::Close)
        .sending([b"zz\r\n", &content[..content.len().min(1 << 20)]].concat())
}
