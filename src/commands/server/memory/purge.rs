//! `MEMORY PURGE`

use crate::commands::call::Call;
use crate::commands::command::Command;
use crate::commands::docs::{Docs, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::telemetry::memory;

pub const PURGE: Command = Command {
    name: "purge",
    arity: 2,
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    handler: purge,
    docs: Docs {
        summary: "Ask the allocator to release memory",
        since: "4.0.0",
        group: Group::Server,
        complexity: "Depends on how much memory is allocated, could be slow",
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn purge(call: &mut Call<'_>) -> Outcome {
    if !memory::purge() {
        return Err(CommandError::text("ERR Error purging dirty pages"));
    }
    call.reply.ok();
    Ok(())
}
