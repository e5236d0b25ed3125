//! `LATENCY HISTORY event`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::telemetry::latency::Event;

pub const HISTORY: Command = Command::new("history", 3, history)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale])
    .tips(&["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"])
    .docs(Group::Server, "2.8.13", "Return timestamp-latency samples for the event.")
    .arguments(&[Arg::string("event")]);

fn history(call: &mut Call<'_>) -> Outcome {
    let Some(event) = event(call, 2) else {
        call.reply.empty_array();
        return Ok(());
    };
    call.reply.array(event.samples.len());
    for &(seconds, millis) in &event.samples {
        call.reply.array(2);
        call.reply.int(seconds);
        call.reply.int(millis as i64);
    }
    Ok(())
}

/// The event that an argument names.
pub(super) fn event(call: &Call<'_>, i: usize) -> Option<Event> {
    let name = std::str::from_utf8(call.arg(i)).ok()?;
    call.server.latency.get(name).cloned()
}
