//! The server itself: what it is doing, what it remembers, and how it is examined.

mod commandlog;
mod debug;
mod info;
mod lastsave;
mod latency;
pub mod logged;
mod lolwut;
mod memory;
mod module;
mod monitor;
mod role;
mod slowlog;
mod time;

use super::command::Command;

pub const COMMANDS: &[Command] = &[
    commandlog::COMMANDLOG,
    debug::DEBUG,
    info::INFO,
    lastsave::LASTSAVE,
    latency::LATENCY,
    lolwut::LOLWUT,
    memory::MEMORY,
    module::MODULE,
    monitor::MONITOR,
    role::ROLE,
    slowlog::SLOWLOG,
    time::TIME,
];
