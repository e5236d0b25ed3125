//! `LATENCY HELP`

use crate::commands::command::Command;
use crate::commands::docs::Group;

pub const HELP: Command = Command::help(&[
    "DOCTOR",
    "    A report on the spikes that were seen, with advice.",
    "GRAPH <event>",
    "    The spikes of an event as a graph made of characters.",
    "HISTOGRAM [<command> ...]",
    "    How many calls of each command, or of those, took no longer than what.",
    "HISTORY <event>",
    "    When each spike of an event was, and how long it took.",
    "LATEST",
    "    The newest spike of every event.",
    "RESET [<event> ...]",
    "    Forget the spikes of all events, or of those.",
])
.docs(Group::Server, "2.8.13", "Show helpful text about the different subcommands.");
