//! Holds `docs/config.md` to the table of settings.
//!
//! In: the table. Out: the Markdown between the page's two marks; a test fails when the page says anything else,
//! and writes it anew when `SWATH_WRITE_DOCS` is set.

use std::{env, fmt::Write as _, fs, path::Path};

use super::{
    setting::{Kind, Setting},
    table::ALL,
};

const BEGIN: &str = "<!-- settings: begin -->\n";
const END: &str = "<!-- settings: end -->\n";

fn reference() -> String {
    let mut out = String::new();
    let mut heading = "";
    for setting in ALL {
        if setting.heading != heading {
            heading = setting.heading;
            let _ = writeln!(out, "\n### {heading}\n\n| flag | default | meaning |\n|---|---|---|");
        }
        let _ = writeln!(out, "{}", row(setting));
    }
    out + "\n"
}

fn row(setting: &Setting) -> String {
    let flag = match setting.kind {
        Kind::Switch => format!("`{}`", setting.flag()),
        _ if setting.is_positional() => format!("`{}`", setting.flag()),
        _ if setting.alone.is_some() => format!("`{}[={}]`", setting.flag(), setting.value),
        _ => format!("`{} {}`", setting.flag(), setting.value),
    };
    let key = if setting.in_file() { format!("`{}`", setting.key) } else { "not in a file".to_owned() };
    let names = format!("{flag}<br>`{}`<br>{key}", setting.variable());
    let words = match setting.words {
        [] => String::new(),
        words => format!(" One of {}.", words.join(", ")),
    };
    let more = if setting.more.is_empty() { String::new() } else { format!(" {}", setting.more) };
    format!("| {names} | {} | {}.{words}{more} |", default(setting), setting.help).replace("*", "\\*")
}

fn default(setting: &Setting) -> String {
    match (setting.kind, setting.default) {
        (Kind::Switch, _) => "`false`".to_owned(),
        (_, Some(default)) => format!("`{default}`"),
        (_, None) => "none".to_owned(),
    }
}

#[test]
fn the_page_lists_every_setting_with_its_names_and_default() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/config.md");
    let page = fs::read_to_string(&path).expect("docs/config.md is there");
    let (before, rest) = page.split_once(BEGIN).expect("the first mark");
    let (listed, after) = rest.split_once(END).expect("the second mark");
    if env::var_os("SWATH_WRITE_DOCS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", reference()))
            .expect("docs/config.md is written");
        return;
    }
    assert!(
        listed == reference(),
        "docs/config.md is behind the table: SWATH_WRITE_DOCS=1 cargo test -p swath reference"
    );
}
