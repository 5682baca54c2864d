//! Other places of the same file, as a server names them in Link fields (RFC 6249).
//!
//! In: the fields of the first server's answer. Out: mirrors, the best first, and Metalink files that say more.
//!
//! Only what the server that the user named says counts: mirrors that name mirrors are not asked.

use http::{HeaderMap, HeaderValue, header};
use url::Url;

/// The most octets of Link fields that are read: a head of the default limit, and half a hundred mirrors.
const FIELDS_MAX: usize = 64 * 1024;
/// The most mirrors that are taken, before the worse ones are left out.
const DUPLICATES_MAX: usize = 64;
/// The most Metalink files that are taken.
const METALINKS_MAX: usize = 8;
/// The priority of what has none.
const PRIORITY_LAST: u32 = 999_999;

/// Holds what Link fields say about other places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// Places of the same file: those that share the server's tags first, then by priority.
    pub duplicates: Vec<Duplicate>,
    /// Metalink files about it.
    pub metalinks: Vec<Url>,
}

/// Names one other place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// Where.
    pub url: Url,
    /// Lower numbers come first, from 1 to 999,999.
    pub priority: u32,
    /// The country, as two letters, where it is told.
    pub country: Option<String>,
    /// Whether it gives the same entity tags as the server that names it.
    pub preferred: bool,
}

/// Reads the Link fields of the answer to a request for `base`.
///
/// Links of other schemes than HTTP are passed over, and so are links from TLS to plain HTTP.
///
/// ```
/// let mut fields = http::HeaderMap::new();
/// fields.insert("link", "<http://b.example/a.iso>; rel=duplicate; pri=1; geo=de".parse().unwrap());
/// let links = swath_fetch::link::read(&fields, &"http://a.example/a.iso".parse().unwrap());
/// assert_eq!(links.duplicates[0].url.host_str(), Some("b.example"));
/// ```
// R-6249/2-2, R-6249/3.1-1
pub fn read(fields: &HeaderMap, base: &Url) -> Links {
    let mut links = Links::default();
    let mut octets = 0_usize;
    for line in fields.get_all(header::LINK).iter().map(HeaderValue::as_bytes) {
        octets = octets.saturating_add(line.len());
        if octets > FIELDS_MAX {
            break;
        }
        let line = String::from_utf8_lossy(line);
        let mut reader = Reader { rest: &line };
        while let Some(link) = reader.link() {
            take(&link, base, &mut links);
        }
    }
    links.duplicates.sort_by_key(|one| (!one.preferred, one.priority));
    links.duplicates.truncate(DUPLICATES_MAX);
    links.metalinks.truncate(METALINKS_MAX);
    links
}

fn take(link: &Link<'_>, base: &Url, links: &mut Links) {
    let value = |name: &str| link.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    // A link that is about something else.
    if value("anchor").is_some_and(|anchor| base.join(anchor).ok().as_ref() != Some(base)) {
        return;
    }
    let Some(url) = base.join(link.target).ok().filter(|url| may_lead(base, url)) else { return };
    let relations = value("rel").map(|rel| rel.to_ascii_lowercase()).unwrap_or_default();
    let is = |relation: &str| relations.split_ascii_whitespace().any(|one| one == relation);
    if is("duplicate") && url != *base && links.duplicates.iter().all(|other| other.url != url) {
        links.duplicates.push(Duplicate {
            url,
            priority: value("pri").and_then(|value| priority(value)).unwrap_or(PRIORITY_LAST),
            country: value("geo").filter(|geo| is_country(geo)).map(|geo| geo.to_ascii_lowercase()),
            preferred: value("pref").is_some(),
        });
    } else if is("describedby")
        && value("type").is_some_and(|kind| kind.eq_ignore_ascii_case("application/metalink4+xml"))
        && !links.metalinks.contains(&url)
    {
        links.metalinks.push(url);
    }
}

/// Reads a priority; what is none counts as the last.
pub(crate) fn priority(text: &str) -> Option<u32> {
    text.trim().parse().ok().filter(|number| (1..=PRIORITY_LAST).contains(number))
}

pub(crate) fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_alphabetic())
}

/// Whether a server at `base` may send elsewhere: never from what is protected to what is not.
fn may_lead(base: &Url, url: &Url) -> bool {
    let protected = url.scheme() == "https" || (url.scheme() == "http" && base.scheme() == "http");
    protected && url.host().is_some()
}

