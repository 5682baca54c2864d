//! The same for the readers of `swath-fetch`: in: anything; out: nothing, or a panic that says which promise broke.

use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, HeaderValue, header};
use swath_fetch::digest::{Algorithm, Digest, fields, sums};
use swath_fetch::{cookies, link, metalink, name, netrc};
use url::Url;

/// Reads a Content-Disposition, and the same octets as the end of a URL: a name leads nowhere else, and is safe for good.
pub fn file_name(octets: &[u8]) {
    if let Ok(value) = HeaderValue::from_bytes(octets) {
        let fields = HeaderMap::from_iter([(header::CONTENT_DISPOSITION, value)]);
        if let Some(name) = name::from_fields(&fields) {
            one_file(&name);
        }
    }
    if let Ok(url) = Url::parse(&format!("http://h/{}", String::from_utf8_lossy(octets))) {
        one_file(&name::from_url(&url));
    }
}

fn one_file(name: &str) {
    assert!((1..=name::NAME_MAX).contains(&name.len()), "{name:?}");
    assert!(!name.contains(['/', '\\', ':', '|']) && !matches!(name, "." | ".."), "{name:?}");
    assert!(!name.starts_with(['.', '-', '~']) && !name.ends_with(['.', ' ']), "{name:?}");
    assert!(!name.chars().any(|letter| letter.is_control() || ('\u{202a}'..='\u{202e}').contains(&letter)));
    assert_eq!(name::safe(name).as_deref(), Some(name), "safe once is safe");
}

/// Reads a list of digests: what is found is of the right length, and a line for the file decides, wherever it stands.
pub fn digest_list(octets: &[u8]) {
    let found = sums::find(octets, "SHA256SUMS", "a.iso");
    if let Ok(digest) = &found {
        assert_eq!(digest.value().len(), digest.algorithm().octets());
        assert_eq!(digest.to_string().parse().as_ref(), Ok(digest));
    }
    let own = Digest::new(Algorithm::Sha512, &[7; 64]).expect("64 octets");
    let line = format!("\n{}  a.iso\n", own.to_hex());
    // Nothing is stronger; only another of its kind contradicts it.
    let other = found.as_ref().is_ok_and(|digest| digest.algorithm() == Algorithm::Sha512 && *digest != own);
    let contradicts = other || matches!(found, Err(sums::SumsError::Ambiguous(_)));
    match sums::find(&[line.as_bytes(), octets].concat(), "SHA256SUMS", "a.iso") {
        Ok(digest) => assert!(digest == own, "{digest}"),
        Err(error) => assert!(contradicts || matches!(error, sums::SumsError::Ambiguous(_)), "{error}"),
    }
    let _ = String::from_utf8_lossy(octets).parse::<Digest>();
}

/// Reads a digest field: only digests of the right length, the strongest first, none twice.
pub fn digest_field(octets: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(octets) else { return };
    let read = fields::repr_digest(&HeaderMap::from_iter([(fields::REPR_DIGEST, value)]));
    assert!(read.iter().all(|digest| digest.value().len() == digest.algorithm().octets()));
    assert!(read.windows(2).all(|pair| pair[0].algorithm() > pair[1].algorithm()));
}

/// Reads Link fields, one for each line feed: only HTTP, from TLS only to TLS, the best first.
pub fn link(octets: &[u8]) {
    let lines = octets.split(|octet| *octet == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok());
    let fields: HeaderMap = lines.map(|line| (header::LINK, line)).collect();
    for base in ["http://a.example/x/y", "https://a.example/x/y"] {
        let base = Url::parse(base).expect("a URL");
        let links = link::read(&fields, &base);
        let may = |url: &Url| url.scheme() == "https" || url.scheme() == base.scheme();
        assert!(links.metalinks.iter().all(may));
        assert!(links.duplicates.iter().all(|one| may(&one.url) && one.url != base));
        let order = |one: &link::Duplicate| (!one.preferred, one.priority);
        assert!(links.duplicates.windows(2).all(|pair| order(&pair[0]) <= order(&pair[1])));
    }
}

/// Reads a Metalink: names stay below and differ, every file has a place, and pieces cover the size.
pub fn metalink(octets: &[u8]) {
    let Ok(files) = metalink::parse(octets) else { return };
    assert!(!files.is_empty());
    for file in files {
        one_file(&file.name);
        assert!(file.mirrors.iter().all(|mirror| mirror.url.scheme().starts_with("http")));
        assert!(!file.mirrors.is_empty());
        if let (Some(size), Some(pieces)) = (file.size, &file.pieces) {
            assert_eq!(size.div_ceil(pieces.length), pieces.digests.len() as u64);
        }
    }
}

/// Reads a netrc: another entry behind it is found, or it was malformed already.
pub fn netrc(octets: &[u8]) {
    let Ok(read) = netrc::Netrc::parse(octets) else { return };
    let _ = read.find("example.org", None);
    // A macro goes to the next empty line.
    let more = [octets, b"\n\nmachine fuzz.example login \"a b\" password c\n"].concat();
    if let Ok(more) = netrc::Netrc::parse(&more) {
        let found = more.find("fuzz.example", Some("a b"));
        assert!(found.is_some(), "an entry is lost");
    }
}

/// Keeps each line as a Set-Cookie field of one host.
fn set_cookies(octets: &[u8]) {
    let lines = octets.split(|octet| *octet == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok());
    let fields = HeaderMap::from_iter(lines.map(|line| (header::SET_COOKIE, line)));
    let (mut kept, home) =
        (cookies::Cookies::default(), Url::parse("https://a.example.org/x/y").expect("a URL"));
    kept.keep(&fields, &home);
    if let Some(field) = kept.field(&home) {
        assert!(field.as_bytes().iter().all(|octet| *octet >= 32 && *octet != 127));
    }
    assert!(kept.field(&Url::parse("https://stranger.invalid/").expect("a URL")).is_none());
}

/// Reads a cookies file, and its lines as what a server sets: no cookie breaks out of the field, and none goes to another host.
pub fn cookies(octets: &[u8]) {
    set_cookies(octets);
    let now = UNIX_EPOCH + Duration::from_secs(1_795_262_400);
    let Ok(read) = cookies::Cookies::parse(octets, now) else { return };
    for url in ["http://example.org/a/b", "https://sub.example.org/", "http://127.0.0.1/"] {
        if let Some(field) = read.field(&Url::parse(url).expect("a URL")) {
            assert!(field.is_sensitive());
            assert!(field.as_bytes().iter().all(|octet| *octet >= 32 && *octet != 127));
        }
    }
    let stranger = Url::parse("http://stranger.invalid/").expect("a URL");
    let text = String::from_utf8_lossy(octets).to_lowercase();
    assert!(
        text.contains("invalid") || !text.is_ascii() || text.contains('%') || read.field(&stranger).is_none()
    );
}
