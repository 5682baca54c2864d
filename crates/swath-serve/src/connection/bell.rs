//! The server's word, as all connections of one thread hear it.
//!
//! In: the word, from whoever runs the thread. Out: the same to every connection that asks, and a call to each that waits.
//!
//! Each connection could listen to the server by itself; but then every idle one would carry a listener's bookkeeping, which
//! took more memory than anything else that it keeps. Here it is one waker in a list.

use std::cell::{Cell, RefCell};
use std::task::Waker;

use slab::Slab;

use super::context::Word;

thread_local! {
    static WORD: Cell<Word> = const { Cell::new(Word::SERVING) };
    static LISTENING: RefCell<Slab<Waker>> = const { RefCell::new(Slab::new()) };
}

/// The word that is in force on this thread.
pub(crate) fn word() -> Word {
    WORD.get()
}

/// Has all connections of this thread hear a word.
pub(crate) fn ring(word: Word) {
    WORD.set(word);
    LISTENING.with_borrow(|listening| listening.iter().for_each(|(_, waker)| waker.wake_by_ref()));
}

/// Hears each word that is rung on the thread where it was first polled.
#[derive(Default)]
pub(crate) struct Listener {
    place: Option<usize>,
}

impl Listener {
    /// Has the task of this waker be woken by every word from now on.
    pub(crate) fn listen(&mut self, waker: &Waker) {
        let replaced = LISTENING.with_borrow_mut(|listening| {
            let Some(known) = self.place.and_then(|place| listening.get_mut(place)) else {
                self.place = Some(listening.insert(waker.clone()));
                return None;
            };
            (!known.will_wake(waker)).then(|| std::mem::replace(known, waker.clone()))
        });
        // Only now: with a task's last waker its connection may go, and leave the list.
        drop(replaced);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let Some(place) = self.place else { return };
        let left = LISTENING.try_with(|listening| listening.borrow_mut().try_remove(place));
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::connection::Stage;
    use crate::connection::woken::Woken;

    #[test]
    fn a_word_wakes_whoever_listens_once_and_nobody_who_left() {
        let woken: Vec<_> = (0..3).map(|_| Arc::<Woken>::default()).collect();
        let mut listeners: Vec<_> = woken.iter().map(|_| Listener::default()).collect();
        for (listener, woken) in listeners.iter_mut().zip(&woken) {
            // Polled more than once, as connections are.
            listener.listen(&Waker::from(Arc::clone(woken)));
            listener.listen(&Waker::from(Arc::clone(woken)));
        }
        listeners.remove(1);
        let finishing = Word { stage: Stage::Finishing, crowded: true };
        ring(finishing);
        assert_eq!(word(), finishing);
        assert_eq!([0, 1, 2].map(|n| woken[n].times()), [1, 0, 1]);
        assert_eq!([0, 1, 2].map(|n| Arc::strong_count(&woken[n])), [2, 1, 2]);
    }
}
