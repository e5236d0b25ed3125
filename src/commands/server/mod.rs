//! The server itself: what it is doing, what it remembers, and how it is examined.

mod debug;
mod info;
mod lastsave;
mod latency;
mod lolwut;
mod memory;
mod monitor;
mod role;
mod slowlog;
mod time;

use super::command::Command;

pub const COMMANDS: &[Command] = &[
    debug::DEBUG,
    info::INFO,
    lastsave::LASTSAVE,
    latency::LATENCY,
    lolwut::LOLWUT,
    memory::MEMORY,
    monitor::MONITOR,
    role::ROLE,
    slowlog::SLOWLOG,
    time::TIME,
];
