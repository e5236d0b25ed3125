//! What the server counts and remembers about its own work.

pub mod latency;
pub mod logging;
pub mod memory;
pub mod slowlog;
pub mod stats;
