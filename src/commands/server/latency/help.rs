//! `LATENCY HELP`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag, Flags};
use crate::commands::docs::{Docs, Group};
use crate::commands::error::Outcome;

pub const HELP: Command = Command {
    name: "help",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    handler: help,
    docs: Docs {
        summary: "Show helpful text about the different subcommands.",
        since: "2.8.13",
        group: Group::Server,
        complexity: "O(1)",
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn help(call: &mut Call<'_>) -> Outcome {
    call.help(&[
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
    ]);
    Ok(())
}
