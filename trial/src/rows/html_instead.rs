//! Sends a page in place of a third of the ranges, as 200.

use super::*;

pub(super) const ROW: Row =
    Row::new("html-instead", "`200 text/html` in place of a third of the 206", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    Answer::new("200 OK", "<!doctype html><title>Try again</title>").with("Content-Type", "text/html")
}
