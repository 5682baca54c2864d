//! Apache httpd: the core and an MPM, defaults.

use std::process::Command;

use super::{Place, Recipe, program, version_of};

pub(super) const RECIPE: Recipe = Recipe {
    name: "apache",
    configuration: "Debian's apache2-bin; `DocumentRoot`, `Listen`, `Require all granted`, mpm_event, authz_core",
    version: || version_of(&program("apache2"), &["-v"]),
    command,
};

/// Where Debian keeps the modules.
const MODULES: &str = "/usr/lib/apache2/modules";

fn command(place: &Place) -> Command {
    let (folder, root) = (place.folder.display(), place.root.display());
    let file = place.write(
        "httpd.conf",
        &format!(
            "ServerRoot {folder}\nDefaultRuntimeDir {folder}\nPidFile {folder}/httpd.pid\nMutex file:{folder} default\nServerName 127.0.0.1\n\
             Listen 127.0.0.1:{port}\nErrorLog /dev/stderr\nLoadModule mpm_event_module {MODULES}/mod_mpm_event.so\n\
             LoadModule authz_core_module {MODULES}/mod_authz_core.so\n\
             # Used only when started as root.\nUser www-data\nGroup www-data\n\
             DocumentRoot {root}\n<Directory {root}>\n    Require all granted\n</Directory>\n",
            port = place.port
        ),
    );
    let mut command = Command::new(program("apache2"));
    command.arg("-DFOREGROUND").arg("-f").arg(file);
    command
}
