//! Which exchanges are meant: a query in, yes or no for each entry out.

use percent_encoding::percent_decode_str;

use crate::inspect::Entry;

/// Lets exchanges through; what it does not say lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The client's address.
    pub client: Option<String>,
    /// Part of the target, in whatever case.
    pub path: Option<String>,
    /// The digits the status begins with.
    pub status: Option<String>,
    /// The key of the reason.
    pub reason: Option<String>,
}

impl Filter {
    /// Reads the query that the page's filters make.
    #[must_use]
    pub fn of_query(query: Option<&str>) -> Self {
        let mut filter = Self::default();
        for (name, value) in query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('=')) {
            let value = value.replace('+', " ");
            let value = percent_decode_str(&value).decode_utf8_lossy().into_owned();
            match name {
                "client" => filter.client = Some(value),
                "path" => filter.path = Some(value.to_lowercase()),
                "status" => filter.status = Some(value),
                "reason" => filter.reason = Some(value),
                _ => {}
            }
        }
        filter
    }

    /// Says whether an exchange is meant.
    #[must_use]
    pub fn passes(&self, entry: &Entry) -> bool {
        let target = || entry.target.as_deref().unwrap_or_default().to_lowercase();
        let status = || entry.status.map(|status| status.to_string()).unwrap_or_default();
        self.client.as_deref().is_none_or(|client| entry.client().0 == client)
            && self.path.as_deref().is_none_or(|path| target().contains(path))
            && self.status.as_deref().is_none_or(|digits| status().starts_with(digits))
            && self.reason.as_deref().is_none_or(|reason| entry.because.as_deref() == Some(reason))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::*;

    #[test]
    fn each_part_of_a_query_counts() {
        for (query, passes) in [
            ("", true),
            ("path=CLIP", true),
            ("path=book", false),
            ("path=%2Fclip", true),
            ("client=192.0.2.7", true),
            ("client=192.0.2", false),
            ("status=2", true),
            ("status=206", true),
            ("status=4", false),
            ("reason=satisfied", true),
            ("reason=parts&path=clip", false),
            ("unknown=x", true),
        ] {
            assert_eq!(Filter::of_query(Some(query)).passes(&sample::entry(1)), passes, "{query}");
        }
    }
}
