//! `WAIT numreplicas timeout`, `WAITAOF numlocal numreplicas timeout`

use crate::base::number::parse_i64;
use crate::base::time::UnixMillis;
use crate::commands::args::natural;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::effect::{Action, Block};
use crate::commands::error::{CommandError, Outcome};
use crate::replication::model::status::Acks;
use crate::resp::reply::Reply;

pub const WAIT: Command = Command::new("wait", 3, wait)
    .flags(&[Flag::NoScript])
    .and_flags(&[Flag::AnsweredLater])
    .categories(&[Category::Connection])
    .tips(&["request_policy:all_shards", "response_policy:agg_min"])
    .docs(
        Group::Generic,
        "3.0.0",
        "Blocks until the asynchronous replication of all preceding write commands sent by the connection is completed.",
    )
    .arguments(&[Arg::integer("numreplicas"), Arg::integer("timeout")]);

pub const WAITAOF: Command = Command::new("waitaof", 4, waitaof)
    .flags(&[Flag::NoScript, Flag::Blocking])
    .categories(&[Category::Connection])
    .tips(&["request_policy:all_shards", "response_policy:agg_min"])
    .docs(
        Group::Generic,
        "7.2.0",
        "Blocks until all of the preceding write commands sent by the connection are written to the append-only file of the master and/or replicas.",
    )
    .arguments(&[
        Arg::integer("numlocal"),
        Arg::integer("numreplicas"),
        Arg::integer("timeout"),
    ]);

fn wait(call: &mut Call<'_>) -> Outcome {
    if call.server.replication.is_replica() {
        return Err(CommandError::WaitOnReplica);
    }
    let replicas = call.integer(1)?;
    let deadline = deadline(call, 2)?;
    wait_for(call, Acks::Applied, usize::try_from(replicas).unwrap_or(0), deadline)
}

fn waitaof(call: &mut Call<'_>) -> Outcome {
    let local = match call.integer(1)? {
        0 => false,
        1 => true,
        _ => return Err(CommandError::NotZeroOrOne),
    };
    let replicas = natural(call.args, 2)?;
    let deadline = deadline(call, 3)?;
    if call.server.replication.is_replica() {
        return Err(CommandError::WaitaofOnReplica);
    }
    if local && !call.server.persistence.log.is_enabled() {
        return Err(CommandError::WaitaofWithoutLog);
    }
    let what = if local { Acks::FsyncedHere } else { Acks::Fsynced };
    wait_for(call, what, replicas, deadline)
}

/// The `i`-th argument as the milliseconds after which the wait is over; `None`: never.
fn deadline(call: &Call<'_>, i: usize) -> Result<Option<UnixMillis>, CommandError> {
    let timeout = parse_i64(call.arg(i)).ok_or(CommandError::TimeoutNotInteger)?;
    if timeout < 0 {
        return Err(CommandError::TimeoutNegative);
    }
    match timeout {
        0 => Ok(None),
        millis => call.now().checked_add(millis).map(Some).ok_or(CommandError::TimeoutOutOfRange),
    }
}

/// Answers when so many replicas have acknowledged what this client wrote last.
fn wait_for(
    call: &mut Call<'_>,
    what: Acks,
    replicas: usize,
    deadline: Option<UnixMillis>,
) -> Outcome {
    let offset = call.session().seen_offset;
    let reached = call.server.replication.acknowledged(what, offset);
    let is_safe = call.server.persistence.log.is_safe(offset);
    let is_reached = reached >= replicas && (what != Acks::FsyncedHere || is_safe);
    if is_reached || call.in_transaction {
        answer(&mut call.reply, what, reached, is_safe);
        return Ok(());
    }
    call.block(Block::Wait { what, replicas, offset, deadline });
    call.act(Action::AskForAcks);
    Ok(())
}

/// Of WAITAOF the first number is our own log's.
pub fn answer(reply: &mut Reply<'_>, what: Acks, reached: usize, is_safe: bool) {
    if what != Acks::Applied {
        reply.array(2);
        reply.int(i64::from(is_safe));
    }
    reply.int(reached as i64);
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    /// As Redis 8.0 answers.
    #[test]
    fn waitaof_refuses_what_cannot_be() {
        let out_of_range = "-ERR value is out of range, value must between 0 and 1";
        let mut server = TestServer::new();
        server.check(&[
            ("WAITAOF 0 0 0", "[0 0]"),
            (
                "WAITAOF 1 0 0",
                "-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.",
            ),
            ("WAITAOF 2 0 0", out_of_range),
            ("WAITAOF -1 0 0", out_of_range),
            ("WAITAOF x 0 0", "-ERR value is not an integer or out of range"),
            ("WAITAOF 0 x 0", "-ERR value is out of range, must be positive"),
            ("WAITAOF 0 -1 0", "-ERR value is out of range, must be positive"),
            ("WAITAOF 0 0 -1", "-ERR timeout is negative"),
            ("WAITAOF 0 0 x", "-ERR timeout is not an integer or out of range"),
            ("WAITAOF 0 0 9223372036854775807", "-ERR timeout is out of range"),
            ("MULTI", "OK"),
            ("WAITAOF 0 3 0", "QUEUED"),
            ("EXEC", "[[0 0]]"),
        ]);
        server.become_replica();
        server.check(&[(
            "WAITAOF 1 0 0",
            "-ERR WAITAOF cannot be used with replica instances. Please also note that writes to replicas are just local and are not propagated.",
        )]);
    }
}
