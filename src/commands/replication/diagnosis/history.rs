//! `REPLICATION HISTORY [count]`

use crate::base::offset;
use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group, OUR_FIRST};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::server::logged::count;

pub const HISTORY: Command = Command::new("history", -2, history)
    .flags(&[Flag::Admin, Flag::Loading, Flag::Stale])
    .tips(&["request_policy:all_nodes", "nondeterministic_output"])
    .docs(Group::Server, OUR_FIRST, "What happened to the replication links, newest first.")
    .complexity("O(N) where N is the number of entries returned")
    .arguments(&[Arg::integer("count").optional()]);

const COUNT_DEFAULT: usize = 10;
/// Where there is no such figure.
const NONE: i64 = -1;

fn history(call: &mut Call<'_>) -> Outcome {
    let count = match call.argc() {
        2 => COUNT_DEFAULT,
        3 => count(call)?,
        _ => return Err(CommandError::unknown_operation(call.arg(1), "REPLICATION")),
    };
    let count = count.min(call.server.config.replication.replication_history_len);
    let journal = &call.server.replication.journal;
    let reply = &mut call.reply;
    reply.array(count.min(journal.len()));
    for (id, event) in journal.newest().take(count) {
        let text = [
            ("role", event.side.name()),
            ("peer", event.peer.as_str()),
            ("event", event.what.name()),
            ("cause", event.what.cause()),
        ];
        let held = event.held.map(|held| (offset::wanted_byte(held.start), held.end));
        let (first, last) = held.unwrap_or((NONE, NONE));
        let figures = [
            ("asked-offset", event.asked.unwrap_or(NONE)),
            ("backlog-first", first),
            ("backlog-last", last),
            ("duration-ms", event.duration_millis.unwrap_or(NONE)),
            ("bytes", i64::try_from(event.bytes).unwrap_or(i64::MAX)),
            ("times", i64::try_from(event.times).unwrap_or(i64::MAX)),
        ];
        reply.map(2 + text.len() + figures.len());
        reply.bulk(b"id");
        reply.int(i64::try_from(*id).unwrap_or(i64::MAX));
        reply.bulk(b"time-ms");
        reply.int(event.at);
        for (name, value) in text {
            reply.bulk(name.as_bytes());
            reply.bulk(value.as_bytes());
        }
        for (name, value) in figures {
            reply.bulk(name.as_bytes());
            reply.int(value);
        }
    }
    Ok(())
}
