//! Strings.

mod get;
mod set;

use super::command::Command;

pub const COMMANDS: &[Command] = &[get::GET, set::SET];
