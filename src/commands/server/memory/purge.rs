//! `MEMORY PURGE`

use crate::commands::call::Call;
use crate::commands::command::Command;
use crate::commands::docs::Group;
use crate::commands::error::{CommandError, Outcome};
use crate::telemetry::memory;

pub const PURGE: Command = Command::new("purge", 2, purge)
    .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
    .docs(Group::Server, "4.0.0", "Ask the allocator to release memory")
    .complexity("Depends on how much memory is allocated, could be slow");

fn purge(call: &mut Call<'_>) -> Outcome {
    if !memory::purge() {
        return Err(CommandError::PurgeFailed);
    }
    call.reply.ok();
    Ok(())
}
