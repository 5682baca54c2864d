//! An answer on its way out: with the source of its content, and its reason for the record.

use std::time::SystemTime;

use byteranges::{Answer, AskedMethod, Because};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use http::{HeaderValue, StatusCode};

use crate::pages::Page;
use crate::source::Source;

/// An answer with all that is needed to send and record it.
pub(super) struct Reply {
    pub(super) answer: Answer,
    pub(super) source: Option<Source>,
    pub(super) because: Option<Because>,
}

impl Reply {
    /// An answer about no representation, without content yet.
    pub(super) fn bare(status: StatusCode, now: SystemTime) -> Self {
        Self { answer: Answer::dated(status, now), source: None, because: None }
    }

    /// A page with what it needs to be safe; `cache_control` says how long it stands.
    pub(super) fn page(
        status: StatusCode,
        method: AskedMethod,
        page: Page,
        cache_control: &'static str,
        now: SystemTime,
    ) -> Self {
        let mut reply = Self::bare(status, now);
        reply.answer.insert(CACHE_CONTROL, HeaderValue::from_static(cache_control));
        reply.put_page(method, page);
        reply
    }

    /// Replaces the content by a page.
    pub(super) fn put_page(&mut self, method: AskedMethod, page: Page) {
        if let Some(policy) = page.security_policy {
            self.answer.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        }
        self.answer.set_content(method, HeaderValue::from_static(page.content_type), page.text);
    }
}
