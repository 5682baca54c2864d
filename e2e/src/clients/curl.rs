//! One exchange by curl, taken apart.
//!
//! In: curl's arguments. Out: its exit code, the last head that it received, and the content.

use std::ffi::{OsStr, OsString};

use swath_spec::multipart::{self, Part};

use super::program;

/// What curl received.
#[derive(Debug)]
pub struct Answer {
    /// curl's exit code.
    pub code: i32,
    /// What curl said on stderr.
    pub complaint: String,
    /// The version in the status line, `HTTP/1.1` or `HTTP/2`.
    pub version: String,
    /// The status; 0 without an answer.
    pub status: u16,
    /// The fields in their order, names in lower case.
    pub fields: Vec<(String, String)>,
    /// The content as it came.
    pub content: Vec<u8>,
}

impl Answer {
    /// The value of a field that occurs once; `None` if it is absent.
    ///
    /// # Panics
    ///
    /// If it occurs more than once.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut values =
            self.fields.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let first = values.next();
        assert_eq!(values.next(), None, "{name} occurs twice: {:?}", self.fields);
        first
    }

    /// Asserts that curl was content and that the status is `status`.
    ///
    /// # Panics
    ///
    /// If not.
    #[track_caller]
    #[must_use]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(
            (self.code, self.status),
            (0, status),
            "exit code and status; {} {:?}",
            self.complaint,
            self.fields
        );
        self
    }

    /// The parts of a multipart/byteranges answer, after checking that the content is as long as was announced.
    ///
    /// # Panics
    ///
    /// If the content is not multipart/byteranges to the octet.
    #[track_caller]
    #[must_use]
    pub fn parts(&self) -> Vec<Part<'_>> {
        let length = self.content.len().to_string();
        assert_eq!(self.field("content-length"), Some(length.as_str()), "Content-Length is exact");
        let kind = self.field("content-type").expect("an answer in parts has a Content-Type");
        let read = multipart::boundary(kind.as_bytes())
            .and_then(|boundary| multipart::read(&self.content, boundary));
        read.unwrap_or_else(|why| panic!("{why}"))
    }
}

/// Runs curl with these arguments.
///
/// # Panics
///
/// As [`program::run`], and if curl's own files cannot be read.
pub fn curl<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Answer {
    let folder = tempfile::tempdir().expect("a folder for one answer");
    let (head, content) = (folder.path().join("head"), folder.path().join("content"));
    // No retry and no settings of whoever runs the tests; a time within which every exchange here is over.
    let mut words: Vec<OsString> = ["-q", "-sS", "--max-time", "30", "-D"].map(OsString::from).into();
    words.extend([head.clone().into(), "-o".into(), content.clone().into()]);
    words.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
    let finished = program::run("curl", words);
    let head = std::fs::read(&head).unwrap_or_default();
    let (version, status, fields) = last_head(&String::from_utf8_lossy(&head));
    Answer {
        code: finished.code(),
        complaint: finished.stderr,
        version,
        status,
        fields,
        content: std::fs::read(&content).unwrap_or_default(),
    }
}

/// Takes the last of the heads that curl wrote: interim answers come before it.
fn last_head(text: &str) -> (String, u16, Vec<(String, String)>) {
    let Some(head) = text.split("\r\n\r\n").filter(|head| head.starts_with("HTTP/")).last() else {
        return (String::new(), 0, Vec::new());
    };
    let mut lines = head.split("\r\n");
    let mut status_line = lines.next().unwrap_or_default().splitn(3, ' ');
    let version = status_line.next().unwrap_or_default().to_owned();
    let status = status_line.next().and_then(|digits| digits.parse().ok()).unwrap_or_default();
    let fields = lines.filter_map(|line| line.split_once(':'));
    (
        version,
        status,
        fields.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_head_counts() {
        let (version, status, fields) =
            last_head("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 206 Partial Content\r\nETag: \"a\"\r\n\r\n");
        assert_eq!((version.as_str(), status), ("HTTP/1.1", 206));
        assert_eq!(fields, [("etag".to_owned(), "\"a\"".to_owned())]);
    }

    #[test]
    fn no_answer_is_status_0() {
        assert_eq!(last_head("").1, 0);
    }
}
