//! What is wanted, file by file: in, what was typed; out, a list without contradictions, or what is wrong with it.

use std::path::PathBuf;

use swath_fetch::{Credentials, Digest, metalink::File};
use url::Url;

use super::{job::Secrets, list, metalink};
use crate::{args::GetArgs, report::Failure};

/// One file to fetch.
#[derive(Debug)]
pub(super) struct Wanted {
    /// Where from.
    pub(super) url: Url,
    /// The name and password that stood in it.
    pub(super) credentials: Option<Credentials>,
    /// Other places that have the same.
    pub(super) mirrors: Vec<Url>,
    /// Whether somebody else named them: then each is asked for one thing at a time.
    pub(super) named: bool,
    /// Where to.
    pub(super) to: To,
    /// What the whole must have.
    pub(super) digest: Option<Digest>,
}

/// Where the octets go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum To {
    /// Standard output, in order.
    Stdout,
    /// A file of this name.
    File(PathBuf),
    /// A file in this directory; its name comes from the answer, or from the URL.
    Directory(PathBuf),
    /// The file whose part this is.
    Part(PathBuf),
}

/// Reads what was typed.
pub(super) fn wanted(args: &GetArgs, secrets: &Secrets) -> Result<Vec<Wanted>, Failure> {
    let (files, mut typed): (Vec<_>, Vec<_>) =
        args.urls.iter().cloned().partition(|typed| metalink::is_file(typed));
    if let Some(path) = &args.input {
        typed.extend(list::read(path)?);
    }
    let to = to(args)?;
    let mirrors = all(&args.mirrors)?.into_iter().map(|(url, _)| url).collect::<Vec<_>>();
    let mut wanted: Vec<Wanted> = all(&typed)?
        .into_iter()
        .map(|(url, credentials)| Wanted {
            url,
            credentials,
            mirrors: mirrors.clone(),
            named: false,
            to: to.clone(),
            digest: args.digest.clone(),
        })
        .collect();
    for from in files.iter().chain(&args.metalink) {
        let described = metalink::read(from, args, secrets)?;
        wanted.extend(described.into_iter().filter_map(|file| of_metalink(file, args, &to)));
    }
    if wanted.is_empty() {
        return Err(Failure::usage("there is no URL to fetch"));
    }
    contradictions(args, wanted.len())?;
    Ok(wanted)
}

/// A file that a Metalink describes. Its first place is asked first, and others as mirrors.
fn of_metalink(file: File, args: &GetArgs, to: &To) -> Option<Wanted> {
    let mut places = file.mirrors.into_iter().map(|mirror| mirror.url);
    let url = places.next()?;
    let to = match to {
        // The name comes from the Metalink, not from a server.
        To::Directory(directory) => To::File(directory.join(file.name)),
        other => other.clone(),
    };
    let mirrors = places.filter(|_| !args.no_mirrors).collect();
    let digest = args.digest.clone().or_else(|| file.digests.into_iter().next());
    Some(Wanted { url, credentials: None, mirrors, named: true, to, digest })
}

/// Reads URLs, and tells of all that are none.
fn all(typed: &[String]) -> Result<Vec<(Url, Option<Credentials>)>, Failure> {
    let (good, bad): (Vec<_>, Vec<_>) = typed.iter().map(|typed| url(typed)).partition(Result::is_ok);
    match bad.is_empty() {
        true => Ok(good.into_iter().flatten().collect()),
        false => Err(Failure::Usage(bad.into_iter().filter_map(Result::err).collect())),
    }
}

/// Refuses what is about one file where there are several.
fn contradictions(args: &GetArgs, count: usize) -> Result<(), Failure> {
    if count == 1 {
        return Ok(());
    }
    let one = [
        ("--output", args.output.is_some(), "use --directory for several"),
        ("--resume", args.resume.is_some(), "resume one at a time"),
        ("--mirror", !args.mirrors.is_empty(), "fetch them one at a time"),
        ("--digest", args.digest.is_some(), "use --digest-file for several"),
    ];
    match one.iter().find(|(_, given, _)| *given) {
        Some((flag, _, cure)) => {
            Err(Failure::usage(format!("{flag} is about one file, and there are {count}: {cure}")))
        }
        None => Ok(()),
    }
}

fn to(args: &GetArgs) -> Result<To, Failure> {
    if let Some(part) = &args.resume {
        return Ok(To::Part(part.clone()));
    }
    let directory = args.directory.clone().unwrap_or_default();
    if args.directory.is_some() && !directory.is_dir() {
        return Err(Failure::usage(format!(
            "--directory: {} is no directory: make it first (mkdir -p)",
            directory.display()
        )));
    }
    match &args.output {
        Some(path) if path.as_os_str() == "-" => Ok(To::Stdout),
        Some(path) if path.is_dir() || path.file_name().is_none() => {
            Err(Failure::usage(format!("--output: {} is a directory: use --directory", path.display())))
        }
        Some(path) => Ok(To::File(directory.join(path))),
        None => Ok(To::Directory(directory)),
    }
}

/// Reads a URL, and takes out a name and password.
pub(crate) fn url(typed: &str) -> Result<(Url, Option<Credentials>), String> {
    let mut url = match Url::parse(typed) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            return Err(format!("`{typed}` is no URL: write https://{typed}, or http://"));
        }
        Err(error) => return Err(format!("`{typed}` is no URL: {error}")),
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("`{typed}`: only http and https are spoken, not {}", url.scheme()));
    }
    let text = |coded: &str| percent_encoding::percent_decode_str(coded).decode_utf8_lossy().into_owned();
    let credentials = (!url.username().is_empty() || url.password().is_some()).then(|| Credentials {
        user: text(url.username()),
        password: text(url.password().unwrap_or_default()),
    });
    url.set_fragment(None);
    // They fail only for URLs without a host, which http has not.
    let _ = (url.set_username(""), url.set_password(None));
    Ok((url, credentials))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_password_are_taken_out_of_a_url() {
        let (read, credentials) = url("https://me:p%40ss@a.example/b?c#d").expect("a URL");
        assert_eq!(read.as_str(), "https://a.example/b?c");
        let credentials = credentials.expect("credentials");
        assert_eq!((credentials.user.as_str(), credentials.password.as_str()), ("me", "p@ss"));
        assert!(url("https://a.example/").expect("a URL").1.is_none());
    }

    #[test]
    fn what_is_no_url_gets_its_cure() {
        assert!(url("a.example/b").unwrap_err().contains("https://a.example/b"));
        assert!(url("ftp://a.example/b").unwrap_err().contains("only http and https"));
        assert!(url("http://").unwrap_err().contains("is no URL"));
    }
}
