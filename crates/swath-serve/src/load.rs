//! How much each serving thread has to do.
//!
//! In: connections as they are handed out and end, long answers as they begin and end. Out: a weight to compare threads by.

use std::cell::OnceCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What one thread has to do.
#[derive(Debug, Default)]
pub(crate) struct Load {
    connections: AtomicUsize,
    long_answers: AtomicUsize,
}

impl Load {
    /// Gives a weight: long answers count first, then connections.
    pub(crate) fn weight(&self) -> (usize, usize) {
        (self.long_answers.load(Ordering::Relaxed), self.connections.load(Ordering::Relaxed))
    }
}

thread_local! {
    static OF_THREAD: OnceCell<Arc<Load>> = const { OnceCell::new() };
}

/// Makes `load` that of the calling thread.
pub(crate) fn enter(load: Arc<Load>) {
    // A thread serves one server all its life.
    let _ = OF_THREAD.with(|of_thread| of_thread.set(load));
}

/// A connection, counted for as long as this lives.
pub(crate) struct Counted(Arc<Load>);

impl Counted {
    pub(crate) fn new(load: &Arc<Load>) -> Self {
        load.connections.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(load))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A long answer of the calling thread, counted for as long as this lives.
pub(crate) struct LongAnswer(Option<Arc<Load>>);

impl LongAnswer {
    pub(crate) fn begin() -> Self {
        let load = OF_THREAD.with(|of_thread| of_thread.get().cloned());
        if let Some(load) = &load {
            load.long_answers.fetch_add(1, Ordering::Relaxed);
        }
        Self(load)
    }
}

impl Drop for LongAnswer {
    fn drop(&mut self) {
        if let Some(load) = &self.0 {
            load.long_answers.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_with_a_long_answer_weighs_more_than_one_with_many_connections() {
        let loads = [Arc::<Load>::default(), Arc::default(), Arc::default()];
        let crowd: Vec<_> = (0..100).map(|_| Counted::new(&loads[0])).collect();
        let one = Counted::new(&loads[1]);
        let load = Arc::clone(&loads[1]);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                enter(load);
                let long = LongAnswer::begin();
                assert!(loads[1].weight() > loads[0].weight());
                assert!(loads[0].weight() > loads[2].weight());
                drop(long);
            });
        });
        assert!(loads[1].weight() < loads[0].weight());
        drop((crowd, one));
        assert!(loads.iter().all(|load| load.weight() == (0, 0)));
        // A service in somebody else's server has no thread of ours.
        drop(LongAnswer::begin());
    }
}
