//! A selected representation: decided and composed, or played.
//!
//! In: the request and what it selects. Out: its answer.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use byteranges::{Boundary, Decision, Outcome, compose, decide};
use http::StatusCode;
use http::header::CONTENT_DISPOSITION;

use super::reply::Reply;
use super::request::Request;
use super::{Service, Site, random_bits};
use crate::content_disposition::attachment;
use crate::pages::{ErrorPage, Medium, Player, Track, Unsatisfied, Wants, captions_beside};
use crate::store::{Selected, Selection, Wanted};

impl Service {
    pub(super) async fn representation(&self, request: &Request<'_>, selected: Selected) -> Reply {
        if let Some(site) = &self.options.site
            && request.query_value("play").is_some()
            && let Some(medium) = medium_of(&selected)
        {
            return self.player(request, &selected, site, medium).await;
        }
        let digest = selected.digest;
        let mut reply = self.presented(request, selected);
        if let (Some(digest), Some(source)) = (digest, &reply.source) {
            let asked = (request.method(), request.fields);
            self.digests.add(asked, &mut reply.answer, source, digest).await;
        }
        reply
    }

    /// Answers with the representation itself, as something to keep if that is wished; without digests.
    pub(super) fn presented(&self, request: &Request<'_>, mut selected: Selected) -> Reply {
        if request.query_value("download").is_some() {
            let representation = Arc::make_mut(&mut selected.representation);
            representation.other.push((CONTENT_DISPOSITION, attachment(&selected.name)));
        }
        self.decided(request, selected)
    }

    /// Answers by ranges and preconditions.
    pub(super) fn decided(&self, request: &Request<'_>, selected: Selected) -> Reply {
        let (policy, facts, asked) = (&self.options.policy, &selected.representation, &request.asked);
        let decision = decide(asked, facts, policy, request.now);
        let Ok(boundary) = boundary_for(&decision) else {
            return self.error(
                request,
                StatusCode::INTERNAL_SERVER_ERROR,
                Some("no random bits could be had"),
            );
        };
        let answer = compose(&decision, asked, facts, policy, request.now, || boundary);
        let mut reply = Reply { answer, source: Some(selected.source), because: Some(decision.because) };
        if reply.answer.status.is_client_error() {
            self.dress(request, &mut reply, facts.complete_length);
        }
        reply
    }

    /// Gives a refusal as a page to those who want one; otherwise its one line stays.
    fn dress(&self, request: &Request<'_>, reply: &mut Reply, complete_length: u64) {
        reply.source = None;
        if self.options.site.is_none() || request.wants() != Wants::Html {
            return;
        }
        let status = reply.answer.status;
        let unsatisfied = (status == StatusCode::RANGE_NOT_SATISFIABLE)
            .then(|| Unsatisfied { complete_length, range: request.asked.range().unwrap_or_default() });
        let page = ErrorPage { status, path: request.path(), detail: None, unsatisfied };
        reply.put_page(request.method(), page.html());
    }

    async fn player(&self, request: &Request<'_>, selected: &Selected, site: &Site, medium: Medium) -> Reply {
        let Ok(token) = self.options.views.issue() else {
            return self.error(
                request,
                StatusCode::INTERNAL_SERVER_ERROR,
                Some("no random bits could be had"),
            );
        };
        let tracks = self.tracks(request, &selected.name).await;
        let page = Player {
            path: request.path(),
            root_title: &site.title,
            name: selected.name.as_bytes(),
            medium,
            length: selected.representation.complete_length,
            modified: selected.representation.last_modified.map(|date| date.to_system_time()),
            token: &token,
            tracks: &tracks,
            note: site.note.as_deref(),
            mapped: self.inspector.is_some(),
        };
        // The token in it is for this one opening of the page.
        Reply::page(StatusCode::OK, request.method(), page.html(), "no-store", request.now)
    }

    /// Captions beside the film, as the listing of its directory shows them.
    async fn tracks(&self, request: &Request<'_>, film: &OsStr) -> Vec<Track> {
        let path = request.path();
        let directory = path.rfind('/').and_then(|slash| path.get(..=slash)).unwrap_or("/");
        let wanted = Wanted { path: directory, accept_encoding: &[], now: request.now };
        match self.options.store.select(&wanted).await {
            Ok(Selection::Directory(directory)) => {
                captions_beside(film.as_bytes(), directory.entries.iter().map(|entry| entry.name.as_bytes()))
            }
            _ => Vec::new(),
        }
    }
}

fn medium_of(selected: &Selected) -> Option<Medium> {
    Medium::of(selected.representation.content_type.as_ref().and_then(|value| value.to_str().ok())?)
}

/// Draws a boundary where one is needed; elsewhere none is spent.
fn boundary_for(decision: &Decision) -> Result<Boundary, getrandom::Error> {
    match decision.outcome {
        Outcome::Multipart(_) => random_bits().map(Boundary::from_random),
        _ => Ok(Boundary::from_random(0)),
    }
}
