//! The command as people meet it: what it prints where, and how it exits. One binary, so that it links once.

mod audit;
mod cat;
mod certificate;
mod config;
mod docs;
mod effects;
mod effects_get;
mod effects_lens;
mod effects_limits;
mod effects_request;
mod explain;
mod get;
mod harness;
mod help;
mod inspect;
mod origin;
mod running;
mod serve;
mod signals;
mod spec;
mod unit;
