//! `WAIT numreplicas timeout`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::effect::{Action, Block};
use crate::commands::error::{CommandError, Outcome};

pub const WAIT: Command = Command::new("wait", 3, wait)
    .flags(&[Flag::NoScript])
    .categories(&[Category::Connection])
    .tips(&["request_policy:all_shards", "response_policy:agg_min"])
    .docs(
        Group::Generic,
        "3.0.0",
        "Blocks until the asynchronous replication of all preceding write commands sent by the connection is completed.",
    )
    .arguments(&[Arg::integer("numreplicas"), Arg::integer("timeout")]);

fn wait(call: &mut Call<'_>) -> Outcome {
    if call.server.replication.is_replica() {
        return Err(CommandError::WaitOnReplica);
    }
    let replicas = call.integer(1)?;
    let timeout =
        crate::base::number::parse_i64(call.arg(2)).ok_or(CommandError::TimeoutNotInteger)?;
    if timeout < 0 {
        return Err(CommandError::TimeoutNegative);
    }
    let deadline = match timeout {
        0 => None,
        millis => Some(call.now().checked_add(millis).ok_or(CommandError::TimeoutOutOfRange)?),
    };
    let offset = call.session().seen_offset;
    let reached = call.server.replication.acknowledged(offset);
    let wanted = usize::try_from(replicas).unwrap_or(0);
    if reached >= wanted || call.in_transaction {
        call.reply.int(reached as i64);
        return Ok(());
    }
    call.block(Block::Wait { replicas: wanted, offset, deadline });
    call.act(Action::AskForAcks);
    Ok(())
}
