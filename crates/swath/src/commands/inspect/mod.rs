//! `swath inspect`: in, a recording; out, the inspector's page, or the exchanges as text, JSON or HAR.

pub(crate) mod checks;
