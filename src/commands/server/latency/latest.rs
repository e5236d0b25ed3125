//! `LATENCY LATEST`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::Group;
use crate::commands::error::Outcome;

pub const LATEST: Command = Command::new("latest", 2, latest)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale])
    .tips(&["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"])
    .docs(Group::Server, "2.8.13", "Return the latest latency samples for all events.");

/// Of each event: its name, when it was last, how long it took then, and the most it ever took.
fn latest(call: &mut Call<'_>) -> Outcome {
    let array = call.reply.begin_array();
    let mut count = 0;
    for (name, event) in call.server.latency.iter() {
        let Some(&(seconds, millis)) = event.samples.back() else { continue };
        call.reply.array(4);
        call.reply.bulk(name.as_bytes());
        call.reply.int(seconds);
        call.reply.int(millis as i64);
        call.reply.int(event.max_millis as i64);
        count += 1;
    }
    call.reply.end_array(array, count);
    Ok(())
}
