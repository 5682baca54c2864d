//! Python's `http.server`, which knows nothing of ranges.

use std::{path::Path, process::Command};

use super::{Place, Recipe, version_of};

pub(super) const RECIPE: Recipe = Recipe {
    name: "python",
    configuration: "Debian's python3; `python3 -m http.server --bind --directory PORT`",
    version: || version_of(Path::new(PYTHON), &["--version"]),
    command,
};

/// Debian's, whatever else a developer has on the path.
const PYTHON: &str = "/usr/bin/python3";

fn command(place: &Place) -> Command {
    let mut command = Command::new(PYTHON);
    command.args(["-m", "http.server", "--bind", "127.0.0.1", "--directory"]).arg(&place.root);
    command.arg(place.port.to_string());
    command
}
