//! Memory as the allocator sees it.

use tikv_jemalloc_ctl::{epoch, stats};

/// The allocator's figures, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// Handed out.
    pub allocated: usize,
    /// In pages with something in them.
    pub active: usize,
    /// In physical memory.
    pub resident: usize,
    pub mapped: usize,
    pub retained: usize,
    pub metadata: usize,
}

/// The figures now; zeros where the allocator does not tell.
pub fn read() -> Memory {
    // The figures are cached; this renews them.
    let _ = epoch::advance();
    Memory {
        allocated: stats::allocated::read().unwrap_or(0),
        active: stats::active::read().unwrap_or(0),
        resident: stats::resident::read().unwrap_or(0),
        mapped: stats::mapped::read().unwrap_or(0),
        retained: stats::retained::read().unwrap_or(0),
        metadata: stats::metadata::read().unwrap_or(0),
    }
}

/// `used_memory`.
pub fn used_bytes() -> usize {
    read().allocated
}
