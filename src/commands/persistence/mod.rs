//! Saving, and the end: SAVE, BGSAVE, BGREWRITEAOF, SHUTDOWN.

mod bgrewriteaof;
mod bgsave;
mod save;
mod shutdown;

use super::command::Command;

pub const COMMANDS: &[Command] =
    &[bgrewriteaof::BGREWRITEAOF, save::SAVE, bgsave::BGSAVE, shutdown::SHUTDOWN];
