//! `MEMORY MALLOC-STATS`

use crate::commands::call::Call;
use crate::commands::command::Command;
use crate::commands::docs::Group;
use crate::commands::error::Outcome;
use crate::telemetry::memory;

pub const MALLOC_STATS: Command = Command::new("malloc-stats", 2, malloc_stats)
    .tips(&["nondeterministic_output", "request_policy:all_shards", "response_policy:special"])
    .docs(Group::Server, "4.0.0", "Show allocator internal stats")
    .complexity("Depends on how much memory is allocated, could be slow");

fn malloc_stats(call: &mut Call<'_>) -> Outcome {
    call.reply.verbatim("txt", memory::report().as_bytes());
    Ok(())
}
