//! A thread for connections that many lanes share: lanes come and go, and a connection may not go with one of them.
//!
//! In: work. Out: its end. The thread is made when the first needs it.

use std::sync::{Mutex, PoisonError};

use tokio::runtime::{Builder, Runtime};

use crate::fault::Trouble;

/// Runs shared connections.
#[derive(Default)]
pub(super) struct Home(Mutex<Option<Runtime>>);

impl Home {
    pub(super) fn spawn<F>(&self, work: F) -> Result<tokio::task::JoinHandle<F::Output>, Trouble>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let mut home = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if home.is_none() {
            let built =
                Builder::new_multi_thread().worker_threads(1).thread_name("swath-h2").enable_all().build();
            *home = Some(built.map_err(|error| Trouble::connect(format!("cannot start a thread: {error}")))?);
        }
        let runtime = home.as_ref().ok_or_else(|| Trouble::connect("cannot start a thread"))?;
        Ok(runtime.spawn(work))
    }
}

/// It may go with the last lane, and a lane may not wait for threads.
impl Drop for Home {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            runtime.shutdown_background();
        }
    }
}
