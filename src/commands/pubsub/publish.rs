//! `PUBLISH channel message` and `SPUBLISH shardchannel message`

use super::tell;
use crate::commands::call::Call;
use crate::commands::command::{Command, Flag, Flags, KeyFlag, KeySpec};
use crate::commands::docs::{Arg, Docs, Group};
use crate::commands::effect::Action;
use crate::commands::error::Outcome;
use crate::pubsub::Kind;

const FLAGS: Flags =
    Flags::of(&[Flag::PubSub, Flag::Loading, Flag::Stale, Flag::Fast, Flag::MayReplicate]);

pub const PUBLISH: Command = Command {
    name: "publish",
    arity: 3,
    flags: FLAGS,
    handler: |call| publish(call, Kind::Channel),
    docs: Docs {
        summary: "Post a message to a channel",
        since: "2.0.0",
        group: Group::PubSub,
        complexity: "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed patterns (by any client).",
        arguments: &[Arg::string("channel"), Arg::string("message")],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

pub const SPUBLISH: Command = Command {
    name: "spublish",
    arity: 3,
    flags: FLAGS,
    keys: &[KeySpec::at(1, &[KeyFlag::NotKey])],
    handler: |call| publish(call, Kind::Shard),
    docs: Docs {
        summary: "Post a message to a shard channel",
        since: "7.0.0",
        group: Group::PubSub,
        complexity: "O(N) where N is the number of clients subscribed to the receiving shard channel.",
        arguments: &[Arg::string("shardchannel"), Arg::string("message")],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

/// Answers how many messages were sent, a client with several subscriptions counted for each.
/// Replicas have subscribers too: they are told in any case.
fn publish(call: &mut Call<'_>, kind: Kind) -> Outcome {
    let server = &call.server;
    let deliveries = server.pubsub.deliveries(kind, call.arg(1), call.arg(2), &server.clients);
    let count = deliveries.len();
    for (slot, bytes) in deliveries {
        if slot == call.client {
            tell(call, |reply| reply.raw(&bytes));
        } else {
            let client = call.server.clients.at(slot).key.id;
            call.act(Action::Push { client, bytes });
        }
    }
    call.propagate_always();
    call.reply.int(count as i64);
    Ok(())
}
