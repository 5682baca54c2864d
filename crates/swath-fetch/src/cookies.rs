//! Cookies from a file, as browsers' extensions, curl and wget write it, and those that servers set on the way.
//!
//! In: the text of a `cookies.txt`, Set-Cookie fields. Out: the Cookie field for a URL.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use cookie_store::{Cookie, CookieDomain, CookieStore, StoreAction};
use http::{HeaderMap, HeaderValue, header};
use url::Url;

/// The longest file that is read: what a browser exports at most.
const LENGTH_MAX: u64 = 4 * 1024 * 1024;
/// The most cookies: browsers keep some thousands.
const COOKIES_MAX: usize = 20_000;
/// The longest Cookie field that is sent: servers refuse longer heads.
const FIELD_MAX: usize = 16 * 1024;

/// The most cookies that servers may set: browsers keep some 180 for a site.
const SET_MAX: usize = 200;
/// The longest Set-Cookie field that is read: browsers take no longer ones.
const SET_FIELD_MAX: usize = 4096;

/// Holds cookies.
#[derive(Clone, Debug, Default)]
pub struct Cookies {
    store: CookieStore,
    /// How many of them servers have set.
    set: usize,
}

/// Says why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CookiesError {
    /// It cannot be read.
    #[error("cannot read it: {0}")]
    Read(#[from] io::Error),
    /// It is longer than any such file.
    #[error("it is longer than 4 MiB, or has more than {COOKIES_MAX} cookies")]
    TooLong,
    /// No line of it is a cookie.
    #[error("no line of it is a cookie of Netscape's form: seven fields with tabs between them")]
    Form,
}

impl Cookies {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is something else.
    pub fn load(path: &Path) -> Result<Self, CookiesError> {
        let mut octets = Vec::new();
        File::open(path)?.take(LENGTH_MAX + 1).read_to_end(&mut octets)?;
        Self::parse(&octets, SystemTime::now())
    }

    /// Reads the octets of a file. Cookies that are over at `now` are left out; lines that are none are passed over.
    ///
    /// ```
    /// use swath_fetch::cookies::Cookies;
    /// let cookies = Cookies::parse(b"example.org\tFALSE\t/\tFALSE\t0\tid\t42", std::time::SystemTime::now()).unwrap();
    /// assert_eq!(cookies.field(&"http://example.org/a".parse().unwrap()).unwrap(), "id=42");
    /// ```
    ///
    /// # Errors
    ///
    /// When it has lines, and none is a cookie.
    pub fn parse(octets: &[u8], now: SystemTime) -> Result<Self, CookiesError> {
        if octets.len() as u64 > LENGTH_MAX {
            return Err(CookiesError::TooLong);
        }
        let now = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let mut store = CookieStore::default();
        let (mut cookies, mut others) = (0_usize, 0_usize);
        for line in octets.split(|octet| *octet == b'\n') {
            let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line));
            let http_only = line.strip_prefix("#HttpOnly_");
            if http_only.is_none() && (line.starts_with('#') || line.trim().is_empty()) {
                continue;
            }
            let Some(line) = Line::read(http_only.unwrap_or(&line)) else {
                others += 1;
                continue;
            };
            cookies += 1;
            if cookies > COOKIES_MAX {
                return Err(CookiesError::TooLong);
            }
            line.put(&mut store, now);
        }
        if cookies == 0 && others > 0 { Err(CookiesError::Form) } else { Ok(Self { store, set: 0 }) }
    }

    /// Keeps the cookies that the answer from a URL sets, and tells whether there were any.
    ///
    /// One for all hosts below a name of one label, such as `com`, is not kept, nor one of another host's, nor more than
    /// 200 in all.
    ///
    /// ```
    /// use swath_fetch::cookies::Cookies;
    /// let (mut cookies, url) = (Cookies::default(), "http://example.org/login".parse().unwrap());
    /// let fields = http::HeaderMap::from_iter([(http::header::SET_COOKIE, "id=42; Path=/".parse().unwrap())]);
    /// assert!(cookies.keep(&fields, &url));
    /// assert_eq!(cookies.field(&url).unwrap(), "id=42");
    /// ```
    pub fn keep(&mut self, fields: &HeaderMap, url: &Url) -> bool {
        // A tab is no part of a cookie, and no other character of control gets into a field.
        let is_taken = |text: &&str| text.len() <= SET_FIELD_MAX && !text.contains('\t');
        let mut kept = false;
        for field in fields.get_all(header::SET_COOKIE) {
            let Some(text) = field.to_str().ok().filter(is_taken) else { continue };
            let Ok(cookie) = Cookie::parse(text, url) else { continue };
            let domain = match &cookie.domain {
                CookieDomain::HostOnly(host) => host,
                CookieDomain::Suffix(suffix) if suffix.contains('.') => suffix,
                _ => continue,
            };
            if self.set >= SET_MAX && !self.store.contains_any(domain, &cookie.path, cookie.name()) {
                continue;
            }
            match self.store.insert(cookie.into_owned(), url) {
                Ok(StoreAction::Inserted) => self.set += 1,
                Ok(StoreAction::UpdatedExisting | StoreAction::ExpiredExisting) => {}
                Err(_) => continue,
            }
            kept = true;
        }
        kept
    }

    /// The Cookie field for a request to a URL; none where there is nothing to send.
    pub fn field(&self, url: &Url) -> Option<HeaderValue> {
        let mut pairs: Vec<(&str, &str)> = self.store.get_request_values(url).collect();
        pairs.sort_unstable();
        let mut text = String::new();
        for (name, value) in pairs {
            if text.len() + name.len() + value.len() + 3 > FIELD_MAX {
                break;
            }
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.push_str(name);
            // A cookie without a name is a value alone.
            if !name.is_empty() {
                text.push('=');
            }
            text.push_str(value);
        }
        let mut field = HeaderValue::try_from(text).ok().filter(|field| !field.is_empty())?;
        field.set_sensitive(true);
        Some(field)
    }
}

