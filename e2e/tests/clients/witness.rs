//! What tests say about exchange records.

use swath_e2e::swath::Exchange;

/// The exchanges for one path.
pub(crate) fn of<'a>(records: &'a [Exchange], path: &str) -> Vec<&'a Exchange> {
    records.iter().filter(|record| record.is_for(path)).collect()
}

/// The only exchange for a path.
#[track_caller]
pub(crate) fn only<'a>(records: &'a [Exchange], path: &str) -> &'a Exchange {
    let mut found = of(records, path);
    assert_eq!(found.len(), 1, "one exchange for {path}: {records:#?}");
    found.remove(0)
}

/// Octets of content sent for a path.
pub(crate) fn bytes_sent(records: &[Exchange], path: &str) -> u64 {
    of(records, path).iter().map(|record| record.bytes_sent).sum()
}

/// Asserts that an exchange ended with all that was planned.
#[track_caller]
pub(crate) fn assert_finished(record: &Exchange) {
    assert_eq!(
        (record.outcome.as_str(), record.bytes_sent),
        ("finished", record.bytes_planned),
        "{record:#?}"
    );
}

/// Asserts that each exchange was finished or ended by the client, and none by the server.
#[track_caller]
pub(crate) fn assert_clean(records: &[Exchange]) {
    for record in records {
        assert!(matches!(record.outcome.as_str(), "finished" | "aborted-by-peer"), "{record:#?}");
    }
}
