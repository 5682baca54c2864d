//! A download to standard output: fetched side by side, written in order.
//!
//! In: octets of any place, from several threads. Out: the same from the first to the last, through one descriptor.
//!
//! What comes early waits in memory up to a limit; who brings more waits too. The octets that are next never wait, so
//! nothing stands still as long as somebody fetches them. Nothing that went out can be taken back: a new version is an
//! error once there was any.

mod order;

use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use byteranges::download::Identity;
use bytes::Bytes;

use self::order::Order;
use crate::digest::{Digest, Hasher, fields};
use crate::sink::{About, Finished, Sink};

/// Says why nothing more can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PipeError {
    /// Whoever reads has read enough; no fault of anybody.
    #[error("nobody reads the output any more")]
    Closed,
    /// A version came after octets of another one went out.
    #[error(
        "the file changed on the server after a part of it was written to the output; fetch it to a file with -o"
    )]
    Changed,
    /// Octets would have to be compared that are no longer here.
    #[error(
        "the server sends what has to be compared with octets that went out already; fetch it to a file with -o"
    )]
    Gone,
    /// Not all of it came.
    #[error("the output ends early")]
    Short,
    /// A file without a journal cannot be written to an output.
    #[error("there is nothing to go on with in an output")]
    NoFile,
}

impl From<PipeError> for io::Error {
    fn from(error: PipeError) -> Self {
        let kind = match error {
            PipeError::Closed => io::ErrorKind::BrokenPipe,
            PipeError::Changed | PipeError::Gone | PipeError::Short => io::ErrorKind::InvalidData,
            PipeError::NoFile => io::ErrorKind::Unsupported,
        };
        Self::new(kind, error)
    }
}

/// Writes a download to one output in order.
pub struct Pipe {
    state: Mutex<State>,
    turned: Condvar,
    output: Mutex<Output>,
    /// A digest that the user wants, computed on the way.
    wanted: Option<Digest>,
}

/// What waits, and where it has to go.
struct State {
    generation: u32,
    order: Order,
    /// Whether a thread is writing; it goes on as long as there is something that is next.
    writing: bool,
    failed: Option<Failure>,
}

/// The descriptor, and what went through it.
struct Output {
    writer: Box<dyn Write + Send>,
    hashers: Vec<Hasher>,
}

/// How writing ended, told to everybody who comes later.
#[derive(Clone, Copy)]
enum Failure {
    Pipe(PipeError),
    System(io::ErrorKind, Option<i32>),
}

impl Pipe {
    /// Begins with an output, and the most octets that may wait for their turn.
    ///
    /// The machine's [`window`](byteranges::download::Settings::window) has to be smaller, else lanes wait for each other
    /// longer than they need to.
    pub fn new(output: impl Write + Send + 'static, memory: usize, wanted: Option<Digest>) -> Self {
        Self {
            state: Mutex::new(State {
                generation: 0,
                order: Order::new(memory),
                writing: false,
                failed: None,
            }),
            turned: Condvar::new(),
            output: Mutex::new(Output { writer: Box::new(output), hashers: Vec::new() }),
            wanted,
        }
    }

    fn state(&self, generation: u32) -> io::Result<MutexGuard<'_, State>> {
        let state = self.lock();
        state.check(generation).map(|()| state)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.turned.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what is next, until nothing is. Others go on bringing octets meanwhile.
    fn drain<'a>(&'a self, mut state: MutexGuard<'a, State>) -> io::Result<()> {
        state.writing = true;
        while let Some(next) = state.order.next() {
            drop(state);
            let written = self.put(&next);
            state = self.lock();
            match written {
                Ok(()) => state.order.went_out(next),
                Err(error) => {
                    state.failed = Some(Failure::of(&error));
                    break;
                }
            }
            self.turned.notify_all();
        }
        state.writing = false;
        self.turned.notify_all();
        state.failed.map_or(Ok(()), |failure| Err(failure.into()))
    }

    fn put(&self, octets: &Bytes) -> io::Result<()> {
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        output.writer.write_all(octets)?;
        for hasher in &mut output.hashers {
            hasher.update(octets);
        }
        Ok(())
    }

    /// Waits until nothing is on its way out, and tells how many octets went.
    fn settled(&self, generation: u32) -> io::Result<u64> {
        let mut state = self.state(generation)?;
        while state.writing {
            state = self.wait(state);
            state.check(generation)?;
        }
        Ok(state.order.position())
    }
}

