//! How many hold a shared block, and which of them frees it.
//!
//! `tests/loom` includes this file by its path and tries every order in which threads can meet here.

use std::sync::atomic::{AtomicU32, Ordering, fence};

/// The count of those who hold a block, at least one while it lives. Contents change only by a
/// holder that [`is_one`](Self::is_one) says is alone, and are freed by the one that
/// [`remove`](Self::remove) says was the last.
pub struct Holders(AtomicU32);

impl Holders {
    /// The count of a new block.
    #[inline]
    pub fn one() -> Self {
        Holders(AtomicU32::new(1))
    }

    /// One more, made by a holder.
    #[inline]
    pub fn add(&self) {
        // Relaxed: whoever adds one holds the block already.
        if self.0.fetch_add(1, Ordering::Relaxed) > i32::MAX as u32 {
            // Only leaked holders get here; going on would free the block under the others.
            std::process::abort();
        }
    }

    /// Whether the asking holder is the only one.
    #[inline]
    pub fn is_one(&self) -> bool {
        // Acquire pairs with the release of the holders that are gone: their reads are over.
        self.0.load(Ordering::Acquire) == 1
    }

    /// One less; `true` to the last, who frees the block.
    #[inline]
    pub fn remove(&self) -> bool {
        if self.0.fetch_sub(1, Ordering::Release) != 1 {
            return false;
        }
        fence(Ordering::Acquire);
        true
    }
}
