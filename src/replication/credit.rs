//! Back-pressure between a thread that makes chunks and an actor that writes them.
//!
//! `tests/loom` includes this file by its path and tries every order in which the two can meet here.

use std::sync::{Condvar, Mutex, PoisonError};

/// A number of chunks that may be on their way.
#[derive(Debug)]
pub struct Credit {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    available: usize,
    closed: bool,
}

impl Credit {
    pub fn new(chunks: usize) -> Credit {
        let state = Mutex::new(State { available: chunks, closed: false });
        Credit { state, changed: Condvar::new() }
    }

    /// Waits for credit and takes one; one thread only may wait. `false`: the other side is gone.
    pub fn take(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.available == 0 && !state.closed {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed {
            return false;
        }
        state.available -= 1;
        true
    }

    /// Gives some back.
    pub fn give(&self, chunks: usize) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).available += chunks;
        self.changed.notify_one();
    }

    /// Whether the receiver is gone.
    pub fn is_closed(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed
    }

    /// The receiver is gone: whoever waits goes on.
    pub fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.changed.notify_all();
    }
}
