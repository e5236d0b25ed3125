//! `REPLICATION HELP`

use crate::commands::command::Command;
use crate::commands::docs::{Group, OUR_FIRST};

pub const HELP: Command = Command::help(&[
    "DOCTOR",
    "    What is wrong with replication here, and which directive changes it.",
    "HISTORY [<count>]",
    "    What happened to the links, newest first, 10 entries or <count>; -1 for all. Of each: its",
    "    number, when it was (UNIX time in milliseconds), which end of the link we are, the peer,",
    "    the event and its cause, the offset that was asked for, the first and the last that the",
    "    backlog held, how long it took, bytes, and how often it happened in a row.",
])
.docs(Group::Server, OUR_FIRST, "Show helpful text about the different subcommands");
