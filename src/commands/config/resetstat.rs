//! `CONFIG RESETSTAT`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag, Flags};
use crate::commands::docs::{Docs, Group};
use crate::commands::error::Outcome;
use crate::telemetry::stats::KeyspaceStats;

pub const RESETSTAT: Command = Command {
    name: "resetstat",
    arity: 2,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    handler: resetstat,
    docs: Docs {
        summary: "Reset the stats returned by INFO",
        since: "2.0.0",
        group: Group::Server,
        complexity: "O(1)",
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn resetstat(call: &mut Call<'_>) -> Outcome {
    *call.keys.stats = KeyspaceStats::default();
    call.server.stats.reset();
    call.reply.ok();
    Ok(())
}
