//! Real browsers, real clients and real servers against swath: the harness their tests share.
//!
//! In: the built `swath` binary and the programs that `e2e/setup.sh` installs. Out: what each program did, and the exchange
//! records that swath kept of it.
//!
//! A harness that cannot do its part panics with a sentence: there is no test left to run. What it starts is ended by `Drop`,
//! by process id, so a failed test leaves nothing behind but its logs. Nothing is skipped when a program
//! is missing; the panic says which, and `e2e/setup.sh` installs it.

pub mod clients;
pub mod swath;

pub mod audited;
pub mod chance;
pub mod clip;
mod console;
pub mod display;
pub mod driver;
pub mod engine;
pub mod field;
pub mod forgetful;
pub mod h2_only;
pub mod links;
pub mod nginx;
pub mod place;
pub mod process;
pub mod proxy;
pub mod servers;
pub mod stand;
pub mod transcript;
pub mod turn;
pub mod video;
pub mod viewing;
