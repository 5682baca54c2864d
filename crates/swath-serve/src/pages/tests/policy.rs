//! What a page may do: nothing inline, nothing foreign, nothing that points nowhere.

use std::collections::HashSet;

use super::super::{PLAYER_POLICY, RESERVED, STILL_POLICY, asset};
use super::document::elements;
use super::*;

#[test]
fn no_policy_allows_inline_code_or_foreign_hosts() {
    for policy in [STILL_POLICY, PLAYER_POLICY] {
        assert!(policy.starts_with("default-src 'none'; "));
        for directive in policy.split("; ") {
            let (_, sources) = directive.split_once(' ').expect("a directive names its sources");
            assert!(sources == "'none'" || sources == "'self'", "{directive}");
        }
    }
}

#[test]
fn pages_keep_within_their_policy() {
    for (kind, page) in every_page() {
        let script_allowed = page.security_policy == Some(PLAYER_POLICY);
        assert_eq!(script_allowed, matches!(kind, "video" | "audio"), "{kind}");
        for element in elements(&page.text) {
            assert!(
                !["style", "base", "form", "iframe", "object"].contains(&element.tag.as_str()),
                "{kind}: {element:?}"
            );
            let inline = |(key, _): &(String, String)| key == "style" || key.starts_with("on");
            assert!(!element.attributes.iter().any(inline), "{kind}: {element:?}");
            if element.tag == "script" {
                assert!(script_allowed && element.text.is_empty(), "{kind}: {element:?}");
            }
        }
    }
}

#[test]
fn every_reference_is_relative_and_leads_somewhere() {
    for (kind, page) in every_page() {
        let elements = elements(&page.text);
        let ids: Vec<&str> = elements.iter().filter_map(|element| element.attribute("id")).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "{kind}: an id twice in {ids:?}");
        for element in &elements {
            for key in ["href", "src"] {
                let Some(reference) = element.attribute(key) else { continue };
                let (path, _) = reference.split_once(['?', '#']).unwrap_or((reference, ""));
                assert!(!path.starts_with('/') && !path.contains([':', '\\']), "{kind}: {reference}");
                if let Some(id) = reference.strip_prefix('#') {
                    assert!(ids.contains(&id), "{kind}: {reference}");
                }
                if let Some((_, name)) = path.split_once(&format!("{RESERVED}/")) {
                    assert!(asset(name).is_some(), "{kind}: {reference}");
                }
            }
            for key in ["for", "aria-labelledby"] {
                assert!(element.attribute(key).is_none_or(|id| ids.contains(&id)), "{kind}: {element:?}");
            }
        }
    }
}

#[test]
fn every_page_has_a_name_one_heading_and_one_main_part() {
    for (kind, page) in every_page() {
        let elements = elements(&page.text);
        for (tag, number) in [("title", 1), ("h1", 1), ("main", 1), ("footer", 1)] {
            let found: Vec<_> = elements.iter().filter(|element| element.tag == tag).collect();
            assert_eq!(found.len(), number, "{kind}: {tag}");
            assert!(!found[0].text.trim().is_empty(), "{kind}: {tag}");
        }
        for link in elements.iter().filter(|element| element.tag == "a" || element.tag == "button") {
            let named = !link.text.trim().is_empty() || link.attribute("aria-label").is_some();
            assert!(named, "{kind}: a reader of the screen hears nothing of {link:?}");
        }
    }
}

#[test]
fn the_column_sorted_by_says_so() {
    let sorting = Sorting::from_query(Some("sort=size&order=desc"));
    let page = Listing { sorting, ..listing("/", vec![file(b"a", 1, "text/plain")]) }.html();
    let heads: Vec<_> = elements(&page.text)
        .into_iter()
        .filter(|element| element.attribute("scope") == Some("col"))
        .collect();
    let said: Vec<_> = heads.iter().map(|head| (head.text.as_str(), head.attribute("aria-sort"))).collect();
    assert_eq!(said, [("Name", None), ("Size", Some("descending")), ("Modified (UTC)", None)]);
}
