//! One case: a request to a fixture, and the answers that are right.

use crate::answer::Answer;
use crate::cell::Template;
use crate::fixture::Fixture;
use crate::own::Own;
use crate::requirement::Level;

/// States one case: the request, our answer, and the others that conform.
#[derive(Debug, Clone)]
pub struct Row {
    /// The case's name, unique over all tables.
    pub id: &'static str,
    /// The ids of the requirements it shows.
    pub requirements: Vec<&'static str>,
    /// What is asked for.
    pub fixture: Fixture,
    /// The request's method.
    pub method: &'static str,
    /// What `swath` answers.
    pub ours: Answer,
    /// What else conforms.
    pub also: Vec<Answer>,
    /// How binding the requirement is; a checker's verdict on any other answer follows from it.
    pub level: Level,
    /// The section of RFC 9110 (another document is named).
    pub section: &'static str,
    /// Where the case can be run.
    pub transports: Transports,
    fields: Vec<(&'static str, Template)>,
}

/// Names a way on which cases are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A function call, without a socket.
    Unit,
    /// HTTP/1.1 in plain text.
    H1,
    /// HTTP/2 in plain text, by prior knowledge.
    H2,
    /// HTTP/1.1 or HTTP/2 under TLS.
    Tls,
}

/// Lists the transports of a case; a list that is not `all` says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transports {
    named: Vec<Transport>,
    /// Why the others cannot run it; empty for `all`.
    pub reason: &'static str,
}

impl Transports {
    /// Tells whether the case can be run on this transport.
    pub fn contains(&self, transport: Transport) -> bool {
        self.named.contains(&transport)
    }

    fn read(cell: &'static str) -> Result<Self, String> {
        let every = [Transport::Unit, Transport::H1, Transport::H2, Transport::Tls];
        if cell == "all" {
            return Ok(Self { named: every.to_vec(), reason: "" });
        }
        let Some((names, reason)) = cell.split_once(": ") else {
            return Err(format!("transports `{cell}` lack a reason: `unit: why`"));
        };
        let named = names.split(' ').map(|name| match name {
            "unit" => Ok(Transport::Unit),
            "h1" => Ok(Transport::H1),
            "h2" => Ok(Transport::H2),
            "tls" => Ok(Transport::Tls),
            other => Err(format!("no transport is called `{other}`")),
        });
        Ok(Self { named: named.collect::<Result<_, _>>()?, reason })
    }
}

impl Row {
    /// Makes the request's header fields, with this server's validators and clock in them.
    ///
    /// Fails if a placeholder names a validator that the server does not send.
    pub fn request(&self, own: &Own) -> Result<Vec<(&'static str, Vec<u8>)>, String> {
        self.fields
            .iter()
            .map(|(name, template)| {
                template
                    .resolve(own)
                    .map(|value| (*name, value))
                    .map_err(|why| format!("{}: {name}: {why}", self.id))
            })
            .collect()
    }

    /// Tells whether the request has a field of this name.
    pub fn asks(&self, name: &str) -> bool {
        self.fields.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
    }

    /// Gives the values of the fields of one name as bytes, where they hold no placeholder for a validator or date.
    pub fn literals(&self, name: &str) -> Vec<Vec<u8>> {
        let of_name = self.fields.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        of_name.filter_map(|(_, template)| template.literal()).collect()
    }

    pub(crate) fn read(cells: &[&'static str]) -> Result<Self, String> {
        let &[id, requirement, fixture, method, fields, ours, also, level, section, transports] = cells
        else {
            return Err("not ten cells".to_owned());
        };
        Ok(Self {
            id,
            requirements: requirement.split(' ').collect(),
            fixture: Fixture::named(fixture)?,
            method,
            fields: read_fields(fields)?,
            ours: Answer::read(ours)?,
            also: if also == "-" {
                Vec::new()
            } else {
                also.split(" ; ").map(Answer::read).collect::<Result<_, _>>()?
            },
            level: Level::read(level)?,
            section,
            transports: Transports::read(transports)?,
        })
    }
}

fn read_fields(cell: &'static str) -> Result<Vec<(&'static str, Template)>, String> {
    if cell == "-" {
        return Ok(Vec::new());
    }
    let fields = cell.split(" | ").map(|field| {
        let (name, value) = field.split_once(':').ok_or_else(|| format!("`{field}` is no header field"))?;
        Ok((name, Template::read(value.strip_prefix(' ').unwrap_or(value))?))
    });
    fields.collect()
}
