//! Names and passwords by host, as `.netrc` keeps them.
//!
//! In: the text of such a file. Out: who to be at a host.
//!
//! The form is that of the BSD manual, with the quotes and comments that curl and GNU tools read.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::Credentials;

/// The longest file that is read: thousands of hosts.
const LENGTH_MAX: u64 = 1024 * 1024;

/// Holds the entries of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Netrc {
    entries: Vec<Entry>,
}

/// Says who to be at one host, or with no host at all others.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    host: Option<String>,
    credentials: Credentials,
}

/// Says why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NetrcError {
    /// It cannot be read.
    #[error("cannot read it: {0}")]
    Read(#[from] io::Error),
    /// It is longer than any such file.
    #[error("it is longer than 1 MiB")]
    TooLong,
    /// It is not text.
    #[error("it is not UTF-8 text")]
    NotText,
    /// A word stands where it means nothing.
    #[error(
        "line {line}: `{word}` means nothing here; an entry is written `machine HOST login NAME password WORD`"
    )]
    Unexpected {
        /// The line, counted from one.
        line: usize,
        /// The word.
        word: String,
    },
    /// A word has to follow.
    #[error("line {line}: nothing follows `{word}`")]
    Missing {
        /// The line, counted from one.
        line: usize,
        /// The word.
        word: String,
    },
}

impl Netrc {
    /// Reads a file; also tells whether others than its owner may read it, which the user should hear of.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is malformed.
    pub fn load(path: &Path) -> Result<(Self, bool), NetrcError> {
        let file = File::open(path)?;
        let exposed = file.metadata()?.mode() & 0o077 != 0;
        let mut octets = Vec::new();
        file.take(LENGTH_MAX + 1).read_to_end(&mut octets)?;
        Ok((Self::parse(&octets)?, exposed))
    }

    /// Reads the octets of a file.
    ///
    /// ```
    /// use swath_fetch::netrc::Netrc;
    /// let netrc = Netrc::parse(b"machine example.org login me password secret").unwrap();
    /// assert_eq!(netrc.find("example.org", None).unwrap().user, "me");
    /// assert!(netrc.find("example.com", None).is_none());
    /// ```
    ///
    /// # Errors
    ///
    /// When it is malformed: half an entry must not be taken for a whole one.
    pub fn parse(octets: &[u8]) -> Result<Self, NetrcError> {
        if octets.len() as u64 > LENGTH_MAX {
            return Err(NetrcError::TooLong);
        }
        let text = std::str::from_utf8(octets).map_err(|_| NetrcError::NotText)?;
        let mut words = Words { rest: text, line: 1 };
        let mut entries: Vec<Entry> = Vec::new();
        while let Some(word) = words.next() {
            match (word.as_str(), entries.last_mut()) {
                ("machine", _) => entries.push(Entry::of(Some(words.value(&word)?.to_ascii_lowercase()))),
                ("default", _) => entries.push(Entry::of(None)),
                ("macdef", _) => words.skip_macro(),
                ("login", Some(entry)) => entry.credentials.user = words.value(&word)?,
                ("password", Some(entry)) => entry.credentials.password = words.value(&word)?,
                ("account", Some(_)) => drop(words.value(&word)?),
                _ => return Err(NetrcError::Unexpected { line: words.line, word: shown(&word) }),
            }
        }
        Ok(Self { entries })
    }

    /// Says who to be at a host; with `user`, only that one. The first entry counts, and `default` for all others.
    pub fn find(&self, host: &str, user: Option<&str>) -> Option<&Credentials> {
        let host = host.to_ascii_lowercase();
        let fits = |entry: &&Entry| {
            entry.host.as_ref().is_none_or(|known| *known == host)
                && user.is_none_or(|user| user == entry.credentials.user)
        };
        self.entries.iter().find(fits).map(|entry| &entry.credentials)
    }
}

impl Entry {
    const fn of(host: Option<String>) -> Self {
        Self { host, credentials: Credentials { user: String::new(), password: String::new() } }
    }
}

/// A word for a message: it may be half a password, so most of it is left out.
fn shown(word: &str) -> String {
    let start: String = word.chars().take(3).filter(|letter| !letter.is_control()).collect();
    if word.chars().count() > 3 { format!("{start}…") } else { start }
}

struct Words<'a> {
    rest: &'a str,
    line: usize,
}

