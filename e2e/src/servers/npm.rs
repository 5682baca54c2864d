//! Two of npm's: `send`, which Express serves files with, and `serve`.

use std::{path::PathBuf, process::Command};

use super::{Place, Recipe, program, version_of};
use crate::place::workspace;

pub(super) const RECIPES: [Recipe; 2] = [
    Recipe {
        name: "send",
        configuration: "npm; `send(request, path, { root })` in node's http, as its documentation shows it",
        version: || package_version("send"),
        command: |place| node("send.mjs", place),
    },
    Recipe {
        name: "serve",
        configuration: "npm; `serve --listen --no-clipboard`",
        version: || package_version("serve"),
        command: serve,
    },
];

fn node(script: &str, place: &Place) -> Command {
    let mut command = Command::new(program("node"));
    command.arg(folder().join(script)).arg(&place.root).arg(place.port.to_string());
    command
}

fn serve(place: &Place) -> Command {
    let mut command = Command::new(program("node"));
    command.arg(folder().join("node_modules/serve/build/main.js"));
    command.args(["--no-clipboard", "--listen", &format!("tcp://127.0.0.1:{}", place.port)]).arg(&place.root);
    command
}

fn folder() -> PathBuf {
    workspace().join("field/npm")
}

fn package_version(name: &str) -> String {
    let expression = format!("require('{}/node_modules/{name}/package.json').version", folder().display());
    version_of(&program("node"), &["-p", &expression])
}
