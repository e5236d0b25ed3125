//! `SLOWLOG LEN`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::Group;
use crate::commands::error::Outcome;
use crate::telemetry::command_log::LogKind;

pub const LEN: Command = Command::new("len", 2, len)
    .flags(&[Flag::Admin, Flag::Loading, Flag::Stale])
    .tips(&["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"])
    .docs(Group::Server, "2.2.12", "Get the slow log's length");

fn len(call: &mut Call<'_>) -> Outcome {
    let len = call.server.command_logs.of(LogKind::Slow).len();
    call.reply.int(len as i64);
    Ok(())
}
