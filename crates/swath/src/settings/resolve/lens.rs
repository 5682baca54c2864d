//! The origin that is looked through to, and what goes with it.
//!
//! In: ROOT and the settings about an origin. Out: [`LensSettings`], if ROOT is a URL.

use swath_serve::lens::{Origin, Trust};

use super::{
    super::{LensSettings, table, value},
    reader::{Reader, parse_sentence},
};

/// Reads ROOT as the URL of an origin, if it is one and counts, and what goes with it.
pub(super) fn lens(reader: &Reader<'_>, demo: bool) -> Option<LensSettings> {
    let found = reader.layers.find(&table::ROOT);
    let is_url = found.values.iter().any(|root| root.to_str().is_some_and(Origin::is_url)) && !demo;
    let (cacert, insecure) = (reader.path(&table::ORIGIN_CACERT), reader.switch(&table::ORIGIN_INSECURE));
    let patience = reader.one(&table::ORIGIN_TIMEOUT, value::timeout);
    let origin = |setting| reader.layers.find(setting).origin;
    if !is_url {
        let timed = patience.is_some() && origin(&table::ORIGIN_TIMEOUT).is_given();
        let lonely = [
            (cacert.is_some(), &table::ORIGIN_CACERT),
            (insecure, &table::ORIGIN_INSECURE),
            (timed, &table::ORIGIN_TIMEOUT),
        ];
        for (_, setting) in lonely.into_iter().filter(|(given, _)| *given) {
            reader.complain(format!(
                "{}: there is no origin to speak with: give its http(s) URL as ROOT",
                origin(setting)
            ));
        }
        return None;
    }
    if let (Some(_), true) = (&cacert, insecure) {
        reader.complain(format!(
            "{}: any certificate is believed already, by {}; leave one of them out",
            origin(&table::ORIGIN_CACERT),
            origin(&table::ORIGIN_INSECURE)
        ));
    }
    nothing_is_said_of_files(reader);
    let trust = match (cacert, insecure) {
        (Some(file), _) => Trust::File(file),
        (None, true) => Trust::Anyone,
        (None, false) => Trust::System,
    };
    let origin = reader.sentences(&table::ROOT, parse_sentence::<Origin>).pop()?;
    Some(LensSettings { origin, trust, patience: patience? })
}

/// The origin decides about its answers; what was said of them here would be passed over in silence.
fn nothing_is_said_of_files(reader: &Reader<'_>) {
    let root = reader.layers.find(&table::ROOT).origin;
    let about_files = table::ALL.iter().filter(|one| [table::FILES, table::ANSWERS].contains(&one.heading));
    for setting in about_files {
        let said = reader.layers.find(setting).origin;
        if said.is_given() && said.strength() >= root.strength() {
            reader.complain(format!(
                "{said}: the origin decides about that, as {root} names another server: leave one of them out"
            ));
        }
    }
}
