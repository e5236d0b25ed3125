//! `UNSUBSCRIBE [channel ...]`, `PUNSUBSCRIBE [pattern ...]`, `SUNSUBSCRIBE [shardchannel ...]`

use bytes::Bytes;

use super::subscriptions::{SUBSCRIPTION_FLAGS, confirm, settle};
use crate::commands::call::Call;
use crate::commands::command::Command;
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::pubsub::Kind;

pub const UNSUBSCRIBE: Command =
    Command::new("unsubscribe", -1, |call| unsubscribe(call, Kind::Channel, "unsubscribe"))
        .flags(SUBSCRIPTION_FLAGS)
        .docs(Group::PubSub, "2.0.0", "Stop listening for messages posted to the given channels")
        .complexity("O(N) where N is the number of clients already subscribed to a channel.")
        .arguments(&[Arg::string("channel").optional().multiple()]);

pub const PUNSUBSCRIBE: Command = Command::new(
    "punsubscribe",
    -1,
    |call| unsubscribe(call, Kind::Pattern, "punsubscribe"),
)
    .flags(SUBSCRIPTION_FLAGS)
    .docs(
        Group::PubSub,
        "2.0.0",
        "Stop listening for messages posted to channels matching the given patterns",
    )
    .complexity("O(N+M) where N is the number of patterns the client is already subscribed and M is the number of total patterns subscribed in the system (by any client).")
    .arguments(&[Arg::pattern("pattern").optional().multiple()]);

pub const SUNSUBSCRIBE: Command =
    Command::new("sunsubscribe", -1, |call| unsubscribe(call, Kind::Shard, "sunsubscribe"))
        .flags(SUBSCRIPTION_FLAGS)
        .keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::NotKey])])
        .docs(
            Group::PubSub,
            "7.0.0",
            "Stop listening for messages posted to the given shard channels",
        )
        .complexity("O(N) where N is the number of clients already subscribed to a shard channel.")
        .arguments(&[Arg::string("shardchannel").optional().multiple()]);

/// From the names, or from all. There is always an answer: without any subscription, one about
/// nothing.
fn unsubscribe(call: &mut Call<'_>, kind: Kind, word: &str) -> Outcome {
    let names: Vec<Bytes> = match call.argc() {
        1 => call.server.pubsub.topics(kind).names_of(call.client),
        _ => call.args.iter().skip(1).map(Bytes::copy_from_slice).collect(),
    };
    if names.is_empty() {
        confirm(call, kind, word, None, true);
    }
    for (i, name) in names.into_iter().enumerate() {
        call.server.pubsub.unsubscribe(kind, call.client, &name);
        confirm(call, kind, word, Some(&name), i == 0);
    }
    settle(call);
    Ok(())
}

/// Without a word: RESET.
pub fn unsubscribe_all(call: &mut Call<'_>) {
    call.server.pubsub.forget(call.client);
    settle(call);
}
