//! What a server says while it runs, line by line, and where it says that it listens.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Reads lines on a thread of their own until the stream ends; a copy goes to a file, if there is one.
pub(super) fn follow<T: Send + 'static>(
    stream: impl Read + Send + 'static,
    into: &Arc<Mutex<Vec<T>>>,
    mut copy: Option<File>,
    read: impl Fn(String) -> T + Send + 'static,
) -> JoinHandle<()> {
    let into = Arc::clone(into);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            let line = line.expect("the server writes UTF-8");
            if let Some(copy) = &mut copy {
                writeln!(copy, "{line}").expect("a log can be written");
            }
            let line = read(line);
            into.lock().expect("no holder of the lock panics").push(line);
        }
    })
}

/// The base URL in a ready line, `swath: serving ROOT at http://…/`.
pub(super) fn address_in(line: &str) -> Option<String> {
    let rest = line.strip_prefix("swath: serving ")?;
    let (_, address) = rest.rsplit_once(" at ")?;
    Some(address.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_gives_the_base() {
        assert_eq!(
            address_in("swath: serving /srv/a at b at http://127.0.0.1:8206/").as_deref(),
            Some("http://127.0.0.1:8206")
        );
        assert_eq!(address_in("swath: warning: nothing"), None);
    }
}
