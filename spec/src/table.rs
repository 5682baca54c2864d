//! Reads a whole table: text in, rows out, or the line that is wrong and why.

use crate::row::Row;

/// The columns of a table of cases, in their order.
pub(crate) const COLUMNS: [&str; 10] = [
    "id",
    "requirement",
    "fixture",
    "method",
    "fields",
    "ours",
    "also-conforming",
    "level",
    "section",
    "transports",
];

/// Says which line of which table cannot be read, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{table}, line {line}: {reason}")]
pub struct TableError {
    /// The file's name.
    pub table: &'static str,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it, and what would be right.
    pub reason: String,
}

/// Reads the cases about Range.
pub fn range() -> Result<Vec<Row>, TableError> {
    read("range.tsv", include_str!("../range.tsv"))
}

/// Reads the cases about preconditions.
pub fn precondition() -> Result<Vec<Row>, TableError> {
    read("precondition.tsv", include_str!("../precondition.tsv"))
}

/// Reads all cases, those about Range first.
pub fn rows() -> Result<Vec<Row>, TableError> {
    let mut all = range()?;
    all.extend(precondition()?);
    Ok(all)
}

fn read(table: &'static str, text: &'static str) -> Result<Vec<Row>, TableError> {
    records(table, text, &COLUMNS)?
        .into_iter()
        .map(|(line, cells)| Row::read(&cells).map_err(|reason| TableError { table, line, reason }))
        .collect()
}

/// Splits a table into the cells of its lines, after checking its header row.
pub(crate) fn records(
    table: &'static str,
    text: &'static str,
    columns: &[&str],
) -> Result<Vec<(usize, Vec<&'static str>)>, TableError> {
    let fail = |line, reason| Err(TableError { table, line, reason });
    let mut lines = (1..).zip(text.lines());
    match lines.next() {
        Some((_, header)) if header.split('\t').eq(columns.iter().copied()) => {}
        _ => return fail(1, format!("the header row must be {columns:?}")),
    }
    let mut records = Vec::new();
    for (line, text) in lines {
        let cells: Vec<_> = text.split('\t').collect();
        if cells.len() != columns.len() {
            return fail(line, format!("{} cells where {} belong", cells.len(), columns.len()));
        }
        if cells.iter().any(|cell| cell.is_empty()) {
            return fail(line, "an empty cell: write `-`".to_owned());
        }
        records.push((line, cells));
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn both_tables_are_read_and_large_enough() {
        let (range, precondition) = (range().unwrap(), precondition().unwrap());
        assert!(range.len() >= 120, "{} rows about Range", range.len());
        assert!(precondition.len() >= 120, "{} rows about preconditions", precondition.len());
    }

    #[test]
    fn ids_are_unique_over_both_tables() {
        let mut seen = HashSet::new();
        for row in rows().unwrap() {
            assert!(seen.insert(row.id), "{} stands twice", row.id);
        }
    }

    #[test]
    fn a_broken_line_is_named() {
        let header = COLUMNS.join("\t");
        let text: &'static str = Box::leak(format!("{header}\na\tb").into_boxed_str());
        let error = read("range.tsv", text).unwrap_err();
        assert_eq!((error.line, error.reason.as_str()), (2, "2 cells where 10 belong"));
        let error = read("range.tsv", "id\tfixture").unwrap_err();
        assert_eq!(error.line, 1);
    }

    #[test]
    fn a_cell_that_means_nothing_is_named() {
        let good = ["x", "R-1-1", "F10", "GET", "-", "200", "-", "M", "14.2", "all"];
        assert!(Row::read(&good).is_ok());
        for (column, bad) in [
            (2, "F11"),
            (4, "Range"),
            (4, "Range: {nonsense}"),
            (5, "206"),
            (5, "206 5-4/10"),
            (7, "X"),
            (9, "unit"),
        ] {
            let mut cells = good;
            cells[column] = bad;
            assert!(Row::read(&cells).is_err(), "{bad} was taken");
        }
    }
}
