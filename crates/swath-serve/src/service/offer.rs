//! An answer made at once, out of what an earlier request was told.
//!
//! In: a plain request for a file that is kept open. Out: an [`Offer`], which holds only if a look at the file finds it to be what it was.
//! Nothing has happened until then: who finds otherwise lets go of the offer and asks [`Service::answer`].

use std::time::SystemTime;

use byteranges::{Answer, Because};

use super::Service;
use super::reply::Reply;
use super::request::Request;
use crate::connection::Caller;
use crate::exchange::{Received, Record, Wire, lines};
use crate::fast_path::request::Heard;
use crate::head;
use crate::source::Source;

/// An answer that holds if its source is as it is remembered.
pub(crate) struct Offer<'a> {
    pub(crate) answer: Answer,
    pub(crate) source: Option<Source>,
    because: Option<Because>,
    bytes_planned: u64,
    now: SystemTime,
    /// The query of its target.
    query: Option<&'a str>,
}

impl Service {
    /// Makes an answer if nothing has to be waited for or looked up.
    pub(crate) fn offer<'a>(&self, heard: &'a Heard) -> Option<Offer<'a>> {
        let request = Request::heard(heard, SystemTime::now())?;
        // It has one Host, and is GET or HEAD of a path that is not too long: else the fast path would not have it.
        let plain = (!self.options.check_host || head::is_host(heard.host()))
            && request.reserved_name().is_none()
            && (self.options.site.is_none() || request.query_value("play").is_none());
        let selected = if plain { self.options.store.kept(&request.wanted())? } else { return None };
        // Where the digest is known it may be asked for, and that of a range has to be computed elsewhere.
        if selected.digest.is_some() {
            return None;
        }
        let Reply { mut answer, source, because } = self.presented(&request, selected);
        self.mark(&request, &mut answer);
        let bytes_planned = answer.content.length();
        // Where no octet is read, no look follows the reading.
        let proved = bytes_planned > 0 && source.is_some();
        if let (false, Some(Source::File(open))) = (proved, &source)
            && !open.is_as_promised()
        {
            return None;
        }
        let (now, query) = (request.now, request.query());
        Some(Offer { answer, source, because, bytes_planned, now, query })
    }

    /// Begins the record of an offer that holds.
    pub(crate) fn record(&self, offer: &Offer<'_>, heard: &Heard, caller: &Caller) -> Record {
        let received = |instant| Received::heard(offer.now, instant, caller.peer, heard);
        let record = self.options.recorder.begin(offer.query, Wire::FastPath, received);
        if record.is_detailed()
            && let Some(parts) = heard.parts()
        {
            record.asked(Some(caller.number), parts.version, lines(&parts.headers));
        }
        Self::note(&record, &offer.answer, offer.because, offer.bytes_planned);
        record
    }
}
