//! Caddy: `file_server`, which is Go's `http.ServeContent` with an entity tag.

use std::process::Command;

use super::{Place, Recipe, program, version_of};

pub(super) const RECIPE: Recipe = Recipe {
    name: "caddy",
    configuration: "Debian's package; `root`, `file_server`, no TLS, no admin interface",
    version: || version_of(&program("caddy"), &["version"]),
    command,
};

fn command(place: &Place) -> Command {
    let file = place.write(
        "Caddyfile",
        &format!(
            "{{\n\tadmin off\n\tauto_https off\n}}\nhttp://127.0.0.1:{} {{\n\tbind 127.0.0.1\n\troot * {}\n\tfile_server\n}}\n",
            place.port,
            place.root.display()
        ),
    );
    let mut command = Command::new(program("caddy"));
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file);
    // It keeps state in the home folder unless told otherwise.
    for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
        command.env(name, &place.folder);
    }
    command
}
