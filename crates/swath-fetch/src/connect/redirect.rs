//! Redirections: where a server sends a request, and whether it may be followed there.
//!
//! In: where the request went and what came back. Out: the next URL, or why there is none.

use http::{HeaderMap, StatusCode, header};
use url::Url;

/// Says why a redirection is not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotFollowed(pub(crate) String);

/// Whether an answer of this status sends a GET elsewhere. 300 and 304 do not: they leave the choice, or mean the copy
/// that the client has.
pub(crate) fn is_redirection(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Finds where to go on; `before` are the URLs that were asked already, the last of them now. Where cookies were set on the
/// way, one that was asked before may answer otherwise now: a login leads back to where it was asked for.
pub(crate) fn next(
    before: &[Url],
    fields: &HeaderMap,
    limit: usize,
    cookies_set: bool,
) -> Result<Url, NotFollowed> {
    let no = |why: String| Err(NotFollowed(why));
    let Some(current) = before.last() else { return no("nothing was asked".to_owned()) };
    let Some(location) = fields.get(header::LOCATION) else {
        return no(format!("{current} redirects without saying where"));
    };
    let text = String::from_utf8_lossy(location.as_bytes());
    let Ok(mut next) = current.join(&text) else {
        return no(format!("{current} redirects to `{text}`, which is no URL"));
    };
    if !matches!(next.scheme(), "http" | "https") {
        return no(format!("{current} redirects to {next}, which is not HTTP"));
    }
    if current.scheme() == "https" && next.scheme() == "http" {
        return no(format!(
            "{current} redirects to {next}, where anyone on the way can change what comes; name that URL itself if it is meant"
        ));
    }
    // A server names no user: credentials are the user's to give.
    let _ = next.set_username("");
    let _ = next.set_password(None);
    next.set_fragment(None);
    if before.contains(&next) && !cookies_set {
        return no(format!("{current} redirects in a circle, to {next}"));
    }
    if before.len() > limit {
        return no(format!("more than {limit} redirections, the last to {next}"));
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(before: &[&str], location: &str) -> Result<String, String> {
        let before: Vec<_> = before.iter().map(|url| Url::parse(url).unwrap()).collect();
        let mut fields = HeaderMap::new();
        fields.insert(header::LOCATION, location.parse().unwrap());
        next(&before, &fields, 3, false).map(String::from).map_err(|NotFollowed(why)| why)
    }

    #[test]
    fn a_location_is_resolved_against_the_url_that_was_asked() {
        for (location, expected) in [
            ("b?c", "https://a.example/x/b?c"),
            ("//cdn.example/f", "https://cdn.example/f"),
            ("https://u:p@b.example/f#part", "https://b.example/f"),
        ] {
            assert_eq!(to(&["https://a.example/x/y"], location).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn what_may_not_be_followed_says_why() {
        for (before, location, word) in [
            (&["https://a.example/"][..], "http://a.example/", "anyone"),
            (&["http://a.example/"], "file:///etc/passwd", "not HTTP"),
            (&["http://a.example/", "http://b.example/"], "http://a.example/", "circle"),
            (&["http://a/", "http://b/", "http://c/", "http://d/"], "http://e/", "more than 3"),
            (&["http://a/"], "http://[", "no URL"),
        ] {
            let why = to(before, location).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
    }

    #[test]
    fn a_link_without_protection_may_lead_to_one_with() {
        assert!(to(&["http://a.example/"], "https://a.example/").is_ok());
    }
}
