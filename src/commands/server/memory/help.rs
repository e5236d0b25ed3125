//! `MEMORY HELP`

use crate::commands::command::Command;
use crate::commands::docs::Group;

pub const HELP: Command = Command::help(&[
    "DOCTOR",
    "    A report on how the memory is used, with advice.",
    "MALLOC-STATS",
    "    The allocator's own report.",
    "PURGE",
    "    Give memory that is not in use back to the system.",
    "STATS",
    "    What the memory is used for.",
    "USAGE <key> [SAMPLES <count>]",
    "    The bytes that a key and its value take; of large values <count> parts are measured.",
])
.docs(Group::Server, "4.0.0", "Show helpful text about the different subcommands");
