//! `COMMAND HELP`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag, Flags};
use crate::commands::docs::{Docs, Group};
use crate::commands::error::Outcome;

pub const HELP: Command = Command {
    name: "help",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    categories: &[Category::Connection],
    handler: help,
    docs: Docs {
        summary: "Show helpful text about the different subcommands",
        since: "5.0.0",
        group: Group::Server,
        complexity: "O(1)",
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn help(call: &mut Call<'_>) -> Outcome {
    call.help(&[
        "(no subcommand)",
        "    What there is to know of every command.",
        "COUNT",
        "    How many commands there are.",
        "DOCS [<command-name> [<command-name> ...]]",
        "    The documentation of these commands, or of all.",
        "GETKEYS <full-command>",
        "    The keys among a command's arguments.",
        "GETKEYSANDFLAGS <full-command>",
        "    The keys among a command's arguments, and what it does with each.",
        "INFO [<command-name> ...]",
        "    What there is to know of these commands, or of all.",
        "LIST [FILTERBY (MODULE <module-name>|ACLCAT <category>|PATTERN <pattern>)]",
        "    The names of all commands, or of some.",
    ]);
    Ok(())
}