struct Link<'a> {
    target: &'a str,
    /// Names in lower case; the first of a name counts.
    parameters: Vec<(String, String)>,
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// Reads the next link; what is malformed is passed over to the next comma.
    fn link(&mut self) -> Option<Link<'a>> {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', ',']);
            if self.rest.is_empty() {
                return None;
            }
            let target = self.rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
            let Some((target, rest)) = target else {
                self.rest = self.rest.split_once(',').map_or("", |(_, rest)| rest);
                continue;
            };
            self.rest = rest;
            return Some(Link { target: target.trim(), parameters: self.parameters() });
        }
    }

    fn parameters(&mut self) -> Vec<(String, String)> {
        let mut parameters = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            let Some(rest) = self.rest.strip_prefix(';') else { break };
            self.rest = rest.trim_start();
            let end = self.rest.find(['=', ';', ',']).unwrap_or(self.rest.len());
            let (name, rest) = self.rest.split_at(end);
            let name = name.trim().to_ascii_lowercase();
            self.rest = rest;
            let value = match rest.strip_prefix('=') {
                Some(rest) => {
                    self.rest = rest.trim_start();
                    self.value()
                }
                None => String::new(),
            };
            if !name.is_empty() && parameters.iter().all(|(known, _)| *known != name) {
                parameters.push((name, value));
            }
        }
        // What stands before the next comma belongs to nothing.
        self.rest = self.rest.split_once(',').map_or("", |(_, rest)| rest);
        parameters
    }

    fn value(&mut self) -> String {
        let Some(quoted) = self.rest.strip_prefix('"') else {
            let end = self.rest.find([';', ',']).unwrap_or(self.rest.len());
            let (value, rest) = self.rest.split_at(end);
            self.rest = rest;
            return value.trim().to_owned();
        };
        let mut value = String::new();
        let mut letters = quoted.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.rest = quoted.get(at + 1..).unwrap_or_default();
                    return value;
                }
                '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
                letter => value.push(letter),
            }
        }
        self.rest = "";
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(base: &str, lines: &[&str]) -> Links {
        let fields = lines.iter().map(|line| (header::LINK, HeaderValue::from_str(line).unwrap())).collect();
        read(&fields, &Url::parse(base).unwrap())
    }

    const BASE: &str = "http://a.example/dir/a.iso";

    fn hosts(lines: &[&str]) -> Vec<String> {
        let links = of(BASE, lines);
        links.duplicates.iter().map(|one| one.url.host_str().unwrap().to_owned()).collect()
    }

    // R-6249/3.1-1, R-6249/7-1
    #[test]
    fn the_better_mirrors_come_first() {
        let links = of(
            BASE,
            &[
                "<http://late.example/a>; rel=duplicate",
                "<http://one.example/a>; rel=\"duplicate\"; pri=1; geo=GB, <http://two.example/a>;rel=duplicate;pri=2",
                "<http://pref.example/a>; rel=duplicate; pri=4; pref",
            ],
        );
        let seen: Vec<_> =
            links.duplicates.iter().map(|one| (one.url.host_str().unwrap(), one.priority)).collect();
        let due =
            [("pref.example", 4), ("one.example", 1), ("two.example", 2), ("late.example", PRIORITY_LAST)];
        assert_eq!(seen, due);
        assert_eq!(links.duplicates[1].country.as_deref(), Some("gb"));
        assert!(links.duplicates[0].preferred && !links.duplicates[1].preferred);
    }

    #[test]
    fn only_links_about_this_file_to_http_count() {
        for (line, due) in [
            ("</b.iso>; rel=duplicate", vec!["a.example"]),
            ("<http://b.example/x,y;z>; rel=duplicate", vec!["b.example"]),
            ("<http://b.example/>; rel=\"alternate Duplicate\"", vec!["b.example"]),
            ("<http://b.example/>; title=\"a, b; \\\"c\\\"\"; rel=duplicate", vec!["b.example"]),
            ("nonsense, <http://b.example/>; rel=duplicate", vec!["b.example"]),
            ("<http://b.example/>; rel=duplicate, <http://b.example/>; rel=duplicate", vec!["b.example"]),
            ("<http://b.example/>; pri=0; rel=duplicate", vec!["b.example"]),
            ("<http://a.example/dir/a.iso>; rel=duplicate", vec![]),
            ("<http://b.example/>; rel=next; rel=duplicate", vec![]),
            ("<http://b.example/>; rel=duplicate; anchor=\"#x\"", vec![]),
            ("<http://b.example/>; rel=duplicate; anchor=\"/other\"", vec![]),
            ("<ftp://b.example/a>; rel=duplicate", vec![]),
            ("<file:///etc/passwd>; rel=duplicate", vec![]),
            ("<javascript:x>; rel=duplicate", vec![]),
            ("<http://b.example/", vec![]),
            ("<http://b.example/>", vec![]),
        ] {
            assert_eq!(hosts(&[line]), due, "{line}");
        }
        let protected = of("https://a.example/", &["<http://b.example/>; rel=duplicate"]);
        assert_eq!(protected, Links::default(), "from TLS to none");
    }

    #[test]
    fn metalink_files_are_found() {
        let links = of(
            BASE,
            &[
                "<a.meta4>; rel=describedby; type=\"application/metalink4+xml\"",
                "<a.asc>; rel=describedby; type=\"application/pgp-signature\"",
            ],
        );
        assert_eq!(links.metalinks, [Url::parse("http://a.example/dir/a.meta4").unwrap()]);
    }

    #[test]
    fn limits_hold() {
        let many: Vec<String> = (1..200)
            .rev()
            .map(|number| format!("<http://m{number}.example/>;rel=duplicate;pri={number}"))
            .collect();
        let links = of(BASE, &[&many.join(",")]);
        assert_eq!(links.duplicates.len(), DUPLICATES_MAX);
        assert_eq!(links.duplicates[0].priority, 1, "the worse ones are left out");
        let long = format!("<http://b.example/{}>; rel=duplicate", "a".repeat(FIELDS_MAX));
        assert_eq!(hosts(&[&long]), [""; 0]);
    }

    proptest! {
        #[test]
        fn anything_is_read_without_harm(line in "[ -~]{0,120}", start in any::<bool>()) {
            let line = if start { format!("<http://b.example/>; rel=duplicate; {line}") } else { line };
            for one in of(BASE, &[&line]).duplicates {
                prop_assert!(one.url.scheme().starts_with("http"));
                prop_assert!((1..=PRIORITY_LAST).contains(&one.priority));
            }
        }
    }
}
