//! `SLOWLOG LEN`

use super::FLAGS;
use crate::commands::call::Call;
use crate::commands::command::Command;
use crate::commands::docs::{Docs, Group};
use crate::commands::error::Outcome;

pub const LEN: Command = Command {
    name: "len",
    arity: 2,
    flags: FLAGS,
    tips: &["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"],
    handler: len,
    docs: Docs {
        summary: "Get the slow log's length",
        since: "2.2.12",
        group: Group::Server,
        complexity: "O(1)",
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn len(call: &mut Call<'_>) -> Outcome {
    let len = call.server.slowlog.len();
    call.reply.int(len as i64);
    Ok(())
}
