//! `SLOWLOG RESET`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::Group;
use crate::commands::error::Outcome;
use crate::telemetry::command_log::LogKind;

pub const RESET: Command = Command::new("reset", 2, reset)
    .flags(&[Flag::Admin, Flag::Loading, Flag::Stale])
    .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
    .docs(Group::Server, "2.2.12", "Clear all entries from the slow log")
    .complexity("O(N) where N is the number of entries in the slowlog");

fn reset(call: &mut Call<'_>) -> Outcome {
    call.server.command_logs.of_mut(LogKind::Slow).reset();
    call.reply.ok();
    Ok(())
}
