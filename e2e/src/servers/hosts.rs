//! The hosts of `field/hosts`: other Rust projects' file services, as their documentation shows them.

use std::{path::PathBuf, process::Command};

use super::{Place, Recipe};
use crate::place::workspace;

pub(super) const RECIPES: [Recipe; 5] = [
    Recipe {
        name: "tower-http",
        configuration: "`ServeDir::new` in axum",
        version: || locked("tower-http"),
        command: |place| command("tower-http", place),
    },
    Recipe {
        name: "actix-files",
        configuration: "`Files::new` in actix-web",
        version: || locked("actix-files"),
        command: |place| command("actix-files", place),
    },
    Recipe {
        name: "axum-range",
        configuration: "`Ranged` over `KnownSize::file` in axum; the host adds no validators",
        version: || locked("axum-range"),
        command: |place| command("axum-range", place),
    },
    Recipe {
        name: "warp",
        configuration: "`warp::fs::dir`",
        version: || locked("warp"),
        command: |place| command("warp", place),
    },
    Recipe {
        name: "hyper-staticfile",
        configuration: "`Static::new` under hyper",
        version: || locked("hyper-staticfile"),
        command: |place| command("hyper-staticfile", place),
    },
];

fn command(name: &str, place: &Place) -> Command {
    let mut command = Command::new(folder().join("target/release").join(name));
    command.arg(&place.root).arg(place.port.to_string());
    command
}

fn folder() -> PathBuf {
    workspace().join("field/hosts")
}

/// Gives the version of a crate that the hosts' lock file names.
fn locked(name: &str) -> String {
    let path = folder().join("Cargo.lock");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let entry = format!("name = \"{name}\"\nversion = \"");
    let (_, rest) = text.split_once(&entry).unwrap_or_else(|| panic!("{name} is not in {}", path.display()));
    rest.split('"').next().expect("a split has a first part").to_owned()
}
