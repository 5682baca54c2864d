//! What may be secret, taken out of a request target before it is kept.
//!
//! In: a target, printable already. Out: the same, with the values of its query and whatever names a user put as `*`.

/// The longest name of a query's value, and the longest query without `=`, that is taken for a word and not for a secret.
const WORD_MAX: usize = 16;

/// Masks the query's values and the user of a target or reference.
pub(crate) fn target(target: &str) -> String {
    let (rest, fragment) = split(target, '#');
    let (path, query) = split(rest, '?');
    let mut masked = without_user(path);
    if let Some(query) = query {
        for (index, pair) in query.split('&').enumerate() {
            masked.push(if index == 0 { '?' } else { '&' });
            match pair.split_once('=') {
                Some((name, _)) => {
                    masked.push_str(word(name));
                    masked.push_str("=*");
                }
                None => masked.push_str(word(pair)),
            }
        }
    }
    if fragment.is_some() {
        masked.push_str("#*");
    }
    masked
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// Keeps what is as short as a word.
fn word(text: &str) -> &str {
    if text.len() <= WORD_MAX { text } else { "*" }
}

/// Masks `user:password@` of an absolute target.
fn without_user(path: &str) -> String {
    let Some((scheme, rest)) =
        path.split_once("//").filter(|(scheme, _)| scheme.is_empty() || scheme.ends_with(':'))
    else {
        return path.to_owned();
    };
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.rsplit_once('@') {
        Some((user, _)) => format!("{scheme}//*{}", &rest[user.len()..]),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_value_is_seen_wherever_it_stands(
            before in "[a-z/=&?#;%]{0,12}",
            after in "[a-z/=&?#;%]{0,12}",
            name in "[a-z]{1,8}",
        ) {
            let secret = "S3CRET-TOKEN-OF-SOMEBODY";
            for came in [
                format!("/{before}?{name}={secret}{after}"),
                format!("/a?{before}&{name}={secret}&{after}"),
                format!("/a?{secret}{after}"),
                format!("http://user:{secret}@a.example/{before}?{after}"),
                format!("/a?x#{name}={secret}"),
                format!("/a#{before}{name}={secret}"),
            ] {
                let masked = target(&came);
                prop_assert!(!masked.contains(secret), "{} became {}", came, masked);
            }
        }
    }

    #[test]
    fn values_go_and_names_stay() {
        for (came, kept) in [
            ("/clip.mp4", "/clip.mp4"),
            ("/clip.mp4?play", "/clip.mp4?play"),
            ("/clip.mp4?token=abc&b=c=d&download", "/clip.mp4?token=*&b=*&download"),
            ("/a?0123456789abcdef0123456789abcdef", "/a?*"),
            ("/a?0123456789abcdef0=x", "/a?*=*"),
            ("/a?x=1?y=2", "/a?x=*"),
            ("/a?", "/a?"),
            ("/a?x#token=1", "/a?x#*"),
            ("/a#token=1?x", "/a#*"),
            ("http://user:word@a.example/b?c=d", "http://*@a.example/b?c=*"),
            ("http://a.example/b@c", "http://a.example/b@c"),
            ("//me@a.example", "//*@a.example"),
            ("/b//c@d", "/b//c@d"),
            ("*", "*"),
        ] {
            assert_eq!(target(came), kept, "{came}");
        }
    }
}
