//! `SUBSCRIBE channel ...`, `PSUBSCRIBE pattern ...`, `SSUBSCRIBE shardchannel ...`

use super::subscriptions::{SUBSCRIPTION_FLAGS, confirm, settle};
use crate::commands::call::Call;
use crate::commands::channel_spec::ChannelSpec;
use crate::commands::command::Command;
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::pubsub::Kind;

pub const SUBSCRIBE: Command =
    Command::new("subscribe", -2, |call| subscribe(call, Kind::Channel, "subscribe"))
        .flags(SUBSCRIPTION_FLAGS)
        .channels(ChannelSpec::all(Kind::Channel))
        .docs(Group::PubSub, "2.0.0", "Listen for messages published to the given channels")
        .complexity("O(N) where N is the number of channels to subscribe to.")
        .arguments(&[Arg::string("channel").multiple()]);

pub const PSUBSCRIBE: Command =
    Command::new("psubscribe", -2, |call| subscribe(call, Kind::Pattern, "psubscribe"))
        .flags(SUBSCRIPTION_FLAGS)
        .channels(ChannelSpec::all(Kind::Pattern))
        .docs(
            Group::PubSub,
            "2.0.0",
            "Listen for messages published to channels matching the given patterns",
        )
        .complexity("O(N) where N is the number of patterns the client is already subscribed to.")
        .arguments(&[Arg::block("pattern", &[Arg::pattern("pattern")]).multiple()]);

pub const SSUBSCRIBE: Command = Command::new("ssubscribe", -2, ssubscribe)
    .flags(SUBSCRIPTION_FLAGS)
    .keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::NotKey])])
    .channels(ChannelSpec::all(Kind::Shard))
    .docs(Group::PubSub, "7.0.0", "Listen for messages published to the given shard channels")
    .complexity("O(N) where N is the number of shard channels to subscribe to.")
    .arguments(&[Arg::string("shardchannel").multiple()]);

/// Not in a transaction, where the others may be called: as in Redis.
fn ssubscribe(call: &mut Call<'_>) -> Outcome {
    if call.in_transaction {
        return Err(CommandError::ShardSubscribeInTransaction);
    }
    subscribe(call, Kind::Shard, "ssubscribe")
}

/// Each name is confirmed, also one that the client is subscribed to already.
fn subscribe(call: &mut Call<'_>, kind: Kind, word: &str) -> Outcome {
    for (i, name) in call.args.iter().skip(1).enumerate() {
        call.server.pubsub.subscribe(kind, call.client, name);
        confirm(call, kind, word, Some(name), i == 0);
    }
    settle(call);
    Ok(())
}
