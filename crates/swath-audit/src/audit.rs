//! An audit: a target and options in, a report out. Cases first, then what asks for itself, then the form of it all.

use std::collections::HashMap;

use swath_spec::{Answer, Fixture, Row};

use crate::{
    check::{Check, checks},
    client::{Ask, Client, Exchange, Trouble},
    decision::{Due, How, judge},
    finding::{Finding, Verdict},
    forms::{self, Evidence},
    learn::{Learnt, learn},
    options::Options,
    probes,
    record::{Record, Records, Scope},
    replay::{Does, Replay, replay},
    report::{Report, Resource, Result as CheckResult, Shown},
    scale::Scale,
    target::Target,
};

/// Says why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum CouldNot {
    /// The server or the way to it.
    #[error("{url}: {why}")]
    Reach {
        /// What was to be audited.
        url: String,
        /// What happened.
        why: Trouble,
    },
    /// This program's own list of checks.
    #[error(transparent)]
    List(#[from] crate::check::ListError),
}

/// Audits one URL.
pub async fn audit(target: Target, options: &Options) -> Result<Report, CouldNot> {
    let url = target.shown();
    let failed = |why| CouldNot::Reach { url: url.clone(), why };
    let mut options = options.clone();
    let stated = options.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    if let Some(credentials) = target.credentials().filter(|_| !stated) {
        options.fields.push(crate::basic(&credentials));
    }
    let mut client = Client::new(target, options.clone()).map_err(failed)?;
    let mut records = Records::default();
    let learnt = learn(&mut client, &mut records).await.map_err(failed)?;
    let mut audit = Audit { client, options, records, learnt, found: HashMap::new() };
    let checks = checks()?;
    audit.run(&checks).await;
    let replays = audit.replays().await;
    Ok(audit.report(&checks, replays))
}

struct Audit {
    client: Client,
    options: Options,
    records: Records,
    learnt: Learnt,
    found: HashMap<&'static str, Finding>,
}

impl Audit {
    async fn run(&mut self, checks: &[Check]) {
        // Forms come last: they look at what the others have asked. Until nothing more can be judged, since a check
        // may stand before one that it presupposes.
        for form in [false, true] {
            let mut left: Vec<&Check> =
                checks.iter().filter(|check| !self.found.contains_key(check.id)).collect();
            while !left.is_empty() {
                let before = left.len();
                let mut later = Vec::new();
                for check in left {
                    match self.judge(check, form).await {
                        Some(finding) => drop(self.found.insert(check.id, finding)),
                        None => later.push(check),
                    }
                }
                if later.len() == before {
                    break;
                }
                left = later;
            }
        }
    }

    /// Replays the clients that were asked for.
    async fn replays(&mut self) -> Vec<Replay> {
        let mut replays = Vec::new();
        for player in self.options.players.clone() {
            let played = replay(player, &mut self.client, &self.learnt, &mut self.records).await;
            replays.push(played.unwrap_or_else(|trouble| Replay {
                player,
                outcomes: vec![(Does::Start, Some(trouble.to_string()))],
                before_jump: 0,
                offered: 0,
            }));
        }
        replays
    }

    /// Judges one check; `None` if its turn has not come.
    async fn judge(&mut self, check: &Check, form: bool) -> Option<Finding> {
        for other in &check.presupposes {
            match self.presupposed(other) {
                Some(None) => {}
                Some(Some(why)) => return Some(Finding::Moot(why)),
                // What only waits for a form is judged without it, unless it is one itself.
                None => return None,
            }
        }
        if !check.rows.is_empty() {
            return Some(self.cases(check).await);
        }
        let origin = self.options.origin.clone();
        let asked =
            probes::ask(check.id, &mut self.client, &self.learnt, &mut self.records, origin.as_deref()).await;
        match asked {
            Some(Ok(finding)) => return Some(finding),
            Some(Err(trouble)) => return Some(failed(&trouble)),
            None if self.is_early(check.id) || form => {}
            None => return None,
        }
        let evidence = Evidence { learnt: &self.learnt, records: &self.records };
        forms::judge(check.id, &evidence).or_else(|| Some(Finding::moot("nothing was asked about it")))
    }

    /// Forms that hang on what was learnt alone, and that others presuppose.
    fn is_early(&self, id: &str) -> bool {
        matches!(id, "accept" | "etag" | "etag-syntax" | "modified")
    }

