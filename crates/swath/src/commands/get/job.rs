//! What `swath-fetch` is asked to do: in, flags; out, a [`Job`].

use std::{env, path::PathBuf, sync::Arc};

use http::HeaderMap;
use swath_fetch::{Credentials, HttpVersions, Job, Proxy, Trust, cookies::Cookies, netrc::Netrc};
use url::Url;

use crate::{
    args::{Assurance, Connections, GetArgs, OnChange, RequestArgs},
    report::{self, Failure},
};

/// Files with secrets, read once for all that is asked.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    netrc: Option<Arc<Netrc>>,
    cookies: Option<Arc<Cookies>>,
}

/// Reads the files with secrets that were named.
pub(crate) fn secrets(args: &RequestArgs) -> Result<Secrets, Failure> {
    let netrc = match &args.netrc {
        None => None,
        Some(named) => {
            let path = named.clone().or_else(usual_netrc).ok_or_else(|| {
                Failure::usage("--netrc: there is no home directory to look in: name the file, --netrc=FILE")
            })?;
            let (netrc, exposed) = Netrc::load(&path)
                .map_err(|error| Failure::usage(format!("--netrc: {}: {error}", path.display())))?;
            if exposed {
                report::say(format_args!("warning: others may read {0}: chmod 600 {0}", path.display()));
            }
            Some(Arc::new(netrc))
        }
    };
    let cookies = match &args.cookies {
        None => None,
        Some(path) => Some(Arc::new(
            Cookies::load(path)
                .map_err(|error| Failure::usage(format!("--cookies: {}: {error}", path.display())))?,
        )),
    };
    Ok(Secrets { netrc, cookies })
}

/// Where other programs look, too.
fn usual_netrc() -> Option<PathBuf> {
    let named = env::var_os("NETRC").filter(|path| !path.is_empty()).map(PathBuf::from);
    named.or_else(|| env::home_dir().map(|home| home.join(".netrc")))
}

/// Makes the job of one URL from the flags about asking, which `swath cat` has, too.
pub(crate) fn asked(
    url: Url,
    in_url: Option<Credentials>,
    args: &RequestArgs,
    secrets: &Secrets,
) -> Result<Job, Failure> {
    let mut job = Job::new(url);
    job.netrc.clone_from(&secrets.netrc);
    job.cookies.clone_from(&secrets.cookies);
    job.credentials = match &args.user {
        Some(user) => Some(credentials(user)),
        None => in_url,
    };
    job.fields = fields(args);
    job.proxy = proxy(args.proxy.as_deref())?;
    job.trust = match (&args.cacert, args.insecure) {
        (Some(path), _) => Trust::File(path.clone()),
        (None, true) => Trust::Anyone,
        (None, false) => Trust::System,
    };
    job.versions = match (args.http1, args.http2) {
        (true, _) => HttpVersions::Http1,
        (_, true) => HttpVersions::Http2,
        _ => HttpVersions::Auto,
    };
    job.limits.rate = args.limit_rate;
    if let Some(patience) = args.timeout {
        job.limits.connect_timeout = patience;
        job.settings.answer_timeout = patience;
        job.settings.stall_timeout = patience;
        job.settings.offline_timeout = patience;
        // A lane that is silent while others are not is replaced earlier still.
        job.settings.patience = job.settings.patience.min(patience);
    }
    job.settings.retries = args.retries.unwrap_or(job.settings.retries);
    Ok(job)
}

/// Adds what only `swath get` decides.
pub(super) fn decided(job: &mut Job, args: &GetArgs) {
    job.interfaces = args
        .interfaces
        .iter()
        .map(|one| swath_fetch::Interface { name: one.name.clone(), budget: one.budget })
        .collect();
    job.settings.lanes = match args.connections {
        Connections::Auto => byteranges::download::Lanes::Auto(6),
        Connections::Exactly(count) => byteranges::download::Lanes::Fixed(count),
    };
    job.settings.on_change = match args.on_change {
        OnChange::Restart => byteranges::download::OnChange::Restart,
        OnChange::Fail => byteranges::download::OnChange::Fail,
        OnChange::KeepBoth => byteranges::download::OnChange::KeepBoth,
    };
    job.settings.assurance = match args.assurance {
        Assurance::Compared => byteranges::download::Assurance::Compared,
        Assurance::Overlap => byteranges::download::Assurance::Overlap,
        Assurance::LengthOnly => byteranges::download::Assurance::LengthOnly,
    };
    job.settings.max_segment = args.max_segment;
    job.follow_mirrors = !args.no_mirrors;
}

fn fields(args: &RequestArgs) -> HeaderMap {
    let mut fields = HeaderMap::new();
    for (name, value) in &args.fields {
        fields.append(name, value.clone());
    }
    fields
}

fn credentials(typed: &str) -> Credentials {
    let (user, password) = typed.split_once(':').unwrap_or((typed, ""));
    Credentials { user: user.to_owned(), password: password.to_owned() }
}

fn proxy(typed: Option<&str>) -> Result<Proxy, Failure> {
    let Some(typed) = typed else { return Ok(Proxy::Environment) };
    if typed.eq_ignore_ascii_case("none") {
        return Ok(Proxy::None);
    }
    let known = |url: &Url| matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") && url.has_host();
    match Url::parse(typed) {
        Ok(url) if known(&url) => Ok(Proxy::By(typed.to_owned())),
        _ => Err(Failure::usage(format!(
            "--proxy: `{typed}` is no proxy: write http://HOST:PORT, https://HOST:PORT, socks5://HOST:PORT or none"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_may_hold_colons() {
        let read = credentials("me:a:b");
        assert_eq!((read.user.as_str(), read.password.as_str()), ("me", "a:b"));
        assert_eq!(credentials("me").password, "");
    }

    #[test]
    fn a_proxy_is_a_url_or_none() {
        assert_eq!(proxy(None).ok(), Some(Proxy::Environment));
        assert_eq!(proxy(Some("none")).ok(), Some(Proxy::None));
        assert_eq!(proxy(Some("http://p:1")).ok(), Some(Proxy::By("http://p:1".to_owned())));
        for typed in ["p:1", "ftp://p", "", "http://"] {
            assert!(proxy(Some(typed)).is_err(), "{typed}");
        }
    }
}
