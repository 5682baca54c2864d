//! Whether what a process ended with is what it says.
//!
//! In: a report, and what is on the disk. Out: the end of the run, another process, or a violation.

use super::*;

impl World {
    /// Judges the end of a process.
    pub(super) fn end(&mut self, mut report: Report) -> Step {
        self.note(|| format!("  == {report:?}"));
        self.tamper.report(&mut report);
        let allowed = if self.settings.on_change == OnChange::Fail { 0 } else { self.settings.restarts };
        if report.counts.restarts > allowed {
            return Err(format!("{} new versions followed, {allowed} allowed", report.counts.restarts));
        }
        self.summary.requests += report.counts.requests;
        self.summary.hedged += report.counts.hedged;
        self.summary.stolen += report.counts.stolen;
        self.summary.restarts += u64::from(report.counts.restarts);
        match report.outcome {
            Ok(rung) => {
                let length = report.identity.as_ref().and_then(|identity| identity.complete_length);
                if let (Some(files), Some(length)) = (&mut self.files, length) {
                    files.cut(length);
                }
                self.judge(rung, &report)?;
                self.summary.rung = Some(rung);
                self.done = true;
                Ok(())
            }
            Err(fault) => self.failed(fault),
        }
    }

    pub(super) fn failed(&mut self, fault: Fault) -> Step {
        self.summary.honest_errors += 1;
        if !self.has_faults() {
            self.ends_after_calm += 1;
            if self.ends_after_calm == 4 {
                // The user gives up what is held, and begins anew.
                self.files = None;
            }
            let restless = |server: &Server| matches!(server.traits.tags, Tags::PerRequest | Tags::PerNode);
            if fault == Fault::RepresentationChanged
                && self.settings.on_change == OnChange::Fail
                && self.servers.iter().any(restless)
            {
                // Tags that never stay the same are changes without end, and the user wants no change.
                self.done = true;
                return Ok(());
            }
            if self.ends_after_calm > 5 {
                return Err(format!("faults have stopped, and it fails again and again: {fault}"));
            }
        }
        self.restart();
        Ok(())
    }

    /// Whether what is on the disk is what the report says.
    pub(super) fn judge(&self, rung: Assurance, report: &Report) -> Step {
        let files = self.files.as_ref().ok_or("done without a file")?;
        let length = report.identity.as_ref().and_then(|identity| identity.complete_length);
        if Some(files.cache.len() as u64) != length {
            return Err(format!("{} octets in the file, {length:?} in the report", files.cache.len()));
        }
        if !files.dirty.is_empty() || files.cache != files.durable {
            return Err("done, and not everything is durable".to_owned());
        }
        if rung < self.settings.assurance {
            return Err(format!("{rung} reached, {} wanted", self.settings.assurance));
        }
        let is_one_version = self
            .servers
            .iter()
            .flat_map(|server| &server.versions)
            .any(|version| version.content == files.cache);
        if rung >= Assurance::Compared && !is_one_version {
            return Err(format!("a mix at {rung}"));
        }
        let mut asks: Vec<_> = files.origin.iter().flatten().copied().collect();
        asks.sort_unstable();
        asks.dedup();
        if rung == Assurance::Single && asks.len() > 1 {
            return Err(format!("single, from {} answers", asks.len()));
        }
        if matches!(rung, Assurance::Compared | Assurance::Pinned) {
            self.judge_tags(rung, &asks)?;
        }
        if rung == Assurance::Overlap {
            self.judge_seams(files, report)?;
        }
        let hedge_limit = length.unwrap_or(0) * self.settings.hedge_permille / 1000;
        if report.counts.hedged > hedge_limit + report.counts.hedged * u64::from(report.counts.restarts) {
            return Err(format!("{} octets hedged, {hedge_limit} allowed", report.counts.hedged));
        }
        Ok(())
    }

    /// Whether each place where two answers meet was compared, on both sides, by one answer.
    pub(super) fn judge_seams(&self, files: &Files, report: &Report) -> Step {
        let at = |position: u64| ByteRange::with_length(position, 1);
        for (position, pair) in (1_u64..).zip(files.origin.windows(2)) {
            let (Some(before), Some(after)) = (at(position - 1), at(position)) else { continue };
            let holds = |(key, octets): (&(u32, AskId), &ByteSet)| {
                key.0 == files.generation
                    && octets.covers(before)
                    && (Some(key.1) == pair[1] || octets.covers(after))
            };
            let bound = pair.iter().all(|ask| ask.is_some_and(|ask| self.is_bound(ask, report)));
            if pair[0] != pair[1] && !bound && !self.compared.iter().any(holds) {
                return Err(format!("overlap, and nobody compared at {position}"));
            }
        }
        Ok(())
    }

    /// Whether an answer carried the strong tag of what was fetched.
    fn is_bound(&self, ask: AskId, report: &Report) -> bool {
        let own = report.identity.as_ref().and_then(|identity| identity.strong_tag());
        let tag = self.facts.get(&(0, ask)).and_then(|fact| fact.strong_tag.as_ref());
        own.zip(tag).is_some_and(|(own, tag)| own.strong_eq(tag))
    }

    pub(super) fn judge_tags(&self, rung: Assurance, asks: &[AskId]) -> Step {
        let facts: Vec<_> = asks.iter().filter_map(|ask| self.facts.get(&(0, *ask))).collect();
        if facts.len() < asks.len() {
            return Err(format!("{rung}, and some octets came in no answer"));
        }
        let first = facts.first().and_then(|fact| fact.strong_tag.clone());
        let equal = first.is_some_and(|first| {
            facts.iter().all(|fact| fact.strong_tag.as_ref().is_some_and(|tag| tag.strong_eq(&first)))
        });
        if !equal {
            return Err(format!("{rung}, and not every answer had the same strong tag"));
        }
        let bare = facts.iter().filter(|fact| !fact.precondition).count();
        if rung == Assurance::Pinned && bare > 1 {
            return Err(format!("pinned, and {bare} answers were asked without precondition"));
        }
        Ok(())
    }
}

/// Whether octets that a journal names are durable, and of the version that it names.
pub(super) fn check_held(files: &Files, etag: &Option<EntityTag>, held: &Held, servers: &[Server]) -> Step {
    let range = held.range;
    let span = range.first() as usize..range.half_open().end as usize;
    let Some(durable) = files.durable.get(span.clone()) else {
        return Err(format!("the journal names {range}, past the end of the file"));
    };
    if files.dirty.intersects(range) || files.cache[span.clone()] != *durable {
        return Err(format!("the journal names {range}, which is not durable"));
    }
    let Some(tag) = etag.as_ref().filter(|tag| !tag.is_weak()) else { return Ok(()) };
    // Nobody says that these are of this version, and the journal does not either.
    if matches!(held.proof, Proof::Found | Proof::Mirrored) {
        return Ok(());
    }
    let text = String::from_utf8_lossy(tag.as_header_value().as_bytes()).into_owned();
    let mut words = text.trim_matches('"').split('-');
    let number = |word: Option<&str>| word.and_then(|word| word.get(1..)?.parse::<usize>().ok());
    let (mirror, version) = (number(words.next()), number(words.next()));
    let content = servers
        .iter()
        .find(|server| Some(server.mirror as usize) == mirror)
        .and_then(|server| server.versions.get(version?))
        .and_then(|version| version.content.get(span));
    if content == Some(durable) {
        Ok(())
    } else {
        Err(format!("the journal names {range} of {text}, and it is not"))
    }
}