    /// Tells whether a presupposition holds (`Some(None)`), fails with a reason, or is not settled yet.
    fn presupposed(&self, other: &str) -> Option<Option<String>> {
        let lacking = |holds: bool, why: &str| Some((!holds).then(|| why.to_owned()));
        match other {
            "@origin" => return lacking(self.options.origin.is_some(), "no --origin was given"),
            "@coded" => return lacking(self.learnt.coded.is_some(), "there is no coded form"),
            "@missing" => {
                return lacking(self.learnt.missing.is_some(), "an absent target is not answered by 404");
            }
            "@no-ranges" => return lacking(!self.learnt.ranges, "ranges are supported"),
            _ => {}
        }
        Some(match self.found.get(other)? {
            Finding::Kept(_) => None,
            Finding::Lesser { .. } | Finding::Broken { .. } => {
                Some(format!("it makes sense only where {other} holds"))
            }
            Finding::Moot(why) => Some(why.clone()),
        })
    }

    async fn cases(&mut self, check: &Check) -> Finding {
        let mut kept = None;
        let mut lesser = None;
        let mut moot = None;
        for row in &check.rows {
            let finding = match self.case(check, row).await {
                Ok(finding) => finding,
                Err(trouble) => failed(&trouble),
            };
            match finding {
                Finding::Broken { said, at } => {
                    if let Some(at) = at {
                        self.records.blame(at);
                    }
                    return Finding::Broken { said: format!("{said} ({})", row.id), at };
                }
                Finding::Lesser { .. } => lesser = lesser.or(Some(finding)),
                Finding::Kept(at) => kept = kept.or(Some(at)),
                Finding::Moot(why) => moot = moot.or(Some(why)),
            }
        }
        match (lesser, kept, moot) {
            (Some(lesser), ..) => lesser,
            (None, Some(at), _) => Finding::Kept(at),
            (None, None, why) => Finding::Moot(why.unwrap_or_else(|| "there is no case for it".to_owned())),
        }
    }

    async fn case(&mut self, check: &Check, row: &Row) -> Result<Finding, Trouble> {
        let (ask, due, scope) = match self.prepare(row) {
            Ok(prepared) => prepared,
            Err(why) => return Ok(Finding::Moot(why)),
        };
        let exchange = self.client.ask(&ask).await?;
        if scope == Scope::Coded && self.is_uncoded(&exchange) {
            self.records.add(Record { exchange, scope: Scope::Elsewhere, due: None, blamed: false });
            return Ok(Finding::moot("with Range, the uncoded form is served"));
        }
        let record = Record { exchange, scope, due: Some(due.ours.clone()), blamed: false };
        let at = self.records.add(record);
        let Some(exchange) = self.records.exchange(at) else { return Ok(Finding::moot("")) };
        let refuses = matches!(check.requirement, "R-14.2-13" | "R-13.1.3-2");
        Ok(judge(row, &due, exchange, at, How { ranges: self.learnt.ranges, refuses }))
    }

    /// Tells whether a server that was asked for a range, and could have coded, chose the uncoded form: that is its right (§12.1).
    ///
    /// Whether the octets are then those of that form is the check coded-slices' affair.
    fn is_uncoded(&self, exchange: &Exchange) -> bool {
        let unsatisfied =
            || exchange.text("content-range") == Some(format!("bytes */{}", self.learnt.length));
        exchange.one("content-encoding").is_none()
            && (exchange.status == 206 || exchange.status == 416 && unsatisfied())
    }

    /// Makes a case's request and due answers; the error is why it does not apply here.
    fn prepare(&self, row: &Row) -> Result<(Ask, Due, Scope), String> {
        let learnt = &self.learnt;
        let mut scope = if row.method == "OPTIONS" { Scope::Elsewhere } else { Scope::Plain };
        let (mut own, mut length) = (&learnt.own, learnt.length);
        let mut ask = Ask::new(row.method);
        match row.fixture {
            Fixture::Missing => {
                let path = learnt.missing.clone().ok_or("an absent target is not answered by 404")?;
                (ask, scope) = (ask.path(path), Scope::Elsewhere);
            }
            Fixture::FGzGzip => {
                let coded = learnt.coded.as_ref().ok_or("there is no coded form")?;
                length = coded.length.ok_or("the coded form is too long to be read")?;
                (own, scope) = (&coded.own, Scope::Coded);
            }
            fixture => applies(fixture, learnt)?,
        }
        let strongly = row.asks("if-match") || row.asks("if-range");
        let fields = row.request(own)?;
        if strongly && row.fixture != Fixture::FWeak {
            let opaque =
                own.etag.as_deref().filter(|tag| tag.starts_with(b"W/")).and_then(|tag| tag.get(2..));
            let uses =
                |value: &[u8]| opaque.is_some_and(|tag| value.windows(tag.len()).any(|part| part == tag));
            if fields.iter().any(|(_, value)| uses(value)) {
                return Err("the tag is weak".to_owned());
            }
        }
        let by_date = row.asks("if-modified-since") && !row.asks("if-none-match");
        if by_date && own.last_modified.is_none() && row.ours == Answer::Status(304) {
            return Err("there is no modification date".to_owned());
        }
        let scale = Scale::new(row.fixture, length);
        if scale.is_none() && row.asks("range") && row.fixture != Fixture::Missing {
            return Err(format!("{length} octets are too few for it"));
        }
        for (name, value) in fields {
            let value = match &scale {
                Some(scale) if name.eq_ignore_ascii_case("range") => scale.range(&value),
                _ => value,
            };
            ask = ask.field(name, value);
        }
        let scaled = |answer| scale.map_or_else(|| Clone::clone(answer), |scale: Scale| scale.answer(answer));
        let due = Due { ours: scaled(&row.ours), also: row.also.iter().map(scaled).collect() };
        Ok((ask, due, scope))
    }

