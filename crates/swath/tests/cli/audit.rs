//! `swath audit` against `swath serve`: what is printed, and how it exits.

use std::{fs, path::Path};

use serde_json::Value;

use crate::harness::Swath;
use crate::running::Running;

/// A server over one file that every check can be run on, and the URL of its root.
fn served() -> (Swath, Running, String) {
    let swath = Swath::new().file("clip.bin", vec![7_u8; 20_000]);
    // Validators of a file that has only just been made are weak.
    std::thread::sleep(std::time::Duration::from_millis(2_600));
    let mut running = Running::start(swath.command(&["serve", ".", "--listen", "127.0.0.1:0"]));
    let url = format!("http://{}/", running.address());
    (swath, running, url)
}

#[test]
fn swath_itself_is_clean_in_every_format() {
    let (swath, _running, root) = served();
    let url = format!("{root}clip.bin");
    let text = swath.output(&["audit", &url]);
    let said = String::from_utf8(text.stdout).expect("UTF-8");
    assert_eq!(text.status.code(), Some(0), "{said}");
    assert!(said.contains("keeps every rule that could be judged"), "{said}");
    assert!(!said.contains('\x1b'), "colour is for terminals: {said}");

    let json = swath.output(&["audit", "--as", "safari", "--as", "curl", "--format", "json", &url]);
    let document: Value = serde_json::from_slice(&json.stdout).expect("one document");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/audit.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).expect("the schema")).expect("JSON");
    held_to(&schema, &document, "$");
    assert_eq!(document["as"][0]["client"], "safari");
    assert_eq!(document["as"][0]["observed"], false);
    assert_eq!(document["as"][0]["jumps"]["works"], true);

    let junit = String::from_utf8(swath.output(&["audit", "--format", "junit", &url]).stdout).expect("UTF-8");
    assert!(junit.contains("failures=\"0\"") && junit.trim_end().ends_with("</testsuites>"), "{junit}");
    let markdown =
        String::from_utf8(swath.output(&["audit", "--format", "markdown", &url]).stdout).expect("UTF-8");
    assert!(markdown.starts_with("## http://") && markdown.contains("**0 failed**"), "{markdown}");
}

#[test]
fn what_cannot_be_audited_exits_by_3() {
    let (swath, _running, root) = served();
    let output = swath.output(&["audit", &format!("{root}missing")]);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("answered by 404"), "{said}");
    assert_eq!(swath.output(&["audit", "http://127.0.0.1:1/"]).status.code(), Some(3));
}

#[test]
fn what_is_typed_wrong_exits_by_2() {
    for args in [
        &["audit"][..],
        &["audit", "ftp://a/b"],
        &["audit", "--rate", "0", "http://a/"],
        &["audit", "--timeout", "soon", "http://a/"],
        &["audit", "--resolve", "a", "http://a/"],
        &["audit", "-H", "no colon", "http://a/"],
        &["audit", "--from", "missing.txt"],
    ] {
        assert_eq!(Swath::new().output(args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn all_checks_are_listed() {
    let output = Swath::new().output(&["audit", "--list"]);
    let list = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(list.lines().count() > 140, "{list}");
    assert!(
        list.lines()
            .any(|line| line.starts_with("head-range ") && line.contains("MUST") && line.contains("§14.2"))
    );
}

/// Holds a value to the few words of JSON Schema that the schema uses.
fn held_to(schema: &Value, value: &Value, at: &str) {
    for word in schema.as_object().expect("a schema").keys() {
        let known = [
            "$schema",
            "title",
            "description",
            "type",
            "additionalProperties",
            "required",
            "properties",
            "items",
            "enum",
            "minimum",
        ];
        assert!(known.contains(&word.as_str()), "{at}: this test does not know `{word}`");
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(types.contains(&is), "{at} is {is}, not {types:?}");
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{at}: {value}");
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        held_to(&schema["items"], item, &format!("{at}[{index}]"));
    }
    if let Some(object) = value.as_object() {
        for name in schema["required"].as_array().expect("required").iter().filter_map(Value::as_str) {
            assert!(object.contains_key(name), "{at} lacks {name}");
        }
        for (name, value) in object {
            held_to(&schema["properties"][name], value, &format!("{at}.{name}"));
        }
    }
}
