//! All exchanges of an audit, in order: the evidence.

use swath_spec::Answer;

use crate::client::Exchange;

/// Tells what an exchange was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The resource in its plain form.
    Plain,
    /// The same, asked again on a connection of its own.
    Again,
    /// Its coded form.
    Coded,
    /// Something else: another target, another method, a request malformed on purpose.
    Elsewhere,
}

/// Holds one exchange and what it was for.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) exchange: Exchange,
    pub(crate) scope: Scope,
    /// What the case would have the server answer.
    pub(crate) due: Option<Answer>,
    /// Whether a check has already found the answer itself wrong; its form is then not judged.
    pub(crate) blamed: bool,
}

impl Record {
    pub(crate) fn plain(exchange: Exchange) -> Self {
        Self { exchange, scope: Scope::Plain, due: None, blamed: false }
    }
}

/// Holds all exchanges.
#[derive(Debug, Default)]
pub(crate) struct Records(Vec<Record>);

impl Records {
    pub(crate) fn add(&mut self, record: Record) -> usize {
        self.0.push(record);
        self.0.len() - 1
    }

    pub(crate) fn get(&self, at: usize) -> Option<&Record> {
        self.0.get(at)
    }

    pub(crate) fn exchange(&self, at: usize) -> Option<&Exchange> {
        self.0.get(at).map(|record| &record.exchange)
    }

    pub(crate) fn blame(&mut self, at: usize) {
        if let Some(record) = self.0.get_mut(at) {
            record.blamed = true;
        }
    }

    /// Gives the exchanges that asked again on other connections.
    pub(crate) fn again(&self) -> Vec<(usize, Exchange)> {
        let again = self.0.iter().enumerate().filter(|(_, record)| record.scope == Scope::Again);
        again.map(|(at, record)| (at, record.exchange.clone())).collect()
    }

    /// Gives the exchanges whose form can be judged.
    pub(crate) fn sound(&self) -> impl Iterator<Item = (usize, &Record)> {
        self.0.iter().enumerate().filter(|(_, record)| !record.blamed)
    }
}
