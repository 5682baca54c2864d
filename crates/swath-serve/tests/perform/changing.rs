//! A file that changes while it is sent: never two versions in one answer (R-8.6-3).

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;

use swath_serve::buffers::Buffers;
use swath_serve::exchange::Outcome;

use crate::bench::{Seen, Served, TICK, TURN, next, places, rest, run};

const LENGTH: usize = 4 * TURN;

type Edit<'a> = &'a dyn Fn(&Path) -> io::Result<()>;

/// Sends a file, makes one edit after each turn as long as there are edits, and says how it ended.
///
/// Whatever happens, what came must be the beginning of the old version.
fn send(strong: bool, edits: &[Edit<'_>]) -> io::Result<Outcome> {
    let mut outcomes = Vec::new();
    for place in places() {
        let served = Served::new(place.path(), LENGTH)?;
        let seen = Seen::default();
        let mut body = served.send(strong, &seen, &Arc::new(Buffers::default()))?;
        let (sent, aborted) = run(async {
            let mut sent = Vec::new();
            for edit in edits {
                match next(&mut body).await {
                    Some(Ok(octets)) => sent.extend_from_slice(&octets),
                    Some(Err(aborted)) => return Ok((sent, Some(aborted.outcome()))),
                    None => break,
                }
                sleep(TICK);
                edit(&served.path)?;
            }
            let (more, aborted) = rest(&mut body).await;
            sent.extend_from_slice(&more);
            io::Result::Ok((sent, aborted))
        })?;
        drop(body);
        let (outcome, bytes_sent) = seen.only();
        assert!(sent == served.octets[..sent.len()], "octets of another version were sent");
        assert_eq!(bytes_sent, sent.len() as u64);
        assert_eq!(aborted, (!outcome.is_complete()).then_some(outcome));
        assert_eq!(outcome.is_complete(), sent.len() == LENGTH);
        outcomes.push(outcome);
    }
    assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{outcomes:?}");
    Ok(outcomes[0])
}

/// Half the file is sent, then it is edited.
fn half_sent(strong: bool, edit: Edit<'_>) -> io::Result<Outcome> {
    send(strong, &[&|_| Ok(()), edit])
}

fn truncate(path: &Path, length: usize) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.set_len(length as u64)
}

fn append(path: &Path) -> io::Result<()> {
    OpenOptions::new().append(true).open(path)?.write_all(b"one more line\n")
}

fn edit_at(path: &Path, offset: usize) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.write_all_at(b"edited", offset as u64)
}

/// Edits and puts the old modification time back, as some tools do to hide that they were there.
fn edit_and_restore_mtime(path: &Path) -> io::Result<()> {
    let before = fs::metadata(path)?.modified()?;
    edit_at(path, 3 * TURN)?;
    File::options().write(true).open(path)?.set_modified(before)
}

fn chmod(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(0o600))
}

fn rename(path: &Path) -> io::Result<()> {
    fs::rename(path, path.with_extension("moved"))
}

#[test]
fn an_untouched_file_finishes() -> io::Result<()> {
    for strong in [true, false] {
        assert_eq!(half_sent(strong, &|_| Ok(()))?, Outcome::Finished);
    }
    Ok(())
}

#[test]
fn a_truncated_file_aborts() -> io::Result<()> {
    for strong in [true, false] {
        // Before what was sent, within the next turn, within the last turn, by one octet.
        for length in [0, TURN, 2 * TURN + 5, 3 * TURN + 1, LENGTH - 1] {
            assert_eq!(half_sent(strong, &|path| truncate(path, length))?, Outcome::Truncated, "{length}");
        }
    }
    Ok(())
}

#[test]
fn a_file_edited_in_place_aborts() -> io::Result<()> {
    for strong in [true, false] {
        // What was sent already, what comes next, what comes last.
        for offset in [0, TURN, 2 * TURN, LENGTH - 6] {
            assert_eq!(half_sent(strong, &|path| edit_at(path, offset))?, Outcome::Changed, "{offset}");
        }
        assert_eq!(half_sent(strong, &|path| fs::write(path, vec![7; LENGTH]))?, Outcome::Changed);
    }
    Ok(())
}

#[test]
fn an_edit_whose_author_puts_the_old_mtime_back_aborts() -> io::Result<()> {
    for strong in [true, false] {
        assert_eq!(half_sent(strong, &edit_and_restore_mtime)?, Outcome::Changed);
    }
    Ok(())
}

#[test]
fn another_mtime_aborts_though_no_octet_moved() -> io::Result<()> {
    let touch = |path: &Path| {
        let earlier = fs::metadata(path)?.modified()? - TICK;
        File::options().write(true).open(path)?.set_modified(earlier)
    };
    assert_eq!(half_sent(true, &touch)?, Outcome::Changed);
    assert_eq!(half_sent(false, &touch)?, Outcome::Changed);
    Ok(())
}

#[test]
fn a_file_that_lost_or_changed_its_name_finishes_as_the_old_one() -> io::Result<()> {
    let replace = |path: &Path| {
        let new = path.with_extension("new");
        fs::write(&new, vec![7; LENGTH + 100])?;
        fs::rename(&new, path)
    };
    for strong in [true, false] {
        assert_eq!(half_sent(strong, &replace)?, Outcome::Finished, "replaced");
        assert_eq!(half_sent(strong, &|path| fs::remove_file(path))?, Outcome::Finished, "unlinked");
        assert_eq!(half_sent(strong, &rename)?, Outcome::Finished, "renamed");
        assert_eq!(
            send(strong, &[&rename, &|path| fs::rename(path.with_extension("moved"), path), &rename])?,
            Outcome::Finished
        );
    }
    Ok(())
}

