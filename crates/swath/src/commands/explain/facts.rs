//! The facts of the representation: in, what was typed of it or a file's name; out, a [`Representation`].

use std::{ffi::OsStr, path::Path, sync::Arc, time::SystemTime};

use byteranges::{EntityTag, Representation};
use http::HeaderValue;
use swath_serve::store::{Files, FilesOptions, Selection, Store, Wanted};
use tokio::runtime;

use super::{date, wrong};
use crate::{args::ExplainArgs, report::Failure, settings::value};

/// Gathers the facts; what was typed wins over what the file says.
pub(super) fn gather(args: &ExplainArgs, now: SystemTime) -> Result<Representation, Failure> {
    let mut facts = match (&args.file, &args.length) {
        (Some(path), _) => of_file(path, now)?,
        (None, Some(typed)) => {
            Representation::new(value::size(OsStr::new(typed)).map_err(|w| wrong("--length", typed, &w))?)
        }
        (None, None) => {
            return Err(Failure::usage(
                "nothing is known of the representation: give --length SIZE or --file FILE",
            ));
        }
    };
    if let Some(typed) = &args.etag {
        facts.etag = Some(entity_tag(typed)?);
    }
    if let Some(typed) = &args.last_modified {
        facts.last_modified = Some(date(typed, "--last-modified")?);
    }
    if let Some(typed) = &args.content_type {
        facts.content_type = Some(field_value(typed, "--content-type")?);
    }
    if let Some(typed) = &args.content_encoding {
        facts.content_encoding = Some(field_value(typed, "--content-encoding")?);
    }
    Ok(facts)
}

fn field_value(typed: &str, flag: &str) -> Result<HeaderValue, Failure> {
    value::field_value(OsStr::new(typed)).map_err(|w| wrong(flag, typed, &w))
}

fn entity_tag(typed: &str) -> Result<EntityTag, Failure> {
    EntityTag::parse(typed.as_bytes()).ok_or_else(|| {
        // Most often a shell took the quotes away.
        let bare = typed.trim_matches('"');
        Failure::usage(format!(
            "--etag: `{typed}` is not an entity tag, which stands in double quotes: write --etag '\"{bare}\"'"
        ))
    })
}

/// Takes the facts as `swath serve FILE` would answer with.
fn of_file(path: &Path, now: SystemTime) -> Result<Representation, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Runtime(format!("--file: {error}"));
    if path.is_dir() {
        return Err(Failure::Runtime(format!(
            "--file: {} is a directory; name one file in it",
            path.display()
        )));
    }
    let store = Files::open(FilesOptions { open_files: 0, ..FilesOptions::new(path) })
        .map(Store::Files)
        .map_err(|error| failed(&error))?;
    let runtime = runtime::Builder::new_current_thread().build().map_err(|error| failed(&error))?;
    let wanted = Wanted { path: "/", accept_encoding: &[], now };
    match runtime.block_on(store.select(&wanted)) {
        Ok(Selection::Representation(selected)) => Ok(Arc::unwrap_or_clone(selected.representation)),
        Ok(_) => Err(Failure::Runtime(format!("--file: {} is no file", path.display()))),
        Err(error) => Err(failed(&error)),
    }
}
