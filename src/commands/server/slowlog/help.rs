//! `SLOWLOG HELP`

use crate::commands::command::Command;
use crate::commands::docs::Group;

pub const HELP: Command = Command::help(&[
    "GET [<count>]",
    "    The newest entries, 10 of them or <count>; -1 for all. Of each: its number, when it",
    "    was (UNIX time), how long it took (microseconds), its arguments, the client's address",
    "    and name.",
    "LEN",
    "    How many entries there are.",
    "RESET",
    "    Forget all entries.",
])
.docs(Group::Server, "6.2.0", "Show helpful text about the different subcommands");
