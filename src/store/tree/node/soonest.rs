//! The deadlines below a node, as one number.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::base::time::UnixMillis;

/// A time at or before every deadline below a node. Late news make it too early, never too late:
/// it is lowered at once when an earlier deadline comes, and raised only when somebody has looked
/// and found that nothing is due.
///
/// It is true of a node's contents whoever holds the node, so it is raised also while a snapshot
/// shares the node.
#[derive(Debug)]
#[repr(transparent)]
pub(in super::super) struct Soonest(AtomicI64);

/// No deadline at all.
pub(in super::super) const NEVER: UnixMillis = UnixMillis::MAX;

impl Soonest {
    pub(in super::super) const fn new(at: UnixMillis) -> Self {
        Soonest(AtomicI64::new(at))
    }

    // Relaxed: whatever an owner finds here was true of the contents, which it shares as long as
    // others set it; and it lowers it in nodes of its own alone.
    #[inline]
    pub(in super::super) fn get(&self) -> UnixMillis {
        self.0.load(Ordering::Relaxed)
    }

    #[inline]
    pub(in super::super) fn set(&self, at: UnixMillis) {
        self.0.store(at, Ordering::Relaxed);
    }

    /// There is a deadline below.
    #[inline]
    pub(in super::super) fn lower(&self, at: UnixMillis) {
        if at < self.get() {
            self.set(at);
        }
    }
}

impl Clone for Soonest {
    fn clone(&self) -> Self {
        Soonest::new(self.get())
    }
}
