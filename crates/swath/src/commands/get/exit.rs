//! Exit codes of `swath get` and `swath cat`: in, whose fault it was; out, a number that scripts can act on.

use byteranges::download::Fault;

/// Something here failed that is none of the others: no runtime, no standard output.
pub(crate) const HERE: u8 = 1;
/// The command line is wrong; nothing was done.
pub(crate) const USAGE: u8 = 2;
/// The file changed on the server.
pub(crate) const CHANGED: u8 = 3;
/// The server refused, or what it sent makes no sense.
pub(crate) const REFUSED: u8 = 4;
/// The network failed.
pub(crate) const NETWORK: u8 = 5;
/// The disk failed.
pub(crate) const DISK: u8 = 6;
/// The digest differs.
pub(crate) const DIGEST: u8 = 7;
/// The user stopped it: 128 and the number of SIGINT, as shells have it.
pub(crate) const INTERRUPTED: u8 = 130;

/// Gives the exit code of a download that did not complete.
pub(crate) const fn of(fault: Fault) -> u8 {
    match fault {
        Fault::RepresentationChanged => CHANGED,
        Fault::Refused(_) | Fault::ServerMisbehaved(_) => REFUSED,
        // A budget is a limit of the links.
        Fault::Unreachable | Fault::BudgetSpent => NETWORK,
        Fault::Disk => DISK,
        Fault::Digest => DIGEST,
        Fault::Interrupted => INTERRUPTED,
    }
}
