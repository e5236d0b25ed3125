//! `MEMORY MALLOC-STATS`

use super::TIPS;
use crate::commands::call::Call;
use crate::commands::command::Command;
use crate::commands::docs::{Docs, Group};
use crate::commands::error::Outcome;
use crate::telemetry::memory;

pub const MALLOC_STATS: Command = Command {
    name: "malloc-stats",
    arity: 2,
    tips: TIPS,
    handler: malloc_stats,
    docs: Docs {
        summary: "Show allocator internal stats",
        since: "4.0.0",
        group: Group::Server,
        complexity: "Depends on how much memory is allocated, could be slow",
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn malloc_stats(call: &mut Call<'_>) -> Outcome {
    call.reply.verbatim("txt", memory::report().as_bytes());
    Ok(())
}
