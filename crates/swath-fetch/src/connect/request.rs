//! The fields of a request: those of the machine, those of the user, and which of them a server may see.
//!
//! In: a URL and what is known about the user. Out: a request. Credentials go to the origin they were given for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, Version, header};
use http_body_util::Empty;
use url::Url;

use crate::cookies::Cookies;
use crate::fault::{Error, Trouble};
use crate::job::{Credentials, Job};
use crate::netrc::Netrc;

/// How this client names itself.
const USER_AGENT: &str = concat!("swath/", env!("CARGO_PKG_VERSION"));

/// Fields that a user cannot set: the machine answers for the first ones, the connection for the others.
const OURS: [HeaderName; 16] = [
    header::RANGE,
    header::IF_RANGE,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_UNMODIFIED_SINCE,
    header::ACCEPT_ENCODING,
    header::HOST,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::EXPECT,
    header::PROXY_AUTHORIZATION,
];

/// Knows what every request carries.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    /// Where secrets may go: the origin of the URL that the user named.
    home: url::Origin,
    own: HeaderMap,
    secret: HeaderMap,
    /// Who to be elsewhere, and at home where nothing else says so.
    netrc: Option<Arc<Netrc>>,
    /// Those of the user's file, and what answers have set since.
    cookies: Arc<Mutex<Cookies>>,
}

impl Fields {
    pub(crate) fn of(job: &Job) -> Result<Self, Error> {
        if let Some(name) = job.fields.keys().find(|name| OURS.contains(name)) {
            return Err(Error::Misuse(format!(
                "the field {name} is decided by the download itself; leave it out"
            )));
        }
        let mut own = HeaderMap::new();
        own.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        own.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        let mut secret = HeaderMap::new();
        if let Some(credentials) = credentials(job) {
            secret.insert(header::AUTHORIZATION, basic(&credentials));
        }
        for name in job.fields.keys() {
            let to = if is_secret(name) { &mut secret } else { &mut own };
            to.remove(name);
            for value in job.fields.get_all(name) {
                to.append(name.clone(), value.clone());
            }
        }
        let cookies = job.cookies.as_deref().cloned().unwrap_or_default();
        let (home, netrc) = (job.url.origin(), job.netrc.clone());
        Ok(Self { home, own, secret, netrc, cookies: Arc::new(Mutex::new(cookies)) })
    }

    fn cookies(&self) -> MutexGuard<'_, Cookies> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the cookies that an answer sets for the requests that follow, and tells whether there were any.
    pub(crate) fn keep_cookies(&self, answer: &HeaderMap, url: &Url) -> bool {
        answer.contains_key(header::SET_COOKIE) && self.cookies().keep(answer, url)
    }

    /// What tells the server of this URL who the user is.
    fn secrets(&self, url: &Url) -> HeaderMap {
        let mut secrets = HeaderMap::new();
        let entry = self.netrc.as_ref().zip(url.host_str()).and_then(|(netrc, host)| netrc.find(host, None));
        if let Some(credentials) = entry {
            secrets.insert(header::AUTHORIZATION, basic(credentials));
        }
        if let Some(field) = self.cookies().field(url) {
            secrets.insert(header::COOKIE, field);
        }
        if url.origin() == self.home {
            secrets.extend(self.secret.clone());
        }
        secrets
    }

    /// Writes a request for a URL, with the machine's fields.
    pub(crate) fn request(
        &self,
        url: &Url,
        machine: &[(HeaderName, HeaderValue)],
        form: Form<'_>,
    ) -> Result<Request<Empty<Bytes>>, Trouble> {
        let odd = |error: &dyn std::fmt::Display| Trouble::connect(format!("cannot ask for {url}: {error}"));
        let bare = without_secrets(url);
        let uri: Uri = bare.as_str().parse().map_err(|error: http::uri::InvalidUri| odd(&error))?;
        let mut request = Request::new(Empty::new());
        let fields = request.headers_mut();
        if !matches!(form, Form::Http2) {
            let host = uri.authority().map_or("", http::uri::Authority::as_str);
            fields.insert(header::HOST, HeaderValue::from_str(host).map_err(|error| odd(&error))?);
        }
        fields.extend(self.own.clone());
        fields.extend(self.secrets(url));
        fields.extend(machine.iter().cloned());
        match form {
            Form::Origin => {
                let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
                *request.uri_mut() = path.parse().map_err(|error: http::uri::InvalidUri| odd(&error))?;
            }
            Form::Absolute(authorization) => {
                if let Some(value) = authorization {
                    fields.insert(header::PROXY_AUTHORIZATION, value.clone());
                }
                *request.uri_mut() = uri;
            }
            Form::Http2 => {
                *request.version_mut() = Version::HTTP_2;
                *request.uri_mut() = uri;
            }
        }
        Ok(request)
    }
}

/// Says how the target is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form<'a> {
    /// To the server, over HTTP/1.1.
    Origin,
    /// To a proxy, and with what it wants to know about the user.
    Absolute(Option<&'a HeaderValue>),
    /// Over HTTP/2.
    Http2,
}

/// The URL as it may be shown: without user, password and fragment.
pub(crate) fn without_secrets(url: &Url) -> Url {
    let mut url = url.clone();
    // Both fail only for URLs that cannot have a user.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    url
}

/// Fields that tell a server who the user is.
fn is_secret(name: &HeaderName) -> bool {
    *name == header::AUTHORIZATION || *name == header::COOKIE
}

