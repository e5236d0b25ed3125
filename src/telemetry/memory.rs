//! Memory as the allocator sees it.

use tikv_jemalloc_ctl::{arenas, epoch, raw, stats, version};

/// The allocator's figures, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// Handed out, also to the stocks that each thread keeps.
    pub allocated: usize,
    /// Of that, what is in such a stock and in nobody's use.
    pub in_stock: usize,
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
        in_stock: in_stock(),
        active: stats::active::read().unwrap_or(0),
        resident: stats::resident::read().unwrap_or(0),
        mapped: stats::mapped::read().unwrap_or(0),
        retained: stats::retained::read().unwrap_or(0),
        metadata: stats::metadata::read().unwrap_or(0),
    }
}

impl Memory {
    /// `used_memory`: what is in use, as Redis counts it, allocation by allocation.
    pub fn used(&self) -> usize {
        self.allocated.saturating_sub(self.in_stock)
    }
}

/// `used_memory`.
pub fn used_bytes() -> usize {
    read().used()
}

/// Of all arenas, by the number that stands for all.
fn in_stock() -> usize {
    // SAFETY: jemalloc keeps this figure as a `size_t`.
    unsafe { raw::read(b"stats.arenas.4096.tcache_bytes\0") }.unwrap_or(0)
}

/// The allocator and its version as Redis writes them: `jemalloc-5.3.0`.
pub fn allocator_name() -> String {
    let full = version::read().unwrap_or("unknown");
    let number = full.split('-').next().unwrap_or(full);
    format!("jemalloc-{number}")
}

/// The figures for human eyes.
pub fn report() -> String {
    let Memory { allocated, active, resident, mapped, retained, metadata, .. } = read();
    let arenas = arenas::narenas::read().unwrap_or(0);
    format!(
        "{} with {arenas} arenas, in bytes:\n\
         allocated: {allocated}\nactive: {active}\nmetadata: {metadata}\n\
         resident: {resident}\nmapped: {mapped}\nretained: {retained}\n",
        allocator_name()
    )
}

/// Gives pages that are not in use back to the system; whether the allocator did.
pub fn purge() -> bool {
    let arenas = arenas::narenas::read().unwrap_or(0);
    (0..arenas).map(purge_arena).fold(false, |any, done| any | done)
}

/// An arena whose pages decay in no time has none to keep.
fn purge_arena(index: u32) -> bool {
    ["dirty", "muzzy"].into_iter().all(|kind| {
        let name = format!("arena.{index}.{kind}_decay_ms\0");
        // SAFETY: the setting is a `ssize_t`, in milliseconds; its name ends with a zero.
        unsafe {
            let kept = raw::read::<isize>(name.as_bytes());
            kept.is_ok_and(|kept| {
                raw::write::<isize>(name.as_bytes(), 0).is_ok()
                    && raw::write::<isize>(name.as_bytes(), kept).is_ok()
            })
        }
    })
}
