//! What the server counts and remembers about its own work.

pub mod command_log;
pub mod histogram;
pub mod latency;
pub mod logging;
pub mod memory;
pub mod process;
pub mod stats;
