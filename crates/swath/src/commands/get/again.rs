//! The command that goes on: in, the arguments of this run; out, what to type.

use std::ffi::{OsStr, OsString};

/// Writes the command that was typed, so that a shell takes it; nothing where it would show a secret, or lose something.
pub(super) fn command(args: impl IntoIterator<Item = OsString>) -> Option<String> {
    let mut words = Vec::new();
    for (index, arg) in args.into_iter().enumerate() {
        let arg = if index == 0 { "swath".to_owned() } else { arg.to_str()?.to_owned() };
        if is_secret(&arg) {
            return None;
        }
        words.push(quoted(&arg));
    }
    Some(words.join(" "))
}

/// How to go on, for people.
pub(super) fn how() -> String {
    match command(std::env::args_os()) {
        Some(command) => format!("go on with: {command}"),
        None => "go on with the same command".to_owned(),
    }
}

/// Passwords and header fields stay where they were typed; a list on standard input has to come again.
fn is_secret(arg: &str) -> bool {
    let flag = arg.split('=').next().unwrap_or_default();
    let short = |letter: &str| arg.starts_with(letter) && !arg.starts_with("--");
    matches!(flag, "--user" | "--header" | "--proxy") || short("-u") || short("-H") || has_user(arg)
}

fn has_user(arg: &str) -> bool {
    url::Url::parse(arg).is_ok_and(|url| !url.username().is_empty() || url.password().is_some())
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=/.:,@%+".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// Quotes a path for a shell.
pub(super) fn path(path: &OsStr) -> String {
    quoted(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Option<String> {
        command(words.iter().map(OsString::from))
    }

    #[test]
    fn a_command_can_be_typed_again() {
        assert_eq!(
            of(&["/usr/bin/swath", "get", "http://a/b?c&d", "-o", "it's"]).as_deref(),
            Some(r"swath get 'http://a/b?c&d' -o 'it'\''s'")
        );
    }

    #[test]
    fn secrets_are_not_repeated() {
        for words in [
            &["-u", "a:b"][..],
            &["-ua:b"],
            &["--user=a:b"],
            &["-HX: y"],
            &["http://a:b@c/"],
            &["--proxy", "x"],
        ] {
            assert_eq!(of(&[&["swath", "get"], words].concat()), None, "{words:?}");
        }
    }
}
