//! Leads to a signed link that serves two requests, then 403.

use super::*;

pub(super) const ROW: Row =
    Row::new("redirect-expiring", "redirects to links that expire after 2 requests", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.request.path() == "/file.bin" {
        return Answer::redirect(&format!("/signed?{}", turn.number));
    }
    if turn.tally(&turn.request.target) < 2 { turn.honest() } else { Answer::plain("403 Forbidden") }
}
