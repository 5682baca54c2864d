//! The pages in `docs/`: their examples are run, and the flags they name are there.

use std::{collections::BTreeSet, fs, path::Path};

use crate::harness::Swath;

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    fs::read_to_string(path).expect(name)
}

/// The first console example of a page: its command and what that prints.
fn example(page: &str) -> (String, String) {
    let (_, rest) = page.split_once("```console\n$ swath ").expect("an example");
    let (block, _) = rest.split_once("```").expect("its end");
    let (command, printed) = block.split_once('\n').expect("what it prints");
    (command.to_owned(), printed.to_owned())
}

#[test]
fn the_example_of_explain_prints_what_the_page_shows() {
    let (command, printed) = example(&page("explain.md"));
    assert_eq!(command, "explain --length 2048 -H 'Range: bytes=1024-4096'");
    let args =
        ["explain", "--length", "2048", "-H", "Range: bytes=1024-4096", "--now", "2026-11-21T10:00:00Z"];
    assert_eq!(String::from_utf8(Swath::new().output(&args).stdout).expect("UTF-8"), printed);
}

#[test]
fn the_example_of_settings_complains_as_the_page_shows() {
    let page = page("config.md");
    let (_, rest) = page.split_once("```console\n$ swath serve --config swath.toml\n").expect("an example");
    let (printed, _) = rest.split_once("```").expect("its end");
    let text = "root = \".\"\n\nmax_open_range = 1\n\nhidden = \"yes\"\n";
    let output = Swath::new().file("swath.toml", text).output(&["serve", "--config", "swath.toml"]);
    assert_eq!(String::from_utf8(output.stderr).expect("UTF-8"), printed);
}

#[test]
fn the_file_shown_as_an_example_is_sound() {
    let page = page("config.md");
    let (_, rest) = page.split_once("```toml\n").expect("an example");
    let (text, _) = rest.split_once("```").expect("its end");
    // All of it is taken until the certificate is looked for, which comes after every setting was read.
    let swath = Swath::new().file("swath.toml", text.replace("/srv/media", "."));
    let output = swath.output(&["serve", "--config", "swath.toml"]);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot read chain.pem"), "{said}");
}

#[test]
fn every_flag_that_is_named_is_there() {
    let mut known = BTreeSet::new();
    for command in ["serve", "get", "cat", "explain", "audit", "inspect"] {
        let help = String::from_utf8(Swath::new().output(&[command, "--help"]).stdout).expect("UTF-8");
        known.extend(flags(&help));
    }
    // Opposites are hidden from help, but taken; the rest belong to other programs.
    known.extend(
        ["--no-hidden", "--no-precompressed", "--index", "--ranges", "--now", "--enable"].map(str::to_owned),
    );
    for name in ["serve.md", "get.md", "cat.md", "explain.md", "config.md", "audit.md", "inspect.md"] {
        let strangers: Vec<String> =
            flags(&page(name)).into_iter().filter(|flag| !known.contains(flag)).collect();
        assert!(strangers.is_empty(), "docs/{name} names {strangers:?}");
    }
}

fn flags(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_ascii_lowercase() || c == '-'))
        .filter(|word| word.len() > 3 && word.starts_with("--") && !word.starts_with("---"))
        .map(|word| word.trim_end_matches('-').to_owned())
        .collect()
}

#[test]
fn every_flag_of_get_and_cat_is_on_its_page() {
    for (command, pages) in [("get", page("get.md")), ("cat", page("cat.md"))] {
        let help = String::from_utf8(Swath::new().output(&[command, "--help"]).stdout).expect("UTF-8");
        let named = flags(&pages);
        // Short forms are named instead of these.
        let short = [
            "--help",
            "--output",
            "--directory",
            "--input",
            "--jobs",
            "--connections",
            "--header",
            "--range",
        ];
        for flag in flags(&help).iter().filter(|flag| !short.contains(&flag.as_str())) {
            assert!(named.contains(flag), "docs/{command}.md does not name {flag}");
        }
    }
}

#[test]
fn the_limits_on_the_page_are_the_defaults() {
    let help = String::from_utf8(Swath::new().output(&["serve", "-h"]).stdout).expect("UTF-8");
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut seen = 0;
    for row in page("serve.md").lines().filter(|line| line.starts_with("| `--")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let flag = cells[1].trim_matches('`');
        let default = match cells[2] {
            "half the files that may be open" => "auto".to_owned(),
            written => written.replace([' ', ','], ""),
        };
        let (_, after) = help.split_once(&format!("{flag} <")).expect(flag);
        let (_, after) = after.split_once("[default: ").expect(flag);
        assert_eq!(after.split(']').next(), Some(default.as_str()), "{flag}");
        seen += 1;
    }
    assert!(seen >= 15, "{seen} rows");
}
