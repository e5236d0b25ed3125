//! `SLOWLOG GET [count]`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::server::logged::{count, reply_entries};
use crate::telemetry::command_log::LogKind;

pub const GET: Command = Command::new("get", -2, get)
    .flags(&[Flag::Admin, Flag::Loading, Flag::Stale])
    .tips(&["request_policy:all_nodes", "nondeterministic_output"])
    .docs(Group::Server, "2.2.12", "Get the slow log's entries")
    .complexity("O(N) where N is the number of entries returned")
    .history(&[("4.0.0", "Added client IP address, port and name to the reply.")])
    .arguments(&[Arg::integer("count").optional()]);

const COUNT_DEFAULT: usize = 10;

fn get(call: &mut Call<'_>) -> Outcome {
    let count = match call.argc() {
        2 => COUNT_DEFAULT,
        3 => count(call)?,
        _ => return Err(CommandError::unknown_operation(call.arg(1), "SLOWLOG")),
    };
    reply_entries(call, LogKind::Slow, count);
    Ok(())
}
