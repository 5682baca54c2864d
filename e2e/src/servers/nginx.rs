//! nginx: defaults, in one process.

use std::process::Command;

use super::{Place, Recipe, program, version_of};

pub(super) const RECIPE: Recipe = Recipe {
    name: "nginx",
    configuration: "Debian's package; `root`, `listen`, one process, temporary folders of its own",
    version: || version_of(&program("nginx"), &["-v"]),
    command,
};

fn command(place: &Place) -> Command {
    let folder = place.folder.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|what| format!("    {what}_temp_path {folder}/{what};\n"))
        .concat();
    let file = place.write(
        "nginx.conf",
        &format!(
            "daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n    access_log off;\n{temporary}    \
             server {{\n        listen 127.0.0.1:{};\n        root {};\n    }}\n}}\n",
            place.port,
            place.root.display()
        ),
    );
    let mut command = Command::new(program("nginx"));
    command.args(["-e", "stderr", "-p"]).arg(&place.folder).arg("-c").arg(file);
    command
}
