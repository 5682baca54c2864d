//! What the answer that begins a version says beside its octets: a digest of the whole, and where else it is.
//!
//! In: its fields. Out: what is verified at the end, and ways to mirrors.

use byteranges::download::{Fetch, PathSettings};
use http::{HeaderName, HeaderValue};

use super::{Engine, State};
use crate::digest::fields;
use crate::job::Interface;
use crate::link;
use crate::sink::About;

/// Mirrors used of those that a server names, the best first: each is a server of its own to be polite to.
const MIRRORS_MAX: usize = 4;

impl Engine {
    /// The fields of a request that are not the user's.
    pub(crate) fn fields(&self, fetch: &Fetch) -> Vec<(HeaderName, HeaderValue)> {
        let mut all = fetch.fields();
        if self.job.want_digests {
            all.push((fields::WANT_REPR_DIGEST, fields::WANTED));
            all.push((fields::WANT_CONTENT_DIGEST, fields::WANTED));
        }
        all
    }

    /// Remembers what a version is like, and the digest that its server says it has.
    pub(super) fn begins(&self, state: &mut State, generation: u32, about: Option<&About>) -> About {
        let about = about.cloned().unwrap_or_else(|| self.about_nothing());
        state.generation = generation;
        state.about = Some(about.clone());
        if self.job.digest.is_none() && self.job.want_digests {
            state.digest = fields::repr_digest(&about.fields).into_iter().next();
            state.machine.set_verify(state.digest.is_some());
        }
        if self.job.follow_mirrors {
            self.follow_mirrors(state, &about);
        }
        about
    }

    /// Adds the mirrors that the server names, once; what they have still has to prove itself.
    fn follow_mirrors(&self, state: &mut State, about: &About) {
        if std::mem::replace(&mut state.mirrors_followed, true) {
            return;
        }
        let links = link::read(&about.fields, &about.answered);
        let known: Vec<_> = (0..self.ways.count()).filter_map(|path| self.ways.source(path)).collect();
        let new = links.duplicates.into_iter().map(|mirror| mirror.url).filter(|url| !known.contains(url));
        let sources = u16::try_from(self.job.mirrors.len()).unwrap_or(u16::MAX).saturating_add(1);
        for (url, source) in new.take(MIRRORS_MAX).zip(sources..) {
            // A metered link's budget is shared out already.
            let free = |interface: &Interface| interface.budget.is_none();
            let likes = (0..self.job.interfaces.len().max(1))
                .filter(|path| self.job.interfaces.get(*path).is_none_or(free));
            for like in likes {
                self.ways.add(&url, like);
                // R-6249/7-3
                state.machine.add_path(PathSettings { source, budget: None, one_at_a_time: true });
            }
        }
    }
}

impl State {
    /// Whether an answer is of the version whose file a run before began, and the first such answer.
    pub(super) fn is_of_same(&self, about: &About) -> bool {
        let etag = about.fields.get(http::header::ETAG).map(http::HeaderValue::as_bytes);
        let own = self.machine.identity().and_then(|identity| identity.etag.as_ref());
        self.about.is_none() && own.is_some_and(|own| Some(own.as_header_value().as_bytes()) == etag)
    }
}
