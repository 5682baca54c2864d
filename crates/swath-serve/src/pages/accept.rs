//! What a client would rather read: an Accept field in, one of three forms out.

/// The form an answer of ours is best given in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// A page.
    Html,
    /// JSON.
    Json,
    /// One line of text: the client named neither.
    Plain,
}

/// Reads an Accept value (several lines joined by commas).
///
/// Only types that are named count, not `*/*`: programs send that without meaning pages. The higher quality wins, HTML when they are equal.
pub fn wants(accept: Option<&str>) -> Wants {
    let accept = accept.unwrap_or_default();
    let html = quality(accept, "text/html").max(quality(accept, "application/xhtml+xml"));
    let json = quality(accept, "application/json");
    match (html, json) {
        (0, 0) => Wants::Plain,
        (html, json) if json > html => Wants::Json,
        _ => Wants::Html,
    }
}

/// The quality given to a type in thousandths; 0 where it is not named or refused.
fn quality(accept: &str, wanted: &str) -> u16 {
    let mut best = 0;
    for member in accept.split(',') {
        let mut parts = member.split(';').map(str::trim);
        if parts.next().is_some_and(|name| name.eq_ignore_ascii_case(wanted)) {
            let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            best = best.max(weight.map_or(1000, thousandths));
        }
    }
    best
}

/// Reads a qvalue; one that is none counts as 0, as if the type had not been named.
fn thousandths(weight: &str) -> u16 {
    match weight.parse::<f32>() {
        Ok(value) if (0.0..=1.0).contains(&value) => (value * 1000.0).round() as u16,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_counts() {
        let firefox = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (accept, form) in [
            (None, Wants::Plain),
            (Some("*/*"), Wants::Plain),
            (Some(firefox), Wants::Html),
            (Some("application/json"), Wants::Json),
            (Some("Application/JSON; charset=utf-8, */*;q=0.1"), Wants::Json),
            (Some("text/html;q=0.5, application/json;q=0.4"), Wants::Html),
            (Some("text/html;q=0.5, application/json;Q=0.501"), Wants::Json),
            (Some("text/html, application/json"), Wants::Html),
            (Some("text/html;q=0"), Wants::Plain),
            (Some("text/html;q=NaN, application/json;q=7"), Wants::Plain),
            (Some(",;q=1,,;;"), Wants::Plain),
        ] {
            assert_eq!(wants(accept), form, "{accept:?}");
        }
    }
}
