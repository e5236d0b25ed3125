//! `PUBLISH channel message` and `SPUBLISH shardchannel message`

use crate::commands::call::Call;
use crate::commands::channel_spec::ChannelSpec;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::effect::Action;
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::pubsub::Kind;

const FLAGS: &[Flag] = &[Flag::PubSub, Flag::Loading, Flag::Stale, Flag::Fast, Flag::MayReplicate];

pub const PUBLISH: Command = Command::new("publish", 3, |call| publish(call, Kind::Channel))
    .flags(FLAGS)
    .channels(ChannelSpec::first(Kind::Channel))
    .docs(Group::PubSub, "2.0.0", "Post a message to a channel")
    .complexity("O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed patterns (by any client).")
    .arguments(&[Arg::string("channel"), Arg::string("message")]);

pub const SPUBLISH: Command = Command::new("spublish", 3, |call| publish(call, Kind::Shard))
    .flags(FLAGS)
    .keys(&[KeySpec::at(1, &[KeyFlag::NotKey])])
    .channels(ChannelSpec::first(Kind::Shard))
    .docs(Group::PubSub, "7.0.0", "Post a message to a shard channel")
    .complexity("O(N) where N is the number of clients subscribed to the receiving shard channel.")
    .arguments(&[Arg::string("shardchannel"), Arg::string("message")]);

/// Answers how many messages were sent, a client with several subscriptions counted for each.
/// Replicas have subscribers too: they are told in any case.
fn publish(call: &mut Call<'_>, kind: Kind) -> Outcome {
    let server = &call.server;
    let deliveries = server.pubsub.deliveries(kind, call.arg(1), call.arg(2), &server.clients);
    let count = deliveries.len();
    for (slot, bytes) in deliveries {
        let client = call.server.clients.at(slot).key.id;
        call.act(Action::Push { client, bytes });
    }
    call.propagate_always();
    call.reply.int(count as i64);
    Ok(())
}
