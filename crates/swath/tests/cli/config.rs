//! What is wrong with settings, told with where each stands; and which of four places is heard.

use crate::harness::Swath;

#[test]
fn a_file_is_told_all_that_is_wrong_in_it() {
    let text = "root = \".\"\nmax_open_range = \"4MiB\"\nhidden = \"yes\"\n\n[serve]\ngrace = \"1s\"\n";
    insta::assert_snapshot!(Swath::new().file("swath.toml", text).show(&["serve", "--config", "swath.toml"]));
}

#[test]
fn a_file_that_is_no_toml_names_the_line() {
    let swath = Swath::new().file("swath.toml", "grace = \"1s\"\nlisten = [\n");
    insta::assert_snapshot!(swath.show(&["serve", "--config", "swath.toml"]));
}

#[test]
fn a_missing_file_names_who_asked_for_it() {
    insta::assert_snapshot!(Swath::new().env("SWATH_CONFIG", "swath.toml").show(&["serve"]));
}

#[test]
fn a_value_names_the_place_it_came_from() {
    let swath = Swath::new()
        .env("SWATH_IDLE_TIMEOUT", "60")
        .env("SWATH_LISTNE", "127.0.0.1:0")
        .file("swath.toml", "\nbuffer-memory = \"1X\"\nlisten = [\"127.0.0.1:0\", \"example.com:80\"]\n");
    insta::assert_snapshot!(swath.show(&["serve", "--grace", "10", "--config", "swath.toml"]));
}

#[test]
fn https_without_a_certificate_says_how_to_have_one() {
    insta::assert_snapshot!(Swath::new().show(&["serve", "--listen", "https://127.0.0.1:0"]));
}

#[test]
fn a_certificate_without_its_key_asks_for_it() {
    insta::assert_snapshot!(Swath::new().show(&["serve", "--tls-cert", "chain.pem"]));
}

/// A wrong value in a place that is overruled does no harm: only what is heard is read.
/// So a value that is wrong everywhere is complained of at the strongest place that speaks.
#[test]
fn the_strongest_place_that_speaks_is_heard() {
    for places in 1u8..8 {
        let mut swath = Swath::new();
        let mut args = vec!["serve"];
        if places & 1 != 0 {
            args.extend(["--grace", "typed"]);
        }
        if places & 2 != 0 {
            swath = swath.env("SWATH_GRACE", "set");
        }
        if places & 4 != 0 {
            swath = swath.file("swath.toml", "grace = \"written\"");
            args.extend(["--config", "swath.toml"]);
        }
        let expected = match places {
            places if places & 1 != 0 => "swath: --grace: `typed` is not",
            places if places & 2 != 0 => "swath: SWATH_GRACE: `set` is not",
            _ => "swath: swath.toml:1: grace: `written` is not",
        };
        let output = swath.output(&args);
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2));
        assert!(said.starts_with(expected) && said.lines().count() == 1, "{places:03b}: {said}");
    }
}
