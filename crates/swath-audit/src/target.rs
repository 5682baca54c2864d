//! What is audited: a URL in, host, port, authority and target out.

use url::Url;

/// Holds the parts of an http or https URL that a request needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
}

impl Target {
    /// Reads a URL; the error is a sentence with a cure in it.
    pub fn read(text: &str) -> Result<Self, String> {
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let mut url = Url::parse(&with_scheme).map_err(|why| {
            format!("`{text}` is no URL ({why}): write it like https://media.example/clip.mp4")
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("`{text}` is not at http or https"));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(format!("`{text}` names no host"));
        }
        url.set_fragment(None);
        Ok(Self { url })
    }

    /// Gives the target that a Location names, seen from here.
    pub(crate) fn follow(&self, location: &str) -> Result<Self, String> {
        let url = self.url.join(location).map_err(|why| format!("Location `{location}`: {why}"))?;
        Self::read(url.as_str())
    }

    /// The URL as it was understood, without user and password.
    pub fn shown(&self) -> String {
        let mut url = self.url.clone();
        // Neither fails for http and https.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.into()
    }

    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// User and password, if the URL has them.
    pub(crate) fn credentials(&self) -> Option<String> {
        (!self.url.username().is_empty())
            .then(|| format!("{}:{}", self.url.username(), self.url.password().unwrap_or_default()))
    }

    pub(crate) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    pub(crate) fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(80)
    }

    /// The value of Host.
    pub(crate) fn authority(&self) -> String {
        match self.url.port() {
            Some(port) => format!("{}:{port}", self.host()),
            None => self.host().to_owned(),
        }
    }

    /// The request target in origin form.
    pub(crate) fn path(&self) -> String {
        match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        }
    }

    /// The request target in absolute form.
    pub(crate) fn absolute(&self) -> String {
        format!("{}://{}{}", self.url.scheme(), self.authority(), self.path())
    }

    /// A path beside this one that nobody serves.
    pub(crate) fn missing_path(&self) -> String {
        let directory = self.url.path().rsplit_once('/').map_or("", |(directory, _)| directory);
        format!("{directory}/swath-audit-asks-for-what-is-not-there")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_url_are_found() {
        let target = Target::read("https://a:b@Media.Example:8443/x/clip.mp4?v=1#t=5").unwrap();
        assert_eq!((target.host(), target.port()), ("media.example", 8443));
        assert_eq!(target.authority(), "media.example:8443");
        assert_eq!(target.path(), "/x/clip.mp4?v=1");
        assert_eq!(target.missing_path(), "/x/swath-audit-asks-for-what-is-not-there");
        assert_eq!(target.shown(), "https://media.example:8443/x/clip.mp4?v=1");
        assert_eq!(target.credentials().as_deref(), Some("a:b"));
        assert_eq!(Target::read("localhost:8206/a").unwrap().absolute(), "http://localhost:8206/a");
    }

    #[test]
    fn what_cannot_be_audited_is_refused() {
        for bad in ["ftp://a/b", "http://", "http://[::1", "file:///etc/passwd"] {
            assert!(Target::read(bad).is_err(), "{bad}");
        }
    }
}
