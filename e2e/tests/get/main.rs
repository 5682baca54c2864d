//! `swath get` and `swath cat` against the world: an origin that misbehaves, real servers, real links, sudden ends.

mod asked;
mod killed;
mod links;
mod powerless;
mod refused;
mod rows;
mod servers;
mod sudden;
mod wide;

use swath_trial::programs::{Program, swath};

/// swath, eight lanes, as the table of clients runs it.
fn program() -> Program {
    swath(&swath_e2e::swath::binary())
}
