//! What SLOWLOG GET and COMMANDLOG GET have in common.

use crate::commands::call::Call;
use crate::commands::error::CommandError;
use crate::telemetry::command_log::LogKind;

/// How many entries the third argument asks for; -1 for all.
pub fn count(call: &Call<'_>) -> Result<usize, CommandError> {
    let refused = CommandError::InvalidLogCount;
    match call.integer(2) {
        Ok(-1) => Ok(usize::MAX),
        Ok(count) => usize::try_from(count).map_err(|_| refused),
        Err(_) => Err(refused),
    }
}

/// Answers with so many of the newest entries.
pub fn reply_entries(call: &mut Call<'_>, kind: LogKind, count: usize) {
    let log = call.server.command_logs.of(kind);
    let reply = &mut call.reply;
    reply.array(count.min(log.len()));
    for command in log.iter().take(count) {
        reply.array(6);
        reply.int(command.id);
        reply.int(command.unix_seconds);
        reply.int(command.measure);
        reply.array(command.args.len());
        command.args.iter().for_each(|arg| reply.bulk(arg));
        reply.bulk(command.peer.as_bytes());
        reply.bulk(&command.client_name);
    }
}
