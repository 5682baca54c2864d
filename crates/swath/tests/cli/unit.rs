//! The units in `contrib/`: held to what the program knows, and to systemd where it is installed.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::harness;

fn contrib(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contrib").join(name)
}

#[test]
fn systemd_takes_the_units_as_they_are() {
    let directory = tempfile::tempdir().expect("a directory");
    // The installed path is replaced by the built one, since systemd looks for it.
    let service = fs::read_to_string(contrib("swath.service")).expect("the unit");
    assert!(service.contains("ExecStart=/usr/local/bin/swath serve"));
    let service = service.replace("/usr/local/bin/swath", harness::binary().to_str().expect("UTF-8"));
    let service_path = directory.path().join("swath.service");
    fs::write(&service_path, service).expect("written");
    let socket_path = directory.path().join("swath.socket");
    fs::copy(contrib("swath.socket"), &socket_path).expect("copied");
    match Command::new("systemd-analyze").arg("verify").args([&service_path, &socket_path]).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success() && said.is_empty(), "{said}");
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            eprintln!("systemd is not installed here: the units were not verified by it");
        }
        Err(error) => panic!("systemd-analyze: {error}"),
    }
}

#[test]
fn variables_in_the_units_name_settings() {
    for name in ["swath.service", "swath.socket"] {
        let unit = fs::read_to_string(contrib(name)).expect("the unit");
        let reference = include_str!("../../../../docs/config.md");
        let words = unit.split(|c: char| !(c.is_ascii_uppercase() || c == '_'));
        for variable in words.filter(|word| word.starts_with("SWATH_") && word.len() > "SWATH_".len()) {
            assert!(reference.contains(&format!("`{variable}`")), "{name}: {variable}");
        }
    }
}