impl Sink for Pipe {
    fn start(
        &self,
        generation: u32,
        _journal: &[u8],
        _complete_length: Option<u64>,
        _keep_old: bool,
        about: &About,
    ) -> io::Result<()> {
        let mut state = self.lock();
        while state.writing {
            state = self.wait(state);
        }
        if let Some(failure) = state.failed {
            return Err(failure.into());
        }
        if state.order.position() > 0 {
            state.failed = Some(Failure::Pipe(PipeError::Changed));
            self.turned.notify_all();
            return Err(PipeError::Changed.into());
        }
        state.generation = generation;
        state.order.clear();
        // What the server gives is known only now, and later the octets are gone.
        let given = fields::repr_digest(&about.fields);
        let mut algorithms: Vec<_> = self.wanted.iter().chain(given.first()).map(Digest::algorithm).collect();
        algorithms.dedup();
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        output.hashers = algorithms.into_iter().map(Hasher::new).collect();
        // Who waited with octets of the version before has to hear of it.
        self.turned.notify_all();
        Ok(())
    }

    fn adopt(
        &self,
        _generation: u32,
        _journal: &[u8],
        _complete_length: Option<u64>,
        _about: &About,
    ) -> io::Result<()> {
        Err(PipeError::NoFile.into())
    }

    fn write(&self, generation: u32, first: u64, octets: &[Bytes]) -> io::Result<()> {
        let mut state = self.state(generation)?;
        let mut first = first;
        for piece in octets.iter().filter(|piece| !piece.is_empty()) {
            while !state.order.takes(first, piece.len()) {
                if state.order.has_next() && !state.writing {
                    self.drain(state)?;
                    state = self.state(generation)?;
                } else {
                    state = self.wait(state);
                    state.check(generation)?;
                }
            }
            state.order.put(first, piece.clone());
            first += piece.len() as u64;
        }
        if state.order.has_next() && !state.writing { self.drain(state) } else { Ok(()) }
    }

    fn equals(&self, generation: u32, first: u64, octets: &[Bytes]) -> io::Result<bool> {
        let state = self.state(generation)?;
        state.order.equals(first, octets).ok_or_else(|| PipeError::Gone.into())
    }

    fn sync(&self, generation: u32) -> io::Result<()> {
        self.state(generation).map(drop)
    }

    fn record(&self, generation: u32, _octets: &[u8]) -> io::Result<()> {
        self.state(generation).map(drop)
    }

    fn digest(&self, generation: u32, wanted: &Digest) -> io::Result<bool> {
        self.settled(generation)?;
        let output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        let known = output.hashers.iter().map(|hasher| hasher.clone().finish());
        let mut same = known.filter(|digest| digest.algorithm() == wanted.algorithm());
        same.next().map(|digest| digest == *wanted).ok_or_else(|| PipeError::Gone.into())
    }

    fn finish(&self, generation: u32, identity: &Identity, _about: &About) -> io::Result<Finished> {
        let position = self.settled(generation)?;
        if identity.complete_length != Some(position) {
            return Err(PipeError::Short.into());
        }
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        output.writer.flush().map_err(|error| Failure::of(&error))?;
        Ok(Finished { path: None })
    }
}

impl State {
    fn check(&self, generation: u32) -> io::Result<()> {
        match self.failed {
            Some(failure) => Err(failure.into()),
            None if self.generation == generation => Ok(()),
            None => Err(PipeError::Changed.into()),
        }
    }
}

impl Failure {
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Pipe(PipeError::Closed),
            kind => Self::System(kind, error.raw_os_error()),
        }
    }
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Pipe(error) => error.into(),
            Failure::System(_, Some(code)) => Self::from_raw_os_error(code),
            Failure::System(kind, None) => kind.into(),
        }
    }
}

impl std::fmt::Debug for Pipe {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Pipe").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
