//! `MEMORY HELP`

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
        summary: "Show helpful text about the different subcommands",
        since: "4.0.0",
        group: Group::Server,
        complexity: "O(1)",
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn help(call: &mut Call<'_>) -> Outcome {
    call.help(&[
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
    ]);
    Ok(())
}
