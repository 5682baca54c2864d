//! Is unavailable twice, until a date two seconds ahead.

use super::*;

pub(super) const ROW: Row = Row::new("503-date", "503 with a date in Retry-After, two requests", answer)
    .delayed(Duration::from_secs(2));

fn answer(turn: &Turn<'_>) -> Answer {
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2));
    if turn.is_one_of_two() { busy("503 Service Unavailable", &date) } else { turn.honest() }
}
