//! What INFO shows of the backlog, read where commands run while the manager writes it.

use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed};

use crate::base::offset::Offset;
use crate::replication::model::backlog::Backlog;

/// Set by the manager after each change; the figures belong together as well as INFO needs them to.
#[derive(Debug, Default)]
pub struct BacklogGauge {
    resets: AtomicU64,
    start: AtomicI64,
    /// -1: nothing is on disk.
    stored_start: AtomicI64,
    memory_bytes: AtomicUsize,
}

impl BacklogGauge {
    /// Shows `backlog`, which was emptied `resets` times.
    pub fn show(&self, backlog: &Backlog, resets: u64) {
        self.start.store(backlog.start(), Relaxed);
        self.stored_start.store(backlog.stored_start().unwrap_or(-1), Relaxed);
        self.memory_bytes.store(backlog.memory_bytes(), Relaxed);
        self.resets.store(resets, Relaxed);
    }

    /// The position before the oldest byte held. `last_reset`: how often the keyspace emptied the
    /// backlog and where; the manager may not have heard of the last time yet.
    pub fn start(&self, (resets, began_at): (u64, Offset)) -> Offset {
        if self.resets.load(Relaxed) == resets { self.start.load(Relaxed) } else { began_at }
    }

    /// The position before the oldest byte that is on disk, if any is.
    pub fn stored_start(&self, (resets, _): (u64, Offset)) -> Option<Offset> {
        let start = self.stored_start.load(Relaxed);
        (self.resets.load(Relaxed) == resets && start >= 0).then_some(start)
    }

    /// Bytes allocated for blocks.
    pub fn memory_bytes(&self) -> usize {
        self.memory_bytes.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reset_that_the_manager_has_not_heard_of_shows_at_once() {
        let gauge = BacklogGauge::default();
        gauge.show(&Backlog::new(1 << 20, 500), 1);
        assert_eq!(gauge.start((1, 500)), 500);
        assert_eq!(gauge.start((2, 700)), 700);
    }
}
