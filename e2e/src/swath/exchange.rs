//! One exchange, as the log has it.
//!
//! In: a line of JSON. Out: its fields.

/// One line of `--log json`.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Exchange {
    /// When the request came, as the log writes it.
    #[serde(default)]
    pub time: serde_json::Value,
    /// Who asked, as the log names them.
    pub peer: String,
    /// The request's method; absent for a head that could not be read.
    #[serde(default)]
    pub method: Option<String>,
    /// The request's target; absent for a head that could not be read.
    #[serde(default)]
    pub target: Option<String>,
    /// The Range field as it was received.
    #[serde(default)]
    pub range: Option<String>,
    /// The If-Range field as it was received.
    #[serde(default)]
    pub if_range: Option<String>,
    /// The status of the answer; absent where none was sent.
    #[serde(default)]
    pub status: Option<u16>,
    /// The Content-Range field of the answer.
    #[serde(default)]
    pub content_range: Option<String>,
    /// The key of the reason for the decision.
    #[serde(default)]
    pub because: Option<String>,
    /// Octets of content that the answer promised.
    #[serde(default)]
    pub bytes_planned: u64,
    /// Octets of content that were handed over.
    #[serde(default)]
    pub bytes_sent: u64,
    /// How the exchange ended.
    pub outcome: String,
    /// How long it took.
    #[serde(default)]
    pub millis: f64,
}

impl Exchange {
    /// Tells whether the target, without its query, is `path`.
    #[must_use]
    pub fn is_for(&self, path: &str) -> bool {
        self.target.as_deref().is_some_and(|target| target.split('?').next() == Some(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_without_optional_fields_is_read() {
        let line = r#"{"time":"2026-01-01T00:00:00Z","peer":"127.0.0.1:1","outcome":"bad-head"}"#;
        let record: Exchange = serde_json::from_str(line).expect("reads");
        assert_eq!(record.outcome, "bad-head");
        assert_eq!(record.status, None);
    }
}
