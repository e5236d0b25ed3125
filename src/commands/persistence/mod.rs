//! Saving, and the end: SAVE, BGSAVE, SHUTDOWN.

mod bgsave;
mod save;
mod shutdown;

use super::command::Command;

pub const COMMANDS: &[Command] = &[save::SAVE, bgsave::BGSAVE, shutdown::SHUTDOWN];
