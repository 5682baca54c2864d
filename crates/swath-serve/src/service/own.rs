//! What is ours and not the store's: listings, assets, the cost of a view, redirects, errors, OPTIONS.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use byteranges::{EntityTag, Representation};
use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, LOCATION, RETRY_AFTER, VARY};
use http::{HeaderValue, StatusCode};

use super::Service;
use super::reply::Reply;
use super::request::Request;
use crate::pages::{Entry, ErrorPage, IMMUTABLE, Kind, Listing, Page, Sorting, Wants, asset};
use crate::source::Source;
use crate::store::media_type::media_type;
use crate::store::{self, Directory, EntryKind, Selected};

/// The methods that are answered.
const METHODS: &str = "GET, HEAD, OPTIONS";

/// How long a client is asked to wait when the server has run out of something, in seconds.
const RETRY_SECONDS: &str = "1";

impl Service {
    pub(super) fn options_reply(&self, request: &Request<'_>) -> Reply {
        let mut reply = Reply::bare(StatusCode::NO_CONTENT, request.now);
        reply.answer.insert(ALLOW, HeaderValue::from_static(METHODS));
        self.options.cors.mark_preflight(request.fields, &mut reply.answer);
        reply
    }

    /// An error as the client wants to read it; never to be stored.
    pub(super) fn error(&self, request: &Request<'_>, status: StatusCode, detail: Option<&str>) -> Reply {
        let page = ErrorPage { status, path: request.path(), detail, unsatisfied: None };
        let html = self.options.site.is_some() && request.wants() == Wants::Html;
        let page = if html { page.html() } else { page.text() };
        let mut reply = Reply::page(status, request.method(), page, "no-store", request.now);
        match status {
            StatusCode::METHOD_NOT_ALLOWED => reply.answer.insert(ALLOW, HeaderValue::from_static(METHODS)),
            StatusCode::SERVICE_UNAVAILABLE => {
                reply.answer.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
            }
            _ => {}
        }
        reply
    }

    pub(super) fn redirect(&self, request: &Request<'_>, mut path: String) -> Reply {
        if let Some(query) = request.query() {
            path.push('?');
            path.push_str(query);
        }
        let Ok(location) = HeaderValue::try_from(path) else {
            return self.error(request, StatusCode::NOT_FOUND, None);
        };
        let mut reply =
            self.error(request, StatusCode::MOVED_PERMANENTLY, Some("The directory has a slash at its end."));
        reply.answer.insert(LOCATION, location);
        reply
    }

    pub(super) fn listing(&self, request: &Request<'_>, directory: &Directory) -> Reply {
        let Some(site) = &self.options.site else {
            return self.error(request, StatusCode::NOT_FOUND, None);
        };
        let types: Vec<_> = directory.entries.iter().map(|entry| media_type(&entry.name)).collect();
        let listing = Listing {
            path: request.path(),
            root_title: &site.title,
            entries: directory
                .entries
                .iter()
                .zip(&types)
                .map(|(entry, media_type)| shown(entry, media_type))
                .collect(),
            truncated: directory.truncated,
            sorting: Sorting::from_query(request.query()),
            panel: if directory.names.is_empty() { site.panel.as_ref() } else { None },
        };
        let page = if request.wants() == Wants::Json { listing.json() } else { listing.html() };
        let mut reply = Reply::page(StatusCode::OK, request.method(), page, "no-cache", request.now);
        reply.answer.insert(VARY, HeaderValue::from_static("Accept"));
        reply
    }

    /// What lies below the reserved segment: assets, and what a view has cost.
    pub(super) fn reserved(&self, request: &Request<'_>, name: &str) -> Reply {
        if self.options.site.is_none() {
            return self.error(request, StatusCode::NOT_FOUND, None);
        }
        if name == "cost" {
            return self.cost(request);
        }
        if name == "fetched" {
            return self.fetched(request);
        }
        let Some(asset) = asset(name) else {
            return self.error(request, StatusCode::NOT_FOUND, None);
        };
        let lasting = request.query_value("v") == Some(&asset.hash);
        let cache_control = if lasting { IMMUTABLE } else { "no-cache" };
        let content = Bytes::from_static(asset.content);
        let representation = Representation {
            etag: EntityTag::strong(asset.hash.as_bytes()),
            content_type: Some(HeaderValue::from_static(asset.content_type)),
            cache_control: Some(HeaderValue::from_static(cache_control)),
            ..Representation::new(content.len() as u64)
        };
        let source = Source::Memory(content);
        self.decided(
            request,
            Selected {
                representation: Arc::new(representation),
                source,
                name: OsStr::new(asset.name).into(),
                digest: None,
            },
        )
    }

    fn cost(&self, request: &Request<'_>) -> Reply {
        let token = request.query_value("view").unwrap_or_default();
        let Some(spent) = self.options.views.spent(token) else {
            return self.error(request, StatusCode::NOT_FOUND, Some("No page with this token is open."));
        };
        let text = format!("{{\"bytes\":{},\"requests\":{}}}\n", spent.bytes, spent.requests);
        json(request, text)
    }

    /// Which bytes of the file were sent for a page, request by request.
    fn fetched(&self, request: &Request<'_>) -> Reply {
        let token = request.query_value("view").unwrap_or_default();
        let known = self.options.views.spent(token).is_some();
        let Some(inspector) = self.inspector.as_ref().filter(|_| known) else {
            return self.error(request, StatusCode::NOT_FOUND, Some("No page with this token is inspected."));
        };
        let spans = inspector.sent_for_view(token);
        let spans: Vec<_> = spans
            .iter()
            .map(|range| serde_json::json!({ "first": range.first(), "sent": range.length() }))
            .collect();
        json(request, format!("{}\n", serde_json::json!({ "spans": spans })))
    }
}

/// Facts for a page's script, of this moment.
fn json(request: &Request<'_>, text: String) -> Reply {
    let page = Page { content_type: "application/json", security_policy: None, text };
    let mut reply = Reply::page(StatusCode::OK, request.method(), page, "no-store", request.now);
    reply.answer.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

/// An entry as the listing shows it.
fn shown<'a>(entry: &'a store::Entry, media_type: &'a HeaderValue) -> Entry<'a> {
    let (kind, length) = match entry.kind {
        EntryKind::Directory => (Kind::Directory, 0),
        EntryKind::File => (Kind::File, entry.length),
    };
    Entry {
        name: entry.name.as_bytes(),
        kind,
        length,
        modified: entry.modified,
        content_type: media_type.to_str().ok(),
    }
}
