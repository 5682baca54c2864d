//! static-web-server: defaults.

use std::process::Command;

use super::{Place, Recipe, program, version_of};

pub(super) const RECIPE: Recipe = Recipe {
    name: "static-web-server",
    configuration: "`cargo install`; `--root`, `--host`, `--port`",
    version: || version_of(&program("static-web-server"), &["--version"]),
    command,
};

fn command(place: &Place) -> Command {
    let mut command = Command::new(program("static-web-server"));
    command.args(["--host", "127.0.0.1", "--port", &place.port.to_string(), "--root"]).arg(&place.root);
    command
}
