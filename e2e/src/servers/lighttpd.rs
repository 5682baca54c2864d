//! lighttpd: defaults.

use std::process::Command;

use super::{Place, Recipe, program, version_of};

pub(super) const RECIPE: Recipe = Recipe {
    name: "lighttpd",
    configuration: "Debian's package; `server.document-root`, `server.bind`, `server.port`, one type for all files",
    version: || version_of(&program("lighttpd"), &["-v"]),
    command,
};

fn command(place: &Place) -> Command {
    let file = place.write(
        "lighttpd.conf",
        &format!(
            "server.document-root = \"{}\"\nserver.bind = \"127.0.0.1\"\nserver.port = {}\n\
             # Debian's own configuration names types; without one, lighttpd sends no validators.\n\
             mimetype.assign = ( \"\" => \"application/octet-stream\" )\n",
            place.root.display(),
            place.port
        ),
    );
    let mut command = Command::new(program("lighttpd"));
    command.arg("-D").arg("-f").arg(file);
    command
}
