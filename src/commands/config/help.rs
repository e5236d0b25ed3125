//! `CONFIG HELP`

use crate::commands::command::Command;
use crate::commands::docs::Group;

pub const HELP: Command = Command::help(&[
    "GET <pattern> [<pattern> ...]",
    "    The settings whose names match any of the glob-style patterns.",
    "RESETSTAT",
    "    Set the counters that INFO shows back to zero.",
    "REWRITE",
    "    Write the settings into the configuration file.",
    "SET <directive> <value> [<directive> <value> ...]",
    "    Change settings: all of them, or none.",
])
.docs(Group::Server, "5.0.0", "Show helpful text about the different subcommands");