    fn report(self, checks: &[Check], replays: Vec<Replay>) -> Report {
        let results = checks.iter().map(|check| {
            let finding = self.found.get(check.id);
            let (verdict, said, at) = match finding {
                Some(Finding::Kept(at)) => (Verdict::Pass, None, *at),
                Some(Finding::Broken { said, at }) => (Verdict::on(check.level), Some(said.clone()), *at),
                Some(Finding::Lesser { verdict, said, at }) => (*verdict, Some(said.clone()), *at),
                Some(Finding::Moot(why)) => (Verdict::Na, Some(why.clone()), None),
                None => (Verdict::Na, Some("what it presupposes could not be judged".to_owned()), None),
            };
            CheckResult { check: check.clone(), verdict, said, shown: at.and_then(|at| self.shown(at)) }
        });
        let results = results.collect();
        Report {
            url: self.client.target().shown(),
            resource: Resource {
                server: self.learnt.server.clone(),
                length: self.learnt.length,
                etag: self.learnt.own.etag.as_ref().map(|tag| String::from_utf8_lossy(tag).into_owned()),
                last_modified: self.own_text("last-modified"),
                content_type: self.own_text("content-type"),
                ranges: self.learnt.ranges,
            },
            spent: self.client.spent,
            results,
            replays,
        }
    }

    fn own_text(&self, name: &str) -> Option<String> {
        self.learnt.own.field(name).map(|value| String::from_utf8_lossy(value).into_owned())
    }

    fn shown(&self, at: usize) -> Option<Shown> {
        let exchange = &self.records.get(at)?.exchange;
        let secret = self.options.fields.iter().filter(|(name, _)| {
            name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("cookie")
        });
        let mut request = String::from_utf8_lossy(&exchange.request).into_owned();
        for (_, value) in secret {
            // A report is shown to others.
            request = request.replace(String::from_utf8_lossy(value).as_ref(), "…");
        }
        Some(Shown { request, answer: String::from_utf8_lossy(&exchange.head).into_owned() })
    }
}

/// Tells whether cases of a fixture say something about this resource.
fn applies(fixture: Fixture, learnt: &Learnt) -> Result<(), String> {
    let weak = learnt.own.etag.as_deref().is_some_and(|tag| tag.starts_with(b"W/"));
    let (tagged, dated) = (learnt.own.etag.is_some(), learnt.own.last_modified.is_some());
    let lacking = |holds: bool, why: &str| if holds { Ok(()) } else { Err(why.to_owned()) };
    match fixture {
        Fixture::F0 => lacking(learnt.length == 0, "the resource is not empty"),
        Fixture::FDate => lacking(!tagged && dated, "there is a tag"),
        Fixture::FNov => lacking(!tagged && !dated, "there is a validator"),
        Fixture::FWeak => lacking(weak, "the tag is strong"),
        Fixture::Dyn => lacking(!learnt.ranges, "ranges are supported"),
        Fixture::F10 | Fixture::F2048 | Fixture::F10k => Ok(()),
        Fixture::FBig => lacking(learnt.length > (1 << 33), "the resource is shorter than 2^33 octets"),
        _ => Err("only on a server of one's own".to_owned()),
    }
}

/// What it means that there is no answer.
fn failed(trouble: &Trouble) -> Finding {
    match trouble {
        Trouble::Spent(_) => Finding::Moot(trouble.to_string()),
        _ => Finding::Broken { said: trouble.to_string(), at: None },
    }
}
