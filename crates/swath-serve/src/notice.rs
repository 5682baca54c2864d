//! What the operator should know while the server runs.
//!
//! In: what happens to the accept loops and to the server as a whole. Out: sentences, handed to whoever asked for them.

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// Something that happens while serving and that the operator should know.
#[derive(Debug)]
pub enum Notice {
    /// A connection could not be accepted for want of descriptors or memory; accepting goes on after a pause.
    CannotAccept(io::Error),
    /// Connections are accepted again.
    AcceptsAgain,
    /// As many connections are open as there may be; others wait.
    Full(NonZeroUsize),
    /// The grace is over, and what is under way is cut.
    GraceOver,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::CannotAccept(error) => write!(
                f,
                "cannot accept connections at present: {error}; peers wait. Allow more open files (ulimit -n, LimitNOFILE=) or fewer connections"
            ),
            Notice::AcceptsAgain => f.write_str("connections are accepted again"),
            Notice::Full(most) => {
                write!(f, "{most} connections are open, as many as may be; further peers wait")
            }
            Notice::GraceOver => f.write_str("the grace is over: what is under way is cut"),
        }
    }
}

/// Where notices go; by default nowhere.
#[derive(Clone, Default)]
pub struct Notices(Option<Arc<Told>>);

type Told = dyn Fn(&Notice) + Send + Sync;

impl Notices {
    /// Sends notices to `told`.
    pub fn to(told: impl Fn(&Notice) + Send + Sync + 'static) -> Notices {
        Notices(Some(Arc::new(told)))
    }

    pub(crate) fn tell(&self, notice: &Notice) {
        if let Some(told) = &self.0 {
            told(notice);
        }
    }
}

impl fmt::Debug for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Notices(..)" } else { "Notices" })
    }
}
