//! A file that is there already: in, where it is and where it came from; out, whether it is what the server has.
//!
//! Nothing is fetched for that but a head: the file's validators are sent as a condition, and one octet is asked for.

use std::{fs::File, io::Read as _, path::Path};

use byteranges::{ContentRange, HttpDate, download::Head, download::Placement};
use http::{HeaderName, HeaderValue, header};
use swath_fetch::{
    Answer, Client, Digest, Job,
    digest::Hasher,
    finished::{self, Facts},
};

use super::{again, ended::Outcome, exit};

/// Octets read at once from a file that is verified.
const TURN: usize = 1 << 20;

/// Looks at what is there; nothing when there is no such file, or it is to be replaced.
pub(super) fn check(path: &Path, job: &Job, force: bool) -> Option<Outcome> {
    if force {
        return None;
    }
    let facts = match finished::facts(path, &job.url) {
        Ok(facts) => facts?,
        Err(error) => return Some(failed(exit::DISK, format!("cannot read {}: {error}", path.display()))),
    };
    if let Some(wanted) = &job.digest {
        return Some(verified(path, wanted));
    }
    if facts.same_source == Some(false) {
        return Some(failed(
            exit::USAGE,
            format!("{} is there already, from another URL; {}", shown(path), CURE),
        ));
    }
    Some(match ask(job, &facts) {
        Err(sentence) => failed(
            exit::NETWORK,
            format!(
                "{} is there already, but the server cannot be asked whether it is current: {sentence}",
                shown(path)
            ),
        ),
        Ok(answer) => judge(path, &facts, &answer),
    })
}

const CURE: &str = "--force replaces it, -o gives another name";

fn shown(path: &Path) -> String {
    again::path(path.as_os_str())
}

fn failed(exit: u8, sentence: String) -> Outcome {
    Outcome::Failed { exit, sentence }
}

/// A digest says more than the server can.
fn verified(path: &Path, wanted: &Digest) -> Outcome {
    let unreadable = |error| failed(exit::DISK, format!("cannot read {}: {error}", shown(path)));
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return unreadable(error),
    };
    let mut hasher = Hasher::new(wanted.algorithm());
    let mut turn = vec![0; TURN];
    loop {
        match file.read(&mut turn) {
            Ok(0) => break,
            Ok(count) => hasher.update(turn.get(..count).unwrap_or_default()),
            Err(error) => return unreadable(error),
        }
    }
    match hasher.finish() == *wanted {
        true => Outcome::Complete { path: path.to_owned(), by_digest: true },
        false => {
            failed(exit::DIGEST, format!("{} is there already, and has another digest; {CURE}", shown(path)))
        }
    }
}

/// Asks under the file's own validators, where they are known to be of this URL.
fn ask(job: &Job, facts: &Facts) -> Result<Answer, String> {
    let mut fields: Vec<(HeaderName, HeaderValue)> = vec![
        (header::ACCEPT_ENCODING, HeaderValue::from_static("identity")),
        // Whatever the answer is, it is short.
        (header::RANGE, HeaderValue::from_static("bytes=0-0")),
    ];
    // A file of another origin may be newer than the server's, so a date would prove nothing.
    if facts.same_source == Some(true) {
        fields.extend(facts.identity.revalidation());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let client = Client::new(job).map_err(|error| error.to_string())?;
        let asking = tokio::time::timeout(job.settings.answer_timeout, client.ask(fields));
        let answer = asking.await.map_err(|_| "no answer came in time".to_owned())?;
        answer.map_err(|trouble| trouble.to_string())
    })
}

fn judge(path: &Path, facts: &Facts, answer: &Answer) -> Outcome {
    let complete = || Outcome::Complete { path: path.to_owned(), by_digest: false };
    let Some(now) = HttpDate::from_system_time(std::time::SystemTime::now()) else {
        return failed(exit::HERE, "the clock of this system is wrong".to_owned());
    };
    let head = Head::read(answer.parts.status, &answer.parts.headers, now);
    match head.status {
        304 if facts.same_source == Some(true) => complete(),
        200 | 206 | 416 if is_same(facts, &head) => complete(),
        200 | 206 | 416 if facts.same_source == Some(true) => failed(
            exit::CHANGED,
            format!("{} is there already, and the server has another version; {CURE}", shown(path)),
        ),
        200 | 206 | 416 => failed(
            exit::USAGE,
            format!(
                "{} is there already, and nothing shows that it is what the server has; {CURE}",
                shown(path)
            ),
        ),
        status => failed(
            exit::REFUSED,
            format!(
                "{} is there already, and the server does not say whether it is current: status {status}",
                shown(path)
            ),
        ),
    }
}

/// Whether the answer speaks of the file: by a strong tag, or without any by length and date.
fn is_same(facts: &Facts, head: &Head) -> bool {
    let length = match head.placement {
        Placement::Valid(ContentRange::Range { complete_length, .. }) => complete_length,
        Placement::Valid(ContentRange::Unsatisfied { complete_length }) => Some(complete_length),
        _ => head.content_length,
    };
    if length != facts.identity.complete_length {
        return false;
    }
    match (facts.identity.strong_tag(), &head.etag) {
        (Some(own), Some(other)) => own.strong_eq(other),
        _ => facts.identity.last_modified.is_some() && facts.identity.last_modified == head.last_modified,
    }
}

#[cfg(test)]
mod tests {
    use byteranges::{EntityTag, download::Identity};
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn head(status: u16, fields: &[(&'static str, &'static str)]) -> Head {
        let fields: HeaderMap = fields
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        Head::read(StatusCode::from_u16(status).expect("a status"), &fields, date(1_800_000_000))
    }

    fn date(seconds: u64) -> HttpDate {
        HttpDate::from_seconds(seconds).expect("a date")
    }

    fn facts(etag: Option<&[u8]>) -> Facts {
        let identity = Identity {
            complete_length: Some(100),
            etag: etag.and_then(EntityTag::parse),
            last_modified: Some(date(784_111_777)),
            date_is_strong: false,
        };
        Facts { identity, same_source: Some(true) }
    }

    #[test]
    fn a_file_is_the_servers_by_its_tag_or_by_length_and_date() {
        const MODIFIED: (&str, &str) = ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT");
        let part = |length, more| head(206, &[("content-range", length), more]);
        let tagged = facts(Some(b"\"a\""));
        assert!(is_same(&tagged, &part("bytes 0-0/100", ("etag", "\"a\""))));
        assert!(!is_same(&tagged, &part("bytes 0-0/100", ("etag", "\"b\""))));
        assert!(!is_same(&tagged, &part("bytes 0-0/101", ("etag", "\"a\""))));
        assert!(is_same(&facts(None), &part("bytes 0-0/100", MODIFIED)));
        assert!(!is_same(&facts(None), &part("bytes 0-0/99", MODIFIED)));
        assert!(!is_same(&facts(None), &part("bytes 0-0/*", MODIFIED)));
        assert!(!is_same(&facts(None), &part("bytes 0-0/100", ("x-a", "b"))));
    }
}
