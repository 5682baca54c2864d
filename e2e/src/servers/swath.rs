//! swath itself: defaults.

use std::process::Command;

use super::{Place, Recipe, version_of};
use crate::swath::binary;

pub(super) const RECIPE: Recipe = Recipe {
    name: "swath",
    configuration: "this tree; `--listen`",
    version: || version_of(&binary(), &["--version"]),
    command,
};

fn command(place: &Place) -> Command {
    let mut command = Command::new(binary());
    command.args(["serve", "--listen", &format!("127.0.0.1:{}", place.port)]).arg(&place.root);
    command
}
