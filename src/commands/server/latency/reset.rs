//! `LATENCY RESET [event ...]`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;

pub const RESET: Command = Command::new("reset", -2, reset)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale])
    .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
    .docs(Group::Server, "2.8.13", "Reset latency data for one or more events.")
    .arguments(&[Arg::string("event").optional().multiple()]);

/// Answers how many events were forgotten.
fn reset(call: &mut Call<'_>) -> Outcome {
    let latency = &mut call.server.latency;
    let count = if call.args.len() == 2 {
        latency.reset_all()
    } else {
        let names = call.args.iter().skip(2).filter_map(|name| std::str::from_utf8(name).ok());
        names.filter(|name| latency.reset(name)).count()
    };
    call.reply.int(count as i64);
    Ok(())
}
