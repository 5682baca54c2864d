//! From an open file to the representation it is sent as.
//!
//! In: the file with its facts, and what the client takes. Out: [`Selected`], in the most welcome form that is there.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use byteranges::{EntityTag, HttpDate, Representation};
use http::HeaderValue;

use super::validators::{EtagMode, tag_of_digest, tag_of_facts};
use super::{Files, sidecar};
use crate::facts::Facts;
use crate::source::{OpenFile, Source};
use crate::store::accept_encoding::{AcceptEncoding, Coding};
use crate::store::media_type::media_type;
use crate::store::target::Target;
use crate::store::{Selected, Wanted};

/// One form of a file: the octets as they are, or a content-coded sidecar.
struct Form {
    coding: Option<Coding>,
    file: Arc<File>,
    facts: Facts,
}

/// What tells one version of a form from another.
struct Validators {
    etag: Option<EntityTag>,
    digest: Option<[u8; 32]>,
    /// Whether a client may rely on them octet for octet.
    strong: bool,
}

impl Files {
    /// Chooses the form of the file at `path`, beneath the root, and gathers what is known of it.
    pub(super) async fn represent(
        &self,
        (file, facts): (File, Facts),
        path: &[u8],
        target: &Target,
        wanted: &Wanted<'_>,
    ) -> Selected {
        let form = self.choose(file, facts, path, wanted);
        let validators = self.validate(&form, wanted).await;
        let name = Path::new(OsStr::from_bytes(path)).file_name().unwrap_or_default().to_owned();
        Selected {
            representation: self.describe(&form, &name, validators.etag),
            source: Source::File(OpenFile::new(form.file, form.facts, validators.strong)),
            name,
            path_display: target.display(),
            digest: validators.digest,
        }
    }

    fn choose(&self, file: File, facts: Facts, path: &[u8], wanted: &Wanted<'_>) -> Form {
        let sidecar = if self.options.precompressed {
            sidecar::find(&self.root, path, &facts, &AcceptEncoding::parse(wanted.accept_encoding))
        } else {
            None
        };
        match sidecar {
            Some(found) => {
                Form { coding: Some(found.coding), file: Arc::new(found.file), facts: found.facts }
            }
            None => Form { coding: None, file: Arc::new(file), facts },
        }
    }

    async fn validate(&self, form: &Form, wanted: &Wanted<'_>) -> Validators {
        let settle = &self.options.settle;
        let settled = settle.has_settled(form.facts.ctime, wanted.now);
        let (etag, digest) = match self.options.etag {
            EtagMode::Stat => (tag_of_facts(&form.facts, form.coding, settled), None),
            EtagMode::Content => {
                let digest = self.hashes.digest(&form.file, &form.facts, settled).await;
                let etag = digest.and_then(|digest| tag_of_digest(&digest, form.coding, settled));
                (etag, digest.filter(|_| settled))
            }
            EtagMode::None => (None, None),
        };
        let strong = match &etag {
            Some(etag) => !etag.is_weak(),
            None => settle.has_settled_date(&form.facts, wanted.now),
        };
        Validators { etag, digest, strong }
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
