//! Reads the `SWATH_…` variables.
//!
//! In: the variables. Out: a [`Layer`], and a warning for each `SWATH_` name that means nothing; those are no
//! error, because another program's variables may share the prefix.

use std::ffi::OsString;

use super::{
    layers::{Layer, Origin},
    nearest::nearest,
    setting::{Kind, Setting},
    table::ALL,
};

/// Reads the variables that name settings, and says which ones come close.
pub(crate) fn read(variables: impl IntoIterator<Item = (OsString, OsString)>) -> (Layer, Vec<String>) {
    let names: Vec<(String, &Setting)> = ALL.iter().map(|setting| (setting.variable(), *setting)).collect();
    let (mut layer, mut warnings) = (Layer::default(), Vec::new());
    let ours = variables.into_iter().filter_map(|(name, value)| {
        Some((name.into_string().ok().filter(|n| n.starts_with("SWATH_"))?, value))
    });
    // A variable set to nothing is how a shell says "not set".
    for (name, value) in ours.filter(|(_, value)| !value.is_empty()) {
        match names.iter().find(|(known, _)| *known == name) {
            Some((_, setting)) => layer.put(setting, values(setting, value), Origin::Variable(name)),
            None => warnings.push(unknown(&name, &names)),
        }
    }
    warnings.sort();
    (layer, warnings)
}

/// Cuts the value of a list at its commas.
fn values(setting: &Setting, value: OsString) -> Vec<OsString> {
    match (setting.kind, value.to_str()) {
        (Kind::List, Some(text)) => {
            text.split(',').map(str::trim).filter(|one| !one.is_empty()).map(OsString::from).collect()
        }
        _ => vec![value],
    }
}

fn unknown(name: &str, names: &[(String, &Setting)]) -> String {
    match nearest(name, names.iter().map(|(known, _)| known.as_str())) {
        Some(near) => format!("{name} names no setting and is ignored; did you mean {near}?"),
        None => format!("{name} names no setting and is ignored"),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::table, *};

    #[test]
    fn every_setting_has_a_variable() {
        for setting in ALL {
            let (layer, warnings) = read([(OsString::from(setting.variable()), OsString::from("x"))]);
            assert!(warnings.is_empty(), "{warnings:?}");
            let found = layer.get(setting).expect("the variable is read");
            assert_eq!(found.values, ["x"]);
            assert_eq!(found.origin, Origin::Variable(setting.variable()));
        }
    }

    #[test]
    fn a_list_is_cut_at_commas() {
        let (layer, _) = read([("SWATH_LISTEN".into(), "127.0.0.1:1, unix:/run/s".into())]);
        assert_eq!(layer.get(&table::LISTEN).expect("read").values, ["127.0.0.1:1", "unix:/run/s"]);
    }

    #[test]
    fn a_blank_variable_is_not_set() {
        let (layer, _) = read([("SWATH_TLS_CERT".into(), "".into())]);
        assert!(layer.get(&table::TLS_CERT).is_none());
    }

    #[test]
    fn a_stranger_is_reported_with_its_neighbour() {
        let (_, warnings) = read([("SWATH_LISTNE".into(), "x".into()), ("PATH".into(), "/bin".into())]);
        assert_eq!(warnings, ["SWATH_LISTNE names no setting and is ignored; did you mean SWATH_LISTEN?"]);
    }
}
