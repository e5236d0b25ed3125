//! `CONFIG`: the settings of the running server.

mod get;
mod help;
mod resetstat;
mod rewrite;
mod set;

use crate::commands::command::Command;
use crate::commands::docs::Group;

pub const COMMANDS: &[Command] = &[CONFIG];

pub const CONFIG: Command = Command::container(
    "config",
    &[get::GET, help::HELP, resetstat::RESETSTAT, rewrite::REWRITE, set::SET],
)
.docs(Group::Server, "2.0.0", "A container for server configuration commands");
