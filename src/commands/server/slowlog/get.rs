//! `SLOWLOG GET [count]`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};

pub const GET: Command = Command::new("get", -2, get)
    .flags(&[Flag::Admin, Flag::Loading, Flag::Stale])
    .tips(&["request_policy:all_nodes", "nondeterministic_output"])
    .docs(Group::Server, "2.2.12", "Get the slow log's entries")
    .complexity("O(N) where N is the number of entries returned")
    .history(&[("4.0.0", "Added client IP address, port and name to the reply.")])
    .arguments(&[Arg::integer("count").optional()]);

const COUNT_DEFAULT: usize = 10;

fn get(call: &mut Call<'_>) -> Outcome {
    let count = match call.argc() {
        2 => COUNT_DEFAULT,
        3 => count(call)?,
        _ => return Err(CommandError::unknown_operation(call.arg(1), "SLOWLOG")),
    };
    let slowlog = &call.server.slowlog;
    let reply = &mut call.reply;
    reply.array(count.min(slowlog.len()));
    for command in slowlog.iter().take(count) {
        reply.array(6);
        reply.int(command.id);
        reply.int(command.unix_seconds);
        reply.int(command.micros);
        reply.array(command.args.len());
        command.args.iter().for_each(|arg| reply.bulk(arg));
        reply.bulk(command.peer.as_bytes());
        reply.bulk(&command.client_name);
    }
    Ok(())
}

/// -1 asks for all.
fn count(call: &Call<'_>) -> Result<usize, CommandError> {
    let refused = CommandError::text("ERR count should be greater than or equal to -1");
    match call.integer(2) {
        Ok(-1) => Ok(usize::MAX),
        Ok(count) => usize::try_from(count).map_err(|_| refused),
        Err(_) => Err(refused),
    }
}
