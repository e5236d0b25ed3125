//! Every order in which threads can meet at what they share, tried one by one by loom.
//!
//! The files under test are included by their paths, and `std` in them is what this file makes of
//! it: loom's atomics, locks and threads.

extern crate self as std;
extern crate std as real_std;

pub mod process {
    pub use real_std::process::abort;
}
pub mod sync {
    pub use loom::sync::{Condvar, Mutex};
    pub use real_std::sync::PoisonError;
    pub mod atomic {
        pub use loom::sync::atomic::{AtomicU32, Ordering, fence};
    }
}

#[path = "../../src/replication/credit.rs"]
mod credit;
#[path = "../../src/store/holders.rs"]
mod holders;

mod credits;
mod shared_blocks;
