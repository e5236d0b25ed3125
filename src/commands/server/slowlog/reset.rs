//! `SLOWLOG RESET`

use super::FLAGS;
use crate::commands::call::Call;
use crate::commands::command::Command;
use crate::commands::docs::{Docs, Group};
use crate::commands::error::Outcome;

pub const RESET: Command = Command {
    name: "reset",
    arity: 2,
    flags: FLAGS,
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    handler: reset,
    docs: Docs {
        summary: "Clear all entries from the slow log",
        since: "2.2.12",
        group: Group::Server,
        complexity: "O(N) where N is the number of entries in the slowlog",
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn reset(call: &mut Call<'_>) -> Outcome {
    call.server.slowlog.reset();
    call.reply.ok();
    Ok(())
}
