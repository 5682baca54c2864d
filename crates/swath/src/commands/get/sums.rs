//! A list of digests: in, its file and what is wanted; out, each file's digest beside it.

use std::{fs::File, io::Read as _, path::Path};

use swath_fetch::{digest::sums, name};

use super::{place::Goal, wanted::Wanted};
use crate::report::Failure;

/// Finds the digest of each file, by the name it gets, else by the one that its URL has.
pub(super) fn find(path: &Path, wanted: &mut [Wanted], goals: &[Goal]) -> Result<(), Failure> {
    let wrong =
        |what: &dyn std::fmt::Display| Failure::usage(format!("--digest-file: {}: {what}", path.display()));
    let mut list = Vec::new();
    let most = u64::try_from(sums::LENGTH_MAX).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut list))
        .map_err(|error| wrong(&error))?;
    let list_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    for (one, goal) in wanted.iter_mut().zip(goals) {
        let in_url = name::from_url(&one.url);
        let own = goal.path().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
        let digest = sums::find(&list, &list_name, own.as_deref().unwrap_or(&in_url));
        let digest = digest.or_else(|error| sums::find(&list, &list_name, &in_url).map_err(|_| error));
        // A file that the list does not know would be fetched unverified, which nobody asked for.
        one.digest = Some(digest.map_err(|error| wrong(&error))?);
    }
    Ok(())
}
