//! What is served of a directory.
//!
//! In: the settings about files. Out: [`FileSettings`].

use swath_serve::store::Symlinks;

use super::{
    super::{FileSettings, table, value},
    reader::Reader,
};

pub(super) fn files(reader: &Reader<'_>) -> FileSettings {
    FileSettings {
        symlinks: match reader.word(&table::SYMLINKS) {
            "follow" => Symlinks::Follow,
            "none" => Symlinks::None,
            _ => Symlinks::Inside,
        },
        hidden: reader.switch(&table::HIDDEN),
        index: !reader.switch(&table::NO_INDEX),
        precompressed: reader.switch(&table::PRECOMPRESSED),
        open_files: reader
            .one(&table::OPEN_FILES, |v| value::unless(v, "auto", |v| value::number(v, 0, 1_000_000)))
            .flatten(),
        open_files_age: reader.one(&table::OPEN_FILES_AGE, value::duration).unwrap_or_default(),
    }
}
