//! Help, versions, completions, manual pages and refused command lines.

use std::fs;

use crate::harness::Swath;

#[test]
fn nothing_typed_shows_the_commands() {
    insta::assert_snapshot!(Swath::new().show(&[]));
}

#[test]
fn version() {
    let shown = Swath::new().show(&["--version"]);
    assert_eq!(
        shown,
        format!("$ swath --version\nexit code 0\n--- stdout\nswath {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn help_of_serve_in_short() {
    insta::assert_snapshot!(Swath::new().show(&["serve", "-h"]));
}

#[test]
fn help_of_serve_in_full() {
    insta::assert_snapshot!(Swath::new().show(&["serve", "--help"]));
}

#[test]
fn help_of_explain() {
    insta::assert_snapshot!(Swath::new().show(&["explain", "-h"]));
}

#[test]
fn help_of_get() {
    insta::assert_snapshot!(Swath::new().show(&["get", "-h"]));
}

#[test]
fn help_of_cat() {
    insta::assert_snapshot!(Swath::new().show(&["cat", "-h"]));
}

#[test]
fn a_flag_that_does_not_exist_names_its_neighbour() {
    insta::assert_snapshot!(Swath::new().show(&["serve", "--max-open-rnage", "4MiB"]));
}

#[test]
fn a_word_that_does_not_exist_names_the_others() {
    insta::assert_snapshot!(Swath::new().show(&["serve", "--log", "xml"]));
}

#[test]
fn a_command_that_does_not_exist_names_its_neighbour() {
    insta::assert_snapshot!(Swath::new().show(&["serv"]));
}

#[test]
fn both_helps_warn_of_what_ends_early_with_success() {
    for flag in ["-h", "--help"] {
        let output = Swath::new().output(&["serve", flag]);
        // Wrapped lines are joined, so that the sentence is looked for and not its layout.
        let text =
            String::from_utf8(output.stdout).expect("UTF-8").split_whitespace().collect::<Vec<_>>().join(" ");
        for warning in
            ["curl -C - and wget -c then stop early and report success", "Warning: breaks RFC 9110"]
        {
            assert!(text.contains(warning), "{flag}: {warning}");
        }
    }
}

#[test]
fn every_shell_gets_a_script_that_knows_the_flags() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = Swath::new().output(&["completions", shell]);
        assert!(output.status.success() && output.stderr.is_empty(), "{shell}");
        let script = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(
            script.contains("max-open-range") && script.contains("on-change") && script.contains("explain"),
            "{shell}"
        );
    }
}

#[test]
fn manual_pages_are_written_where_asked() {
    let swath = Swath::new();
    assert!(swath.output(&["man", "."]).status.success());
    for page in ["swath.1", "swath-serve.1", "swath-get.1", "swath-cat.1", "swath-explain.1"] {
        let text = fs::read_to_string(swath.path().join(page)).expect(page);
        assert!(text.contains(".TH"), "{page}");
    }
}

#[test]
fn manual_pages_without_a_directory_fail_while_running() {
    insta::assert_snapshot!(Swath::new().show(&["man", "missing"]));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let swath = Swath::new();
    for args in [&["completions", "bash"][..], &["serve", "--help"], &["explain", "--length", "1"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = swath.command(args).stdout(writer).output().expect("it runs");
        assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()), "{args:?}");
    }
}
