//! The audit's words for the inspector's rules: in, nothing; out, titles and cures by check.

use swath_serve::inspect::{CheckText, Checks};

/// Gives what the audit says of its checks. A list that cannot be read, which a test of the audit rules out, is no
/// reason not to inspect: the rules have words of their own.
pub(crate) fn checks() -> Checks {
    let text = |check: swath_audit::Check| {
        let owned = |(software, cure): (&str, &str)| (software.to_owned(), cure.to_owned());
        let text = CheckText {
            title: check.title.to_owned(),
            section: check.section.to_owned(),
            cures: check.cures.into_iter().map(owned).collect(),
        };
        (check.id.to_owned(), text)
    };
    swath_audit::checks().map(|checks| checks.into_iter().map(text).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use swath_serve::inspect::RULES;

    #[test]
    fn every_check_that_a_rule_names_is_there() {
        let checks = checks();
        let named: Vec<_> = RULES.iter().filter_map(|rule| rule.check).collect();
        assert!(named.len() > 10, "{named:?}");
        for id in named {
            assert!(checks.contains_key(id), "the audit has no check {id}");
        }
    }
}
