//! The client's connection to the server.

mod ping;

use super::command::Command;

pub const COMMANDS: &[Command] = &[ping::PING];
