//! What the server counts and remembers about its own work.

pub mod histogram;
pub mod latency;
pub mod logging;
pub mod memory;
pub mod process;
pub mod slowlog;
pub mod stats;
