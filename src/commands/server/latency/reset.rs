//! `LATENCY RESET [event ...]`

use super::FLAGS;
use crate::commands::call::Call;
use crate::commands::command::Command;
use crate::commands::docs::{Arg, Docs, Group};
use crate::commands::error::Outcome;

pub const RESET: Command = Command {
    name: "reset",
    arity: -2,
    flags: FLAGS,
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    handler: reset,
    docs: Docs {
        summary: "Reset latency data for one or more events.",
        since: "2.8.13",
        group: Group::Server,
        complexity: "O(1)",
        arguments: &[Arg::string("event").optional().multiple()],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

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
