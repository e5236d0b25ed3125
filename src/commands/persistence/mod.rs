//! Saving, and the end: SAVE, BGSAVE, BGREWRITEAOF, BACKUP, SHUTDOWN.

mod backup;
mod bgrewriteaof;
mod bgsave;
mod save;
mod shutdown;

use super::command::Command;

pub const COMMANDS: &[Command] =
    &[bgrewriteaof::BGREWRITEAOF, backup::BACKUP, save::SAVE, bgsave::BGSAVE, shutdown::SHUTDOWN];