/// What `--user` says, else what stands in the URL; the password to a name there may stand in the netrc file.
fn credentials(job: &Job) -> Option<Credentials> {
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    job.credentials.clone().or_else(|| {
        let user = decode(job.url.username());
        let password = job.url.password().map(decode).unwrap_or_default();
        let known = || job.netrc.as_ref()?.find(job.url.host_str()?, Some(&user)).cloned();
        match job.url.password() {
            None if user.is_empty() => None,
            None => Some(known().unwrap_or(Credentials { user, password })),
            Some(_) => Some(Credentials { user, password }),
        }
    })
}

fn basic(credentials: &Credentials) -> HeaderValue {
    let coded = BASE64_STANDARD.encode(format!("{}:{}", credentials.user, credentials.password));
    // Base64 is always a field value.
    let mut value = HeaderValue::try_from(format!("Basic {coded}")).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(job: &Job, url: &str, form: Form<'_>) -> Request<Empty<Bytes>> {
        let machine = [(header::RANGE, HeaderValue::from_static("bytes=0-"))];
        Fields::of(job).unwrap().request(&Url::parse(url).unwrap(), &machine, form).unwrap()
    }

    fn job(url: &str) -> Job {
        let mut job = Job::new(Url::parse(url).unwrap());
        job.fields.insert(header::COOKIE, HeaderValue::from_static("id=1"));
        job.fields.insert("x-trace", HeaderValue::from_static("7"));
        job
    }

    #[test]
    fn secrets_stay_with_the_origin_they_were_given_for() {
        let job = job("https://ann:se%3Acret@a.example/f");
        let home = request(&job, "https://a.example/elsewhere", Form::Origin);
        assert_eq!(home.headers()["authorization"], "Basic YW5uOnNlOmNyZXQ=");
        assert_eq!(home.headers()["cookie"], "id=1");
        for other in ["https://b.example/f", "http://a.example/f", "https://a.example:444/f"] {
            let fields = request(&job, other, Form::Origin);
            let fields = fields.headers();
            assert!(!fields.contains_key("authorization") && !fields.contains_key("cookie"), "{other}");
            assert_eq!(fields["x-trace"], "7");
        }
    }

    #[test]
    fn netrc_and_cookies_say_by_themselves_where_they_belong() {
        let netrc = "machine a.example login ann password 1 machine a.example login bob password 2 machine b.example login eve password 3";
        let cookies = "b.example\tFALSE\t/\tFALSE\t0\tid\t42";
        let with = |url: &str| {
            let mut job = Job::new(Url::parse(url).unwrap());
            job.netrc = Some(Arc::new(Netrc::parse(netrc.as_bytes()).unwrap()));
            job.cookies =
                Some(Arc::new(Cookies::parse(cookies.as_bytes(), std::time::SystemTime::now()).unwrap()));
            job
        };
        let sent = |job: &Job, url: &str| {
            let request = request(job, url, Form::Origin);
            let text = |name| {
                request.headers().get(name).map(|value: &HeaderValue| value.to_str().unwrap().to_owned())
            };
            (text("authorization"), text("cookie"))
        };
        let coded = |text: &str| Some(format!("Basic {}", BASE64_STANDARD.encode(text)));
        let job = with("http://a.example/");
        assert_eq!(sent(&job, "http://a.example/"), (coded("ann:1"), None));
        assert_eq!(sent(&job, "http://b.example/"), (coded("eve:3"), Some("id=42".to_owned())));
        assert_eq!(sent(&job, "http://c.example/"), (None, None));
        assert_eq!(sent(&with("http://bob@a.example/"), "http://a.example/").0, coded("bob:2"));
        assert_eq!(sent(&with("http://bob:x@a.example/"), "http://a.example/").0, coded("bob:x"));
        let mut told = with("http://b.example/");
        told.credentials = Some(Credentials { user: "me".to_owned(), password: "mine".to_owned() });
        told.fields.insert(header::COOKIE, HeaderValue::from_static("mine=1"));
        assert_eq!(sent(&told, "http://b.example/"), (coded("me:mine"), Some("mine=1".to_owned())));
    }

    #[test]
    fn the_target_takes_the_form_that_the_receiver_needs() {
        let job = job("http://u:p@a.example:81/f?q#part");
        let direct = request(&job, job.url.as_str(), Form::Origin);
        assert_eq!(
            (direct.uri().to_string(), &direct.headers()["host"]),
            ("/f?q".to_owned(), &"a.example:81".parse().unwrap())
        );
        let proxied =
            request(&job, job.url.as_str(), Form::Absolute(Some(&HeaderValue::from_static("Basic eA=="))));
        assert_eq!(proxied.uri(), "http://a.example:81/f?q");
        assert_eq!(proxied.headers()["proxy-authorization"], "Basic eA==");
        let second = request(&job, job.url.as_str(), Form::Http2);
        assert!(!second.headers().contains_key("host"));
        assert_eq!(second.uri(), "http://a.example:81/f?q");
    }

    #[test]
    fn what_the_user_says_replaces_what_we_say_and_never_what_the_machine_says() {
        let mut job = job("http://a.example/");
        job.fields.insert(header::USER_AGENT, HeaderValue::from_static("me"));
        assert_eq!(request(&job, "http://a.example/", Form::Origin).headers()["user-agent"], "me");
        for name in OURS {
            let mut job = job.clone();
            job.fields.insert(name.clone(), HeaderValue::from_static("x"));
            let why = Fields::of(&job).unwrap_err().to_string();
            assert!(why.contains(name.as_str()), "{why}");
        }
    }
}
