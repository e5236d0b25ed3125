//! `CONFIG`: the settings of the running server.

mod get;
mod help;
mod resetstat;
mod rewrite;
mod set;

use crate::commands::command::Command;
use crate::commands::docs::{Docs, Group};

pub const COMMANDS: &[Command] = &[CONFIG];

pub const CONFIG: Command = Command {
    name: "config",
    arity: -2,
    docs: Docs {
        summary: "A container for server configuration commands",
        since: "2.0.0",
        group: Group::Server,
        complexity: "Depends on subcommand.",
        ..Docs::DEFAULT
    },
    subcommands: &[get::GET, help::HELP, resetstat::RESETSTAT, rewrite::REWRITE, set::SET],
    ..Command::DEFAULT
};
