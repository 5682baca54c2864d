//! A list of URLs: in, the octets of a file; out, what to fetch, a line each.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use crate::report::Failure;

/// A line of this length is no URL, and this many octets no list that a person wrote or will wait for.
const LONGEST: u64 = 16 << 20;

/// Reads the URLs of a file, or of standard input for `-`.
pub(super) fn read(path: &Path) -> Result<Vec<String>, Failure> {
    let unreadable =
        |error: &io::Error| Failure::usage(format!("--input: cannot read {}: {error}", path.display()));
    let from: Box<dyn Read> = match path.as_os_str() == "-" {
        true => Box::new(io::stdin()),
        false => Box::new(fs::File::open(path).map_err(|error| unreadable(&error))?),
    };
    let mut text = String::new();
    from.take(LONGEST + 1).read_to_string(&mut text).map_err(|error| unreadable(&error))?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > LONGEST {
        return Err(Failure::usage(format!("--input: {} is longer than 16 MiB: split it", path.display())));
    }
    Ok(lines(&text))
}

/// Takes the URL of each line; `#` begins a comment where a line or a word begins, since a URL may hold one.
fn lines(text: &str) -> Vec<String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let words = text.lines().map(|line| line.split(" #").next().unwrap_or_default().trim());
    words.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_url_and_comments_are_left_out() {
        let text = "\u{feff}# mine\nhttp://a/b\r\n\n  http://a/c#top  # why\n#http://a/d\n";
        assert_eq!(lines(text), ["http://a/b", "http://a/c#top"]);
    }
}
