//! `COMMAND HELP`

use crate::commands::command::{Category, Command};
use crate::commands::docs::Group;

pub const HELP: Command = Command::help(&[
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
])
.categories(&[Category::Connection])
.docs(Group::Server, "5.0.0", "Show helpful text about the different subcommands");
