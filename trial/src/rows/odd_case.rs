//! Writes the names of fields in an odd case.

use super::*;

pub(super) const ROW: Row = Row::new("odd-case", "names of fields in odd case", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let mut answer = turn.honest();
    for (name, _) in &mut answer.fields {
        *name = name.to_ascii_uppercase().replace('E', "e");
    }
    answer
}
