//! `CONFIG HELP`

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
        since: "5.0.0",
        group: Group::Server,
        complexity: "O(1)",
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn help(call: &mut Call<'_>) -> Outcome {
    call.help(&[
        "GET <pattern> [<pattern> ...]",
        "    The settings whose names match any of the glob-style patterns.",
        "RESETSTAT",
        "    Set the counters that INFO shows back to zero.",
        "REWRITE",
        "    Write the settings into the configuration file.",
        "SET <directive> <value> [<directive> <value> ...]",
        "    Change settings: all of them, or none.",
    ]);
    Ok(())
}
