//! The server itself: what it is doing, what it remembers, and how it is examined.

mod debug;
mod info;

use super::command::Command;

pub const COMMANDS: &[Command] = &[debug::DEBUG, info::INFO];
