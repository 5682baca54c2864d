//! Looks at the form of all answers of an audit: one check's name and the evidence in, one finding out. Nothing is asked.

mod partial;
mod refusal;
mod set;
mod whole;

use crate::{
    client::Exchange,
    finding::Finding,
    learn::Learnt,
    record::{Record, Records, Scope},
};

/// What a form check looks at.
pub(crate) struct Evidence<'a> {
    pub(crate) learnt: &'a Learnt,
    pub(crate) records: &'a Records,
}

/// Judges by name; `None` if no form check is called so.
pub(crate) fn judge(id: &str, evidence: &Evidence<'_>) -> Option<Finding> {
    whole::judge(id, evidence)
        .or_else(|| partial::judge(id, evidence))
        .or_else(|| set::judge(id, evidence))
        .or_else(|| refusal::judge(id, evidence))
}

impl Evidence<'_> {
    /// Gives the answers about the plain form that satisfy a condition.
    fn plain(&self, wanted: impl Fn(&Exchange) -> bool) -> impl Iterator<Item = (usize, &Record)> {
        let sound = self.records.sound();
        sound.filter(move |(_, record)| record.scope == Scope::Plain && wanted(&record.exchange))
    }

    /// Finds the first answer that breaks a rule among those that it concerns.
    fn each<'r>(
        &self,
        records: impl Iterator<Item = (usize, &'r Record)>,
        none: &str,
        wrong: impl Fn(&Record) -> Option<String>,
    ) -> Finding {
        let mut kept = None;
        for (at, record) in records {
            match wrong(record) {
                Some(said) => return Finding::broken(said, at),
                None => kept = kept.or(Some(at)),
            }
        }
        match kept {
            Some(at) => Finding::Kept(Some(at)),
            None => Finding::moot(none),
        }
    }

    /// The value that the plain 200 has of a field.
    fn own(&self, name: &str) -> Option<&[u8]> {
        self.learnt.own.field(name)
    }

    /// Finds a field that the plain 200 has and this answer has otherwise.
    fn differs(&self, names: &[&str], exchange: &Exchange) -> Option<String> {
        names.iter().find_map(|name| {
            let own = self.own(name)?;
            let said = String::from_utf8_lossy(own).into_owned();
            match exchange.one(name) {
                Some(value) if value == own => None,
                Some(value) => {
                    let value = String::from_utf8_lossy(value);
                    Some(format!("a {} has `{name}: {value}`, the plain 200 `{said}`", exchange.status))
                }
                None => Some(format!("a {} lacks `{name}: {said}` of the plain 200", exchange.status)),
            }
        })
    }

    /// Holds octets against what is known of the whole; tells where they differ first.
    fn octets(&self, first: u64, octets: &[u8]) -> Option<String> {
        let first = usize::try_from(first).ok()?;
        let known = self.learnt.octets.get(first..)?;
        let wrong = octets.iter().zip(known).position(|(seen, due)| seen != due)?;
        Some(format!("the octet at {} is not that of the whole", first.saturating_add(wrong)))
    }
}
