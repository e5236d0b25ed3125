//! `COMMAND`: what the server says of its own commands, derived from their rows.

mod docs;
mod getkeys;
mod help;
mod info;
mod list;
mod listing;

use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::Group;

pub const COMMANDS: &[Command] = &[COMMAND];

pub const COMMAND: Command = Command::new("command", -1, info::info)
    .flags(&[Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .tips(&["nondeterministic_output_order"])
    .docs(Group::Server, "2.8.13", "Get array of Redis command details")
    .complexity("O(N) where N is the total number of Redis commands")
    .subcommands(&[
        docs::DOCS,
        getkeys::GETKEYS,
        getkeys::GETKEYSANDFLAGS,
        help::HELP,
        info::COUNT,
        info::INFO,
        list::LIST,
    ]);