/// One line: seven fields with tabs between them.
struct Line<'a> {
    host: &'a str,
    for_subdomains: bool,
    path: &'a str,
    secure: bool,
    expires: u64,
    name: &'a str,
    value: &'a str,
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut fields = line.splitn(7, '\t');
        let host = fields.next()?.trim_start_matches('.');
        let for_subdomains = flag(fields.next()?)?;
        let path = fields.next()?;
        let secure = flag(fields.next()?)?;
        // Some write fractions, some negative numbers for sessions.
        let expires = fields.next()?.split('.').next()?.parse::<i64>().ok()?;
        let (name, value) = (fields.next()?, fields.next().unwrap_or_default());
        // Whatever would end the cookie or the field is not sent.
        let is_text = |text: &str| text.chars().all(|letter| !letter.is_control() && letter != ';');
        let good = !host.is_empty() && path.starts_with('/') && !name.contains('=');
        (good && [host, path, name, value].into_iter().all(is_text)).then_some(Self {
            host,
            for_subdomains,
            path,
            secure,
            expires: u64::try_from(expires).unwrap_or(0),
            name,
            value,
        })
    }

    fn put(&self, store: &mut CookieStore, now: u64) {
        let session = self.expires == 0;
        if !session && self.expires <= now {
            return;
        }
        let Ok(url) = Url::parse(&format!("https://{}/", self.host)) else { return };
        let mut text = format!("{}={}; Path={}", self.name, self.value, self.path);
        if self.for_subdomains && url.domain().is_some() {
            text.push_str("; Domain=");
            text.push_str(self.host);
        }
        if self.secure {
            text.push_str("; Secure");
        }
        if !session {
            text.push_str(&format!("; Max-Age={}", self.expires - now));
        }
        // What the store does not take would not be sent by anybody.
        let _ = store.parse(&text, &url);
    }
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "TRUE" | "true" => Some(true),
        "FALSE" | "false" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    const FILE: &str = "# Netscape HTTP Cookie File\n\n\
        .example.org\tTRUE\t/\tFALSE\t0\tall\t1\n\
        www.example.org\tFALSE\t/private\tTRUE\t0\tsecret\ta=b\r\n\
        #HttpOnly_example.org\tFALSE\t/\tFALSE\t4102444800\thttp\t2\n\
        example.org\tFALSE\t/\tFALSE\t1000000000\told\t3\n\
        127.0.0.1\tTRUE\t/\tFALSE\t0\tlocal\t4\n\
        example.net\tFALSE\t/\tFALSE\t0\tempty\n\
        not a cookie\n";

    fn of(text: &str, url: &str) -> Option<String> {
        let now = UNIX_EPOCH + Duration::from_secs(1_795_262_400);
        let cookies = Cookies::parse(text.as_bytes(), now).unwrap();
        cookies.field(&Url::parse(url).unwrap()).map(|field| field.to_str().unwrap().to_owned())
    }

    #[test]
    fn cookies_go_only_where_they_belong() {
        for (url, due) in [
            ("http://example.org/", Some("all=1; http=2")),
            ("http://sub.example.org/x", Some("all=1")),
            ("http://xexample.org/", None),
            ("http://example.org.evil.example/", None),
            ("https://www.example.org/private/x", Some("all=1; secret=a=b")),
            ("http://www.example.org/private/x", Some("all=1")),
            ("https://www.example.org/privately", Some("all=1")),
            ("http://127.0.0.1:8080/", Some("local=4")),
            ("http://example.net/", Some("empty=")),
            ("http://other.example/", None),
        ] {
            assert_eq!(of(FILE, url).as_deref(), due, "{url}");
        }
    }

    /// What is sent after answers that set these, each from a URL.
    fn after(set: &[(&str, &str)], url: &str) -> Option<String> {
        let mut cookies =
            Cookies::parse(b"kept.example\tFALSE\t/\tFALSE\t0\tid\tfile\n", SystemTime::now()).unwrap();
        for (from, field) in set {
            let fields = HeaderMap::from_iter([(header::SET_COOKIE, HeaderValue::from_str(field).unwrap())]);
            cookies.keep(&fields, &Url::parse(from).unwrap());
        }
        cookies.field(&Url::parse(url).unwrap()).map(|field| field.to_str().unwrap().to_owned())
    }

    #[test]
    fn what_servers_set_goes_where_they_may_send_it() {
        let login = "https://login.example.org/a/in";
        for (from, field, url, due) in [
            (login, "id=1", "https://login.example.org/a/x", Some("id=1")),
            (login, "id=1", "https://login.example.org/b", None),
            (login, "id=1; Path=/", "https://files.example.org/", None),
            (login, "id=1; Path=/; Domain=example.org", "https://files.example.org/", Some("id=1")),
            (login, "id=1; Path=/; Secure", "http://login.example.org/", None),
            (login, "id=1; Path=/; Domain=org", "https://files.example.org/", None),
            (login, "id=1; Path=/; Domain=other.org", "https://other.org/", None),
            (login, "id=1; Path=/; Max-Age=0", "https://login.example.org/", None),
            (login, "", "https://login.example.org/", None),
            ("http://kept.example/", "id=set", "http://kept.example/", Some("id=set")),
            ("http://kept.example/", "other=2", "http://kept.example/", Some("id=file; other=2")),
            ("http://127.0.0.1:8080/", "id=1", "http://127.0.0.1:8081/", Some("id=1")),
        ] {
            assert_eq!(after(&[(from, field)], url).as_deref(), due, "{from} {field} {url}");
        }
        assert_eq!(
            after(&[(login, "id=1; Path=/"), (login, "id=2; Path=/")], login).as_deref(),
            Some("id=2")
        );
        assert_eq!(after(&[(login, "id=1; Path=/"), (login, "id=; Path=/; Max-Age=0")], login), None);
    }

    #[test]
    fn servers_set_so_many_cookies_and_no_more() {
        let names: Vec<_> = (0..=SET_MAX).map(|number| format!("n{number:03}=old")).collect();
        let at = "http://h.example/";
        let mut set: Vec<_> = names.iter().map(|field| (at, field.as_str())).collect();
        set.push((at, "n000=new"));
        let long = format!("long={}", "v".repeat(SET_FIELD_MAX));
        set.insert(0, (at, &long));
        let sent = after(&set, at).unwrap();
        assert_eq!(sent.split("; ").count(), SET_MAX);
        assert!(sent.starts_with("n000=new; n001=old") && sent.ends_with("n199=old"), "{sent}");
    }

    #[test]
    fn what_is_no_such_file_says_so() {
        let now = SystemTime::now();
        assert!(matches!(Cookies::parse(b"{\"cookies\": []}", now), Err(CookiesError::Form)));
        assert!(matches!(Cookies::parse(&vec![b'\n'; 5 << 20], now), Err(CookiesError::TooLong)));
        assert!(Cookies::parse(b"# nothing\n", now).is_ok());
    }

    #[test]
    fn no_field_is_longer_than_servers_take() {
        let line = |number: usize| format!("h\tFALSE\t/\tFALSE\t0\tn{number}\t{}\n", "v".repeat(1000));
        let text: String = (0..100).map(line).collect();
        let field = of(&text, "http://h/").unwrap();
        assert!(field.len() <= FIELD_MAX && field.len() > FIELD_MAX - 1100, "{}", field.len());
    }

    proptest! {
        #[test]
        fn no_line_breaks_out_of_the_field(name in "\\PC{1,10}", value in "[\\PC\t\r;=]{0,20}") {
            let text = format!("h.example\tFALSE\t/\tFALSE\t0\t{name}\t{value}\nh.example\tFALSE\t/\tFALSE\t0\tz\t1");
            let now = SystemTime::now();
            let field = Cookies::parse(text.as_bytes(), now).unwrap().field(&Url::parse("http://h.example/").unwrap());
            if let Some(field) = field {
                prop_assert!(field.as_bytes().iter().all(|octet| *octet >= 32 && *octet != 127));
            }
        }

        #[test]
        fn anything_is_read_without_harm(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Cookies::parse(&octets, SystemTime::now());
        }

        #[test]
        fn nothing_that_is_set_goes_to_strangers(field in "[ -~]{0,60}(; ?(Domain|Path|Max-Age|Expires)=[ -~]{0,30}){0,2}") {
            prop_assert_eq!(after(&[("http://a.example/x/y", &field)], "http://b.invalid/"), None);
            if let Some(sent) = after(&[("http://a.example/x/y", &field)], "http://a.example/x/z") {
                prop_assert!(sent.bytes().all(|octet| octet >= 32 && octet != 127));
            }
        }
    }
}
