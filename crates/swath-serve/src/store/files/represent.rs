//! From an open file to the representation it is sent as.
//!
//! In: the file with its facts, and what the client takes. Out: [`Selected`], in the most welcome form that is there,
//! kept for later requests where it lasts.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use byteranges::{EntityTag, HttpDate, Representation};
use http::HeaderValue;
use rustix::fs::Stat;

use super::kept::{Kept, Opened};
use super::validators::{EtagMode, tag_of_digest, tag_of_facts};
use super::{Files, sidecar};
use crate::facts::Facts;
use crate::source::{OpenFile, Source};
use crate::store::Selected;
use crate::store::accept_encoding::{AcceptEncoding, Coding};
use crate::store::media_type::media_type;

/// One form of a file: the octets as they are, or a content-coded sidecar.
#[derive(Clone)]
pub(super) struct Form {
    pub(super) coding: Option<Coding>,
    pub(super) file: Arc<File>,
    pub(super) facts: Facts,
}

/// What tells one version of a form from another.
struct Validators {
    etag: Option<EntityTag>,
    digest: Option<[u8; 32]>,
    /// Whether the last change is long enough ago for them to be strong.
    settled: bool,
}

impl Files {
    /// Gives what was selected under this key before, if the path is still to be believed to lead there. Whether the file is what it was
    /// remains to be seen.
    pub(super) fn kept(&self, key: &[u8], now: SystemTime) -> Option<Arc<Kept>> {
        let kept = self.open_files.find(key, |kept| self.still_there(kept))?;
        // The clock may have been put back.
        (kept.settled_from? <= now).then_some(kept)
    }

    /// Says since when the path is known to lead to this file, if it does and all is as it was: then it need not be opened again.
    fn still_there(&self, kept: &Kept) -> Option<u64> {
        let path = kept.path.as_deref()?;
        let now = self.open_files.now();
        let (stat, since) =
            self.look_in_parent(path, now).or_else(|| Some((self.root.look(path).ok()?, now)))?;
        (Facts::from_stat(&stat) == kept.file.facts).then_some(since)
    }

    /// Looks at a name in a directory that is known; `None` where that does not tell all that a lookup would.
    ///
    /// Neither part alone would do: the directory was found by the rules, the file in it is looked at now, and both together are as
    /// old as the older one.
    fn look_in_parent(&self, path: &[u8], now: u64) -> Option<(Stat, u64)> {
        let directory = &path[..memchr::memrchr(b'/', path)?];
        let beneath = || self.root.look(directory).is_ok();
        let since = self.open_files.directory_since(directory, now, beneath)?;
        Some((self.root.look_at_name(path)?, since))
    }

    /// Chooses the form of the file that was `found` at `path`, beneath the root, and gathers what is known of it.
    pub(super) async fn represent(
        &self,
        found: Form,
        path: &[u8],
        accepted: Option<&AcceptEncoding>,
        key: &[u8],
        now: SystemTime,
    ) -> Selected {
        let since = self.open_files.now();
        let sidecar = accepted.and_then(|accepted| sidecar::find(&self.root, path, &found.facts, accepted));
        let form = sidecar.as_ref().unwrap_or(&found);
        let Validators { etag, digest, settled } = self.validate(form, now).await;
        let name = Path::new(OsStr::from_bytes(path)).file_name().unwrap_or_default();
        // A digest that is still being made would be missing for as long as the entry stands.
        let lasts = settled && (self.options.etag != EtagMode::Content || etag.is_some());
        let kept = Kept {
            key: key.into(),
            place: 0,
            // A sidecar may come to be beside it.
            path: accepted.is_none().then(|| path.into()),
            since: since.into(),
            representation: Arc::new(self.describe(form, name, etag)),
            file: Opened::from(&found),
            sidecar: sidecar.as_ref().map(|form| Box::new(form.into())),
            settled_from: self.options.settle.settled_from(form.facts.ctime),
            name: name.into(),
            digest: digest.map(Box::new),
        };
        let selected = self.selected(&kept, now);
        if lasts {
            self.open_files.keep(kept);
        }
        selected
    }

    pub(super) fn selected(&self, kept: &Kept, now: SystemTime) -> Selected {
        let Opened { file, facts } = kept.sent();
        let strong = match &kept.representation.etag {
            Some(etag) => !etag.is_weak(),
            None => self.options.settle.has_settled_date(facts, now),
        };
        Selected {
            representation: Arc::clone(&kept.representation),
            source: Source::File(OpenFile::new(Arc::clone(file), *facts, strong)),
            name: Arc::clone(&kept.name),
            digest: kept.digest.as_deref().copied(),
        }
    }

    async fn validate(&self, form: &Form, now: SystemTime) -> Validators {
        let settled = self.options.settle.has_settled(form.facts.ctime, now);
        let (etag, digest) = match self.options.etag {
            EtagMode::Stat => (tag_of_facts(&form.facts, form.coding, settled), None),
            EtagMode::Content => {
                let digest = self.hashes.digest(&form.file, &form.facts, settled).await;
                let etag = digest.and_then(|digest| tag_of_digest(&digest, form.coding, settled));
                (etag, digest.filter(|_| settled))
            }
            EtagMode::None => (None, None),
        };
        Validators { etag, digest, settled }
    }

    fn describe(&self, form: &Form, name: &OsStr, etag: Option<EntityTag>) -> Representation {
        Representation {
            etag,
            last_modified: form.facts.mtime.to_system_time().and_then(HttpDate::from_system_time),
            changed: form.facts.ctime.to_system_time(),
            content_type: Some(media_type(name)),
            content_encoding: form.coding.map(|coding| HeaderValue::from_static(coding.token())),
            // On every form: the next request may select another.
            // R-12.5.5-1
            vary: self.options.precompressed.then(|| HeaderValue::from_static("Accept-Encoding")),
            cache_control: self.options.cache_control.clone(),
            ..Representation::new(form.facts.length)
        }
    }
}

impl From<&Form> for Opened {
    fn from(form: &Form) -> Self {
        Self { file: Arc::clone(&form.file), facts: form.facts }
    }
}
