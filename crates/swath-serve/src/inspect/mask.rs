//! What may be secret, taken out of a request target before it is kept.
//!
//! In: a target, printable already. Out: the same, with the values of its query and whatever names a user put as `*`.

/// The longest name of a query's value, and the longest query without `=`, that is taken for a word and not for a secret.
const WORD_MAX: usize = 16;

/// Masks the query's values and the user of a target or reference.
pub(crate) fn target(target: &str) -> String {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let mut masked = without_user(path);
    if let Some(query) = query {
        let (query, fragment) = query.split_once('#').map_or((query, None), |(q, f)| (q, Some(f)));
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
        if fragment.is_some() {
            masked.push_str("#*");
        }
    }
    masked
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
