//! Finds the name that was probably meant.
//!
//! In: what was typed and the names there are. Out: the closest one, if it is close.

/// Names the candidate closest to what was typed, if a slip of the hand could have made the one of the other.
pub(crate) fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace('_', "-");
    let typed = plain(typed);
    let (distance, found) = candidates
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&typed, &plain(name)), name))
        .min_by_key(|(distance, _)| *distance)?;
    // A third of the letters wrong is no slip any more.
    (distance <= (typed.chars().count() / 3).max(1)).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let names = ["listen", "max-open-range", "cors"];
        assert_eq!(nearest("lisen", names), Some("listen"));
        assert_eq!(nearest("max_open_range", names), Some("max-open-range"));
        assert_eq!(nearest("max-open-rnage", names), Some("max-open-range"));
        assert_eq!(nearest("compression", names), None);
        assert_eq!(nearest("x", []), None);
    }
}
