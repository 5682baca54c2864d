//! Digests in fields (RFC 9530): Repr-Digest of the whole, Content-Digest of one message, and asking for them.
//!
//! In: fields of an answer. Out: the digests that are known here; what is unknown or malformed is passed over.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use sfv::{BareItem, Dictionary, ListEntry, Parser};

use super::{Algorithm, Digest};

/// Gives the digest of the whole selected representation.
pub const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");
/// Gives the digest of the content of one message.
pub const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
/// Gave it before, and still does beside mirrors (RFC 3230, RFC 6249).
const DIGEST: HeaderName = HeaderName::from_static("digest");
/// Asks for the former.
pub const WANT_REPR_DIGEST: HeaderName = HeaderName::from_static("want-repr-digest");
/// Asks for the latter.
pub const WANT_CONTENT_DIGEST: HeaderName = HeaderName::from_static("want-content-digest");

/// The most octets of such a field that are read: every algorithm there is fits several times.
const LENGTH_MAX: usize = 4096;

/// What is asked for: both algorithms that servers have.
// D-4
pub const WANTED: HeaderValue = HeaderValue::from_static("sha-256=10, sha-512=9");

/// The digests of the whole that an answer gives, the strongest first.
///
/// Servers that name mirrors had to give one before there was this field, in the older `Digest`; beside mirrors, that
/// one counts too.
// D-3, D-3a, R-6249/7-5
pub fn repr_digest(fields: &HeaderMap) -> Vec<Digest> {
    let names_mirrors = || fields.get_all(header::LINK).iter().any(|line| names_duplicate(line.as_bytes()));
    if !fields.contains_key(&REPR_DIGEST) && fields.contains_key(&DIGEST) && names_mirrors() {
        return instance_digest(fields);
    }
    read(fields, &REPR_DIGEST)
}

fn names_duplicate(line: &[u8]) -> bool {
    line.to_ascii_lowercase().windows(b"duplicate".len()).any(|word| word == b"duplicate")
}

/// Reads `Digest: SHA-256=…` (RFC 3230): a list, with values in base64 and names in any case.
fn instance_digest(fields: &HeaderMap) -> Vec<Digest> {
    let lines = fields.get_all(&DIGEST).iter().filter_map(|line| line.to_str().ok());
    let members = lines.filter(|line| line.len() <= LENGTH_MAX).flat_map(|line| line.split(','));
    let mut digests: Vec<Digest> = members
        .filter_map(|member| {
            let (name, value) = member.trim().split_once('=')?;
            let algorithm = Algorithm::ALL.into_iter().find(|one| name.eq_ignore_ascii_case(one.key()))?;
            Digest::read(algorithm, value)
        })
        .collect();
    digests.sort_by_key(|digest| std::cmp::Reverse(digest.algorithm()));
    // Two different ones of a kind say nothing.
    let first = digests.first().cloned();
    let contradicts =
        |first: &Digest| digests.iter().any(|one| one.algorithm() == first.algorithm() && one != first);
    if first.as_ref().is_some_and(contradicts) { Vec::new() } else { first.into_iter().collect() }
}

/// The digests of this answer's content, the strongest first.
// D-2, D-3a
pub fn content_digest(fields: &HeaderMap) -> Vec<Digest> {
    read(fields, &CONTENT_DIGEST)
}

