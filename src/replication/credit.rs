//! Back-pressure between a thread that makes chunks and an actor that writes them.

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

    /// Waits for credit and takes one. `false`: the other side is gone.
    pub fn take(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_while(state, |s| s.available == 0 && !s.closed);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_taker_waits_for_credit_and_ends_when_closed() {
        let credit = Arc::new(Credit::new(1));
        assert!(credit.take());
        let taker = {
            let credit = credit.clone();
            std::thread::spawn(move || (credit.take(), credit.take()))
        };
        credit.give(1);
        credit.close();
        let (_, second) = taker.join().unwrap();
        assert!(!second);
    }
}
