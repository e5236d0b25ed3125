//! `SLOWLOG HELP`

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
        since: "6.2.0",
        group: Group::Server,
        complexity: "O(1)",
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn help(call: &mut Call<'_>) -> Outcome {
    call.help(&[
        "GET [<count>]",
        "    The newest entries, 10 of them or <count>; -1 for all. Of each: its number, when it",
        "    was (UNIX time), how long it took (microseconds), its arguments, the client's address",
        "    and name.",
        "LEN",
        "    How many entries there are.",
        "RESET",
        "    Forget all entries.",
    ]);
    Ok(())
}