#[test]
fn metadata_alone_does_not_abort() -> io::Result<()> {
    for strong in [true, false] {
        assert_eq!(half_sent(strong, &chmod)?, Outcome::Finished, "chmod");
        let link = |path: &Path| fs::hard_link(path, path.with_extension("link"));
        assert_eq!(half_sent(strong, &link)?, Outcome::Finished, "hard-linked");
        let unlink = |path: &Path| fs::remove_file(path.with_extension("link"));
        assert_eq!(
            send(strong, &[&link, &chmod, &unlink])?,
            Outcome::Finished,
            "three moves, each explained"
        );
    }
    Ok(())
}

#[test]
fn an_explanation_explains_one_move_only() -> io::Result<()> {
    for strong in [true, false] {
        for explained in [&chmod as Edit<'_>, &|path| fs::hard_link(path, path.with_extension("link"))] {
            assert_eq!(send(strong, &[explained, &edit_and_restore_mtime])?, Outcome::Changed);
        }
        let edit_moved = |path: &Path| edit_and_restore_mtime(&path.with_extension("moved"));
        assert_eq!(send(strong, &[&rename, &edit_moved])?, Outcome::Changed);
    }
    Ok(())
}

#[test]
fn a_file_that_is_appended_to_finishes_only_without_a_strong_validator() -> io::Result<()> {
    assert_eq!(half_sent(true, &append)?, Outcome::Changed);
    assert_eq!(half_sent(false, &append)?, Outcome::Grew);
    assert_eq!(send(false, &[&append, &append, &append])?, Outcome::Grew, "as a log file does");
    Ok(())
}

#[test]
fn growing_excuses_nothing_else() -> io::Result<()> {
    assert_eq!(send(false, &[&append, &|path| edit_at(path, 3 * TURN)])?, Outcome::Changed);
    assert_eq!(send(false, &[&append, &edit_and_restore_mtime])?, Outcome::Changed);
    assert_eq!(send(false, &[&append, &|path| truncate(path, LENGTH)])?, Outcome::Truncated);
    assert_eq!(send(false, &[&append, &|path| truncate(path, 10)])?, Outcome::Truncated);
    Ok(())
}

#[test]
fn a_file_rewritten_longer_is_not_taken_for_an_append() -> io::Result<()> {
    // As `cp new old` does it: the same inode, emptied and filled again.
    for strong in [true, false] {
        assert_eq!(half_sent(strong, &|path| fs::write(path, vec![7; LENGTH + 1]))?, Outcome::Changed);
        // A rewrite that begins as the old version did, as versions of one format do.
        let same_start = |path: &Path| {
            let mut new = fs::read(path)?;
            new[TURN..].fill(7);
            new.push(7);
            fs::write(path, new)
        };
        assert_eq!(half_sent(strong, &same_start)?, Outcome::Changed);
        // A new head before an old body, and a longer end: what tools for tags in media do.
        let new_head = |path: &Path| edit_at(path, 0).and_then(|()| append(path));
        assert_eq!(half_sent(strong, &new_head)?, Outcome::Changed);
    }
    Ok(())
}

#[test]
fn a_change_before_the_first_octet_sends_none() -> io::Result<()> {
    for place in places() {
        let served = Served::new(place.path(), LENGTH)?;
        let seen = Seen::default();
        let mut body = served.send(true, &seen, &Arc::new(Buffers::default()))?;
        edit_at(&served.path, LENGTH - 6)?;
        assert_eq!(run(rest(&mut body)), (vec![], Some(Outcome::Changed)));
        assert_eq!(seen.only(), (Outcome::Changed, 0));
    }
    Ok(())
}

#[test]
fn a_change_after_the_last_turn_is_none_of_this_answer() -> io::Result<()> {
    for place in places() {
        let served = Served::new(place.path(), LENGTH)?;
        let seen = Seen::default();
        let mut body = served.send(true, &seen, &Arc::new(Buffers::default()))?;
        let (sent, aborted) = run(rest(&mut body));
        edit_at(&served.path, 0)?;
        assert!(run(next(&mut body)).is_none());
        assert!(aborted.is_none() && sent == served.octets);
        drop(body);
        assert_eq!(seen.only(), (Outcome::Finished, LENGTH as u64));
    }
    Ok(())
}

#[test]
fn a_small_file_is_checked_too() -> io::Result<()> {
    for place in places() {
        let served = Served::new(place.path(), 10)?;
        let (grown, cut) = (Seen::default(), Seen::default());
        let mut body = served.send(false, &grown, &Arc::new(Buffers::default()))?;
        append(&served.path)?;
        assert_eq!(run(rest(&mut body)), (served.octets.clone(), None));
        assert_eq!(grown.only(), (Outcome::Grew, 10));
        let mut body = served.send(false, &cut, &Arc::new(Buffers::default()))?;
        truncate(&served.path, 5)?;
        assert_eq!(
            run(rest(&mut body)),
            (vec![], Some(Outcome::Truncated)),
            "never padded, never a short end"
        );
        assert_eq!(cut.only(), (Outcome::Truncated, 0));
    }
    Ok(())
}
