//! One room per command.

pub(crate) mod audit;
pub(crate) mod cat;
pub(crate) mod completions;
pub(crate) mod explain;
pub(crate) mod get;
pub(crate) mod inspect;
pub(crate) mod man;
pub(crate) mod serve;