fn read(fields: &HeaderMap, name: &HeaderName) -> Vec<Digest> {
    let lines: Vec<&[u8]> = fields.get_all(name).iter().map(HeaderValue::as_bytes).collect();
    let joined = lines.join(&b", "[..]);
    if joined.len() > LENGTH_MAX {
        return Vec::new();
    }
    // A dictionary that is wrong in one place is wrong as a whole.
    let Ok(dictionary) = Parser::new(&joined).parse::<Dictionary>() else { return Vec::new() };
    let mut digests: Vec<Digest> = dictionary
        .iter()
        .filter_map(|(key, entry)| {
            let algorithm = Algorithm::ALL.into_iter().find(|one| one.key() == key.as_str())?;
            match entry {
                ListEntry::Item(item) => match &item.bare_item {
                    BareItem::ByteSequence(octets) => Digest::new(algorithm, octets),
                    _ => None,
                },
                ListEntry::InnerList(_) => None,
            }
        })
        .collect();
    digests.sort_by_key(|digest| std::cmp::Reverse(digest.algorithm()));
    digests
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (REPR_DIGEST, HeaderValue::from_str(line).unwrap())).collect()
    }

    const WORLD: &str = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";

    // D-3a
    #[test]
    fn known_digests_are_read_and_others_passed_over() {
        let of = |lines: &[&str]| {
            repr_digest(&fields(lines)).iter().map(|digest| digest.algorithm().key()).collect::<Vec<_>>()
        };
        assert_eq!(of(&[WORLD]), ["sha-256"]);
        assert_eq!(of(&["md5=:AAAA:, unixsum=17", WORLD]), ["sha-256"]);
        let long = format!("sha-512=:{}==:", "A".repeat(86));
        assert_eq!(of(&[WORLD, &long]), ["sha-512", "sha-256"]);
        assert_eq!(of(&[&format!("{WORLD};p=1")]), ["sha-256"]);
        assert_eq!(of(&["sha-256=:AAAA:"]), [""; 0], "too short");
        assert_eq!(of(&["sha-256=\"RK/0qy18\""]), [""; 0], "a string");
        assert_eq!(of(&["sha-256=(:AAAA:)"]), [""; 0], "a list");
        assert_eq!(of(&["SHA-256=:AAAA:"]), [""; 0], "keys are of lower case");
        assert_eq!(of(&[WORLD, "=="]), [""; 0], "malformed in one place");
        assert_eq!(of(&[WORLD, &"a=1, ".repeat(2000)]), [""; 0], "too long");
        // The last of a key counts.
        let other = format!("sha-256=:{}=:", "A".repeat(43));
        assert_eq!(repr_digest(&fields(&[WORLD, &other]))[0].value(), [0; 32]);
    }

    // R-9530-B.2
    #[test]
    fn the_vector_of_the_standard_agrees() {
        let mut hasher = super::super::Hasher::new(Algorithm::Sha256);
        hasher.update(b"{\"hello\": \"world\"}\n");
        assert_eq!(repr_digest(&fields(&[WORLD])), [hasher.finish()]);
    }

    // R-6249/7-5
    #[test]
    fn the_older_field_counts_beside_mirrors() {
        let of = |repr: Option<&str>, link: Option<&str>, digest: &str| {
            let mut all = HeaderMap::from_iter([(DIGEST, HeaderValue::from_str(digest).unwrap())]);
            repr.map(|value| all.insert(REPR_DIGEST, HeaderValue::from_str(value).unwrap()));
            link.map(|value| all.insert(header::LINK, HeaderValue::from_str(value).unwrap()));
            repr_digest(&all).iter().map(Digest::to_string).collect::<Vec<_>>()
        };
        let mirror = Some("<http://m.example/a>; rel=duplicate");
        let world = "RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=";
        let known = repr_digest(&fields(&[WORLD]))[0].to_string();
        assert_eq!(of(None, mirror, &format!("MD5=AAAA, SHA-256={world}")), [known]);
        assert_eq!(of(None, None, &format!("SHA-256={world}")), [""; 0], "without mirrors");
        assert_eq!(
            of(Some("md5=:AAAA:"), mirror, &format!("SHA-256={world}")),
            [""; 0],
            "beside the newer one"
        );
        let other = format!("{}=", "A".repeat(43));
        assert_eq!(of(None, mirror, &format!("SHA-256={world},sha-256={other}")), [""; 0], "two of a kind");
        assert_eq!(of(None, mirror, "SHA-256=zz, =, SHA-256"), [""; 0]);
    }

    // D-4
    #[test]
    fn what_is_asked_for_is_well_formed() {
        let wanted = Parser::new(WANTED.as_bytes()).parse::<Dictionary>().unwrap();
        assert!(wanted.keys().all(|key| Algorithm::from_name(key.as_str()).is_some()));
    }

    proptest! {
        #[test]
        fn anything_is_read_without_harm(octets in proptest::collection::vec(32_u8..127, 0..200)) {
            let value = HeaderValue::from_bytes(&octets).unwrap();
            for digest in repr_digest(&HeaderMap::from_iter([(REPR_DIGEST, value)])) {
                prop_assert_eq!(digest.value().len(), digest.algorithm().octets());
            }
        }
    }
}