impl Words<'_> {
    fn value(&mut self, word: &str) -> Result<String, NetrcError> {
        self.next().ok_or_else(|| NetrcError::Missing { line: self.line, word: word.to_owned() })
    }

    fn advance(&mut self, octets: usize) {
        let (passed, rest) = self.rest.split_at(octets.min(self.rest.len()));
        self.line += passed.matches('\n').count();
        self.rest = rest;
    }

    fn next(&mut self) -> Option<String> {
        loop {
            self.advance(self.rest.len() - self.rest.trim_start().len());
            if !self.rest.starts_with('#') {
                break;
            }
            self.advance(self.rest.find('\n').unwrap_or(self.rest.len()));
        }
        if self.rest.is_empty() {
            return None;
        }
        if self.rest.starts_with('"') {
            return self.quoted();
        }
        let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
        let word = self.rest.get(..end).map(str::to_owned);
        self.advance(end);
        word
    }

    /// Reads a word in quotes, with escapes as curl reads them; one that does not end is none.
    fn quoted(&mut self) -> Option<String> {
        let mut word = String::new();
        let mut letters = self.rest.char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.advance(at + 1);
                    return Some(word);
                }
                '\\' => word.push(match letters.next()?.1 {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    other => other,
                }),
                letter => word.push(letter),
            }
        }
        self.advance(self.rest.len());
        None
    }

    /// Passes over a macro, which goes to the next empty line.
    fn skip_macro(&mut self) {
        let end = self.rest.find("\n\n").or_else(|| self.rest.find("\n\r\n")).unwrap_or(self.rest.len());
        self.advance(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str, host: &str, user: Option<&str>) -> Option<(String, String)> {
        let netrc = Netrc::parse(text.as_bytes()).unwrap();
        netrc.find(host, user).map(|found| (found.user.clone(), found.password.clone()))
    }

    fn pair(user: &str, password: &str) -> Option<(String, String)> {
        Some((user.to_owned(), password.to_owned()))
    }

    #[test]
    fn every_form_is_read() {
        let text = "# comment\nmachine a.example\n  login me\n\tpassword p#1\n\
            machine B.example login \"me too\" password \"a \\\"b\\\\c\" account x\n\
            macdef init\ncd /pub\nmachine not.example login x\n\n\
            machine a.example login other password p2\ndefault login anonymous password guest";
        assert_eq!(of(text, "a.example", None), pair("me", "p#1"));
        assert_eq!(of(text, "A.EXAMPLE", Some("other")), pair("other", "p2"));
        assert_eq!(of(text, "b.example", None), pair("me too", "a \"b\\c"));
        assert_eq!(of(text, "not.example", None), pair("anonymous", "guest"));
        assert_eq!(of(text, "c.example", Some("me")), None);
        assert_eq!(of("machine a", "a", None), pair("", ""));
        assert_eq!(of("", "a", None), None);
    }

    #[test]
    fn a_host_gets_no_password_of_another() {
        let text = "machine example.org login me password secret";
        for host in ["xexample.org", "example.org.evil", "sub.example.org", "example", ""] {
            assert_eq!(of(text, host, None), None, "{host}");
        }
    }

    #[test]
    fn what_is_malformed_says_where_and_shows_no_password() {
        let error = |text: &str| Netrc::parse(text.as_bytes()).unwrap_err().to_string();
        let text = error("machine a\nlogin me password se cret99\n");
        assert!(text.starts_with("line 2: `cre…` means nothing") && !text.contains("cret"), "{text}");
        assert!(error("login me").contains("line 1"));
        assert!(error("machine a login").contains("nothing follows `login`"));
        assert!(error("machine a password \"x").contains("nothing follows `password`"));
        assert!(matches!(Netrc::parse(b"\xff"), Err(NetrcError::NotText)));
        assert!(matches!(Netrc::parse(&vec![b' '; 2 << 20]), Err(NetrcError::TooLong)));
    }

    #[test]
    fn a_file_that_others_may_read_is_told() {
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "machine a login b password c").unwrap();
        for (mode, due) in [(0o600, false), (0o644, true), (0o640, true)] {
            std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            let (netrc, exposed) = Netrc::load(file.path()).unwrap();
            assert_eq!((netrc.find("a", None).is_some(), exposed), (true, due), "{mode:o}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            users in proptest::collection::vec(("[a-z]{1,8}", "\\PC{1,12}", "\\PC{0,12}"), 1..5),
        ) {
            let quote = |word: &str| format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""));
            let text: String = users
                .iter()
                .map(|(host, user, password)| {
                    format!("machine {host} login {} password {}\n", quote(user), quote(password))
                })
                .collect();
            for (host, user, _) in &users {
                let first = users.iter().find(|(other, name, _)| other == host && name == user).unwrap();
                prop_assert_eq!(of(&text, host, Some(user)), pair(user, &first.2));
            }
        }

        #[test]
        fn anything_is_read_without_harm(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Netrc::parse(&octets);
        }
    }
}
