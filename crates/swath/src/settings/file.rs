//! Reads the configuration file.
//!
//! In: TOML text and the path it came from. Out: a [`Layer`] whose every value knows its line, or complaints
//! that name the line and, for an unknown key, the nearest one there is.

use std::{
    ffi::OsString,
    ops::Range,
    path::{Path, PathBuf},
    rc::Rc,
};

use toml::de::{DeTable, DeValue};

use super::{
    layers::{Layer, Origin},
    nearest::nearest,
    setting::{Kind, Setting},
    table::ALL,
};

/// Reads a whole file's text; all that is wrong in it is told at once.
pub(crate) fn read(path: &Path, text: &str) -> Result<Layer, Vec<String>> {
    let table = DeTable::parse(text).map_err(|error| {
        let line = line_of(text, &error.span().unwrap_or_default());
        vec![format!("{}:{line}: {}", path.display(), error.message().trim())]
    })?;
    let shared = Rc::new(path.to_owned());
    let (mut layer, mut complaints) = (Layer::default(), Vec::new());
    for (key, value) in table.get_ref() {
        let line = line_of(text, &key.span());
        let read = setting_named(key.get_ref(), value.get_ref())
            .and_then(|setting| Ok((setting, values(setting, value.get_ref(), path)?)));
        match read {
            Ok((setting, values)) => {
                layer.put(setting, values, Origin::File { path: Rc::clone(&shared), line, key: setting.key });
            }
            Err(complaint) => complaints.push((line, complaint)),
        }
    }
    if complaints.is_empty() {
        return Ok(layer);
    }
    complaints.sort();
    Err(complaints.iter().map(|(line, what)| format!("{}:{line}: {what}", path.display())).collect())
}

fn setting_named(key: &str, value: &DeValue<'_>) -> Result<&'static Setting, String> {
    match ALL.iter().find(|setting| setting.key == key) {
        Some(setting) if setting.in_file() => Ok(setting),
        Some(_) => Err(format!("{key} cannot stand in a file: one file does not name another")),
        None if matches!(value, DeValue::Table(_)) => {
            Err(format!("[{key}] is a table; settings stand at the top, as in: listen = \"127.0.0.1:8206\""))
        }
        None => Err(match nearest(key, ALL.iter().filter(|s| s.in_file()).map(|s| s.key)) {
            Some(near) => format!("unknown key {key}; did you mean {near}?"),
            None => format!("unknown key {key}; docs/config.md lists them all"),
        }),
    }
}

fn values(setting: &Setting, value: &DeValue<'_>, path: &Path) -> Result<Vec<OsString>, String> {
    let one = |value: &DeValue<'_>| scalar(setting, value).map(|text| relative_to(path, setting, text));
    match (setting.kind, value) {
        (Kind::List, DeValue::Array(members)) => members.iter().map(|member| one(member.get_ref())).collect(),
        (_, DeValue::Array(_)) => Err(format!("{} takes one value, not a list", setting.key)),
        _ => Ok(vec![one(value)?]),
    }
}

/// Takes a value as the text that would have been typed; the meaning is read from that text, as everywhere.
fn scalar(setting: &Setting, value: &DeValue<'_>) -> Result<String, String> {
    match (setting.kind, value) {
        (Kind::Switch, DeValue::Boolean(yes)) => Ok(yes.to_string()),
        (Kind::Switch, _) => Err(format!("{} is true or false, without quotes", setting.key)),
        (_, DeValue::String(text)) => Ok(text.clone().into_owned()),
        (_, DeValue::Integer(number)) if number.radix() == 10 => Ok(number.as_str().replace('_', "")),
        _ => Err(format!("{} wants a string, as in: {} = {}", setting.key, setting.key, example(setting))),
    }
}

fn example(setting: &Setting) -> String {
    format!("\"{}\"", setting.default.unwrap_or(setting.value))
}

/// A path in a file is meant from where the file lies, not from wherever the program was started. ROOT may be a URL.
fn relative_to(file: &Path, setting: &Setting, text: String) -> OsString {
    let is_path = setting.is_path() && !(setting.is_positional() && swath_serve::lens::Origin::is_url(&text));
    match file.parent() {
        Some(parent) if is_path => PathBuf::from(parent).join(text).into_os_string(),
        _ => text.into(),
    }
}

fn line_of(text: &str, span: &Range<usize>) -> usize {
    text.bytes().take(span.start).filter(|octet| *octet == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::{super::table, *};

    fn complaints(text: &str) -> Vec<String> {
        read(Path::new("s.toml"), text).expect_err("complaints")
    }

    #[test]
    fn every_setting_but_the_file_itself_has_a_key() {
        for setting in ALL.iter().filter(|setting| setting.in_file()) {
            let value = if setting.kind == Kind::Switch { "true" } else { "\"x\"" };
            let layer =
                read(Path::new("s.toml"), &format!("\n{} = {value}", setting.key)).expect(setting.key);
            let origin = &layer.get(setting).expect("the key is read").origin;
            assert_eq!(origin.to_string(), format!("s.toml:2: {}", setting.key));
        }
        assert_eq!(
            complaints("config = 'x'"),
            ["s.toml:1: config cannot stand in a file: one file does not name another"]
        );
    }

    #[test]
    fn unknown_keys_name_their_line_and_neighbour_all_at_once() {
        assert_eq!(
            complaints("grace = '1s'\nlisten_ = 'x'\nmax_open_range = 1\n[serve]\nx = 1"),
            [
                "s.toml:2: unknown key listen_; did you mean listen?",
                "s.toml:3: unknown key max_open_range; did you mean max-open-range?",
                "s.toml:4: [serve] is a table; settings stand at the top, as in: listen = \"127.0.0.1:8206\"",
            ]
        );
    }

    #[test]
    fn values_of_the_wrong_kind_name_the_right_one() {
        assert_eq!(complaints("hidden = 'yes'"), ["s.toml:1: hidden is true or false, without quotes"]);
        assert_eq!(complaints("grace = ['1s']"), ["s.toml:1: grace takes one value, not a list"]);
        assert_eq!(complaints("grace = 1.5"), ["s.toml:1: grace wants a string, as in: grace = \"10s\""]);
        assert!(complaints("a = 1\nb = ")[0].starts_with("s.toml:2: "));
        assert!(complaints("grace = '1s'\ngrace = '2s'")[0].starts_with("s.toml:2: "));
    }

    #[test]
    fn numbers_are_taken_as_typed_and_lists_with_one_or_many() {
        let text = "parts-max = 1_6\nlisten = ['a:1', 'b:2']\ncors = '*'";
        let layer = read(Path::new("s.toml"), text).expect("reads");
        assert_eq!(layer.get(&table::PARTS_MAX).expect("read").values, ["16"]);
        assert_eq!(layer.get(&table::LISTEN).expect("read").values, ["a:1", "b:2"]);
        assert_eq!(layer.get(&table::CORS).expect("read").values, ["*"]);
    }

    #[test]
    fn paths_are_meant_from_where_the_file_lies() {
        let layer = read(Path::new("/etc/swath/s.toml"), "root = 'www'\ntls-key = '/k.pem'").expect("reads");
        assert_eq!(layer.get(&table::ROOT).expect("read").values, ["/etc/swath/www"]);
        assert_eq!(layer.get(&table::TLS_KEY).expect("read").values, ["/k.pem"]);
    }
}
