//! The pipe in which octets of a file wait, uncopied, until the file was looked at: one for each thread.
//!
//! In: a file and where to begin. Out: its octets, in a socket or nowhere.
//!
//! A pipe holds pages of the page cache, not copies of them. With `sendfile`, which has such a pipe of its own, octets have left
//! before anyone could look whether they still belong to what was promised; here the look comes in between.

#[cfg(target_os = "linux")]
pub(super) use self::linux::Pipe;
#[cfg(not(target_os = "linux"))]
pub(super) use self::none::Pipe;

#[cfg(target_os = "linux")]
mod linux {
    use std::cell::Cell;
    use std::fs::File;
    use std::io;
    use std::os::fd::OwnedFd;

    use rustix::io::{Errno, retry_on_intr};
    use rustix::pipe::{PipeFlags, SpliceFlags};

    use crate::buffers::TURN;
    use crate::connection::Stream;

    /// Room for a turn. It is counted in pages, and a turn that begins within one takes one more.
    const ROOM: usize = 2 * TURN;

    thread_local! {
        static EMPTY: Cell<Option<Pipe>> = const { Cell::new(None) };
    }

    /// Holds octets on their way from a file to a socket. What is in it when it is dropped goes nowhere.
    #[derive(Debug)]
    pub(in crate::fast_path) struct Pipe {
        entry: OwnedFd,
        exit: OwnedFd,
        held: usize,
    }

    impl Pipe {
        /// Takes the thread's pipe, which is empty.
        pub(in crate::fast_path) fn take() -> io::Result<Self> {
            match EMPTY.take() {
                Some(pipe) => Ok(pipe),
                None => Self::new(),
            }
        }

        fn new() -> io::Result<Self> {
            let (exit, entry) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
            // Where a user has many pipes, it stays as short as it is, and so do turns.
            let _ = rustix::pipe::fcntl_setpipe_size(&entry, ROOM);
            Ok(Self { entry, exit, held: 0 })
        }

        /// Puts octets of a file in, and says how many are in it: fewer where the file ends or the pipe is full.
        pub(in crate::fast_path) fn fill(
            &mut self,
            file: &File,
            mut offset: u64,
            count: usize,
        ) -> Result<usize, Errno> {
            while self.held < count {
                let most = count - self.held;
                let splice = || {
                    rustix::pipe::splice(
                        file,
                        Some(&mut offset),
                        &self.entry,
                        None,
                        most,
                        SpliceFlags::NONBLOCK,
                    )
                };
                match retry_on_intr(splice) {
                    Ok(0) => break,
                    Ok(taken) => self.held += taken,
                    Err(Errno::AGAIN) if self.held > 0 => break,
                    Err(error) => return Err(error),
                }
            }
            Ok(self.held)
        }

        /// Says how many octets are in it.
        pub(in crate::fast_path) fn held(&self) -> usize {
            self.held
        }

        /// Has the socket take octets, as many as it does at once.
        pub(in crate::fast_path) fn send(&mut self, stream: &Stream) -> io::Result<usize> {
            let taken = stream.try_splice(&self.exit, self.held)?;
            self.held = self.held.saturating_sub(taken);
            Ok(taken)
        }

        /// Gives it back to the thread, if it is empty again.
        pub(in crate::fast_path) fn give(self) {
            if self.held == 0 {
                EMPTY.set(Some(self));
            }
        }
    }
}

/// Elsewhere the kernel sends nothing out of files.
#[cfg(not(target_os = "linux"))]
mod none {
    use std::convert::Infallible;
    use std::fs::File;
    use std::io;

    use rustix::io::Errno;

    use crate::connection::Stream;

    #[derive(Debug)]
    pub(in crate::fast_path) struct Pipe(Infallible);

    impl Pipe {
        pub(in crate::fast_path) fn take() -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(in crate::fast_path) fn fill(&mut self, _: &File, _: u64, _: usize) -> Result<usize, Errno> {
            match self.0 {}
        }

        pub(in crate::fast_path) fn held(&self) -> usize {
            match self.0 {}
        }

        pub(in crate::fast_path) fn send(&mut self, _: &Stream) -> io::Result<usize> {
            match self.0 {}
        }

        pub(in crate::fast_path) fn give(self) {}
    }
}
