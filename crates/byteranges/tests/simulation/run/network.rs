//! The network of a seed's world: requests, answers as they come, links.
//!
//! In: `Fetch`. Out: heads, octets and ends, told to the machine in time.

use super::*;

impl World {
    pub(super) fn head(&mut self, ask: AskId) {
        let Some(connection) = self.connections.get(&ask) else { return };
        let head = connection.answer.head.clone();
        let interval = connection.answer.interval;
        let source = self.settings.paths[connection.fetch.path].source;
        if matches!(head.status, 429 | 503)
            && let Some(after) = self.asked_pause(ask)
        {
            let until = self.now + after;
            let pause = self.pauses.entry(source).or_default();
            *pause = (*pause).max(until);
        }
        self.tell(Event::Head { ask, head: Box::new(head) });
        self.at(self.now + interval, Occurrence::Chunk(ask));
    }

    /// The Retry-After that was really sent, whatever the machine saw of it.
    pub(super) fn asked_pause(&self, ask: AskId) -> Option<Duration> {
        self.connections.get(&ask).and_then(|connection| connection.answer.retry_after)
    }

    pub(super) fn chunk(&mut self, ask: AskId) {
        let cut_is_end = self.tamper.has(Bug::CutTakenForEnd);
        let Some(connection) = self.connections.get_mut(&ask) else { return };
        let answer = &connection.answer;
        let end = answer.cut.unwrap_or(answer.body.len()).min(answer.body.len());
        let count = answer.chunk.min(end - connection.delivered);
        if count > 0 {
            let octets = &answer.body[connection.delivered..connection.delivered + count];
            connection.buffer.extend(octets);
            connection.delivered += count;
            let interval = answer.interval;
            // A driver that does not wait for the end of some of them.
            let waived =
                answer.digest == Some(true) && ask.0.is_multiple_of(3) && connection.delivered >= end / 2;
            if waived {
                connection.answer.digest = None;
            }
            self.tell(Event::Bytes { ask, count: count as u64 });
            if waived {
                self.tell(Event::Undigested { ask });
            }
            return self.at(self.now + interval, Occurrence::Chunk(ask));
        }
        let (is_cut, is_silent) = (answer.cut.is_some(), answer.silent);
        if is_silent {
            return;
        }
        connection.over = true;
        if let Some(matches) = connection.answer.digest.filter(|_| !is_cut) {
            self.tell(Event::Digested { ask, matches });
        }
        let event = if is_cut && !cut_is_end {
            Event::Failed { ask, failure: Failure::Short }
        } else {
            Event::End { ask }
        };
        self.tell(event);
    }

    pub(super) fn fetch(&mut self, fetch: Fetch) -> Step {
        let now = self.now;
        let source = self.settings.paths[fetch.path].source;
        if self.pauses.get(&source).is_some_and(|until| !is_over(*until, now)) {
            return Err(format!("asked source {source} again before its Retry-After was over"));
        }
        if !self.links[fetch.path] {
            return Err("asked by a link that is down".to_owned());
        }
        let busy =
            self.connections.values().filter(|other| other.fetch.path == fetch.path && !other.over).count();
        let most = match self.settings.lanes {
            Lanes::Auto(most) | Lanes::Fixed(most) => most,
        };
        let others = || self.connections.values().filter(|other| !other.over);
        let same = |path: usize| self.settings.paths[path].source == source;
        if self.settings.paths[fetch.path].one_at_a_time && others().any(|other| same(other.fetch.path)) {
            return Err(format!("asked source {source} for two things at a time"));
        }
        if busy >= most {
            return Err(format!("{busy} lanes and one more on path {}", fetch.path));
        }
        let faults = self.has_faults();
        let restarts = self.download.as_ref().map_or(0, |download| download.counts().restarts);
        let known = self.told == Some((self.process, restarts));
        self.servers[usize::from(source)].known = known;
        let mut answer = self.servers[usize::from(source)].answer(&fetch, faults, now, &mut self.random);
        answer.retry_after = answer.head.retry_after;
        let is_hedge = self.connections.values().any(|other| {
            let positions = |fetch: &Fetch| match fetch.range {
                byteranges::download::Asked::Range(range) => Some(range),
                _ => None,
            };
            positions(&fetch).zip(positions(&other.fetch)).is_some_and(|(one, two)| one.gap_to(two) == 0)
        });
        let strong_tag = answer.head.etag.clone().filter(|tag| !tag.is_weak());
        self.tamper.answer(&fetch, &mut answer, is_hedge);
        let precondition = matches!(fetch.precondition, Precondition::IfMatch(_) | Precondition::IfRange(_));
        self.facts.insert((0, fetch.ask), Fact { precondition, strong_tag });
        let ask = fetch.ask;
        if faults && self.random.chance(3) {
            let failed = Event::Failed { ask, failure: Failure::Connect };
            self.after(20, Occurrence::Tell(failed));
        } else {
            self.at(now + answer.delay, Occurrence::Head(ask));
        }
        let summary = format!(
            "     {} {:?} cut {:?} version {} tag {:?}",
            answer.head.status, answer.head.placement, answer.cut, answer.version, answer.head.etag
        );
        self.note(|| summary);
        self.connections
            .insert(ask, Connection { fetch, answer, delivered: 0, buffer: VecDeque::new(), over: false });
        Ok(())
    }

    pub(super) fn take(&mut self, ask: AskId, count: u64) -> Result<Vec<u8>, String> {
        // A connection may be gone with its link; what it had delivered is gone too, and was told so.
        let connection =
            self.connections.get_mut(&ask).ok_or_else(|| format!("{ask} has no octets to place"))?;
        let count = count as usize;
        if connection.buffer.len() < count || count == 0 {
            return Err(format!(
                "{count} octets of request {ask} placed, {} are there",
                connection.buffer.len()
            ));
        }
        Ok(connection.buffer.drain(..count).collect())
    }
}
