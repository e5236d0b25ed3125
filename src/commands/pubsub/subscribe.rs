//! `SUBSCRIBE channel ...`, `PSUBSCRIBE pattern ...`, `SSUBSCRIBE shardchannel ...`

use super::{SUBSCRIPTION_FLAGS, confirm, settle};
use crate::commands::call::Call;
use crate::commands::command::{Command, KeyFlag, KeySpec};
use crate::commands::docs::{Arg, Docs, Group};
use crate::commands::error::Outcome;
use crate::pubsub::Kind;

pub const SUBSCRIBE: Command = Command {
    name: "subscribe",
    arity: -2,
    flags: SUBSCRIPTION_FLAGS,
    handler: |call| subscribe(call, Kind::Channel, "subscribe"),
    docs: Docs {
        summary: "Listen for messages published to the given channels",
        since: "2.0.0",
        group: Group::PubSub,
        complexity: "O(N) where N is the number of channels to subscribe to.",
        arguments: &[Arg::string("channel").multiple()],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

pub const PSUBSCRIBE: Command = Command {
    name: "psubscribe",
    arity: -2,
    flags: SUBSCRIPTION_FLAGS,
    handler: |call| subscribe(call, Kind::Pattern, "psubscribe"),
    docs: Docs {
        summary: "Listen for messages published to channels matching the given patterns",
        since: "2.0.0",
        group: Group::PubSub,
        complexity: "O(N) where N is the number of patterns the client is already subscribed to.",
        arguments: &[Arg::block("pattern", &[Arg::pattern("pattern")]).multiple()],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

pub const SSUBSCRIBE: Command = Command {
    name: "ssubscribe",
    arity: -2,
    flags: SUBSCRIPTION_FLAGS,
    keys: &[KeySpec::range(1, -1, 1, &[KeyFlag::NotKey])],
    handler: |call| subscribe(call, Kind::Shard, "ssubscribe"),
    docs: Docs {
        summary: "Listen for messages published to the given shard channels",
        since: "7.0.0",
        group: Group::PubSub,
        complexity: "O(N) where N is the number of shard channels to subscribe to.",
        arguments: &[Arg::string("shardchannel").multiple()],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

/// Each name is confirmed, also one that the client is subscribed to already.
fn subscribe(call: &mut Call<'_>, kind: Kind, word: &str) -> Outcome {
    for name in call.args.iter().skip(1) {
        call.server.pubsub.subscribe(kind, call.client, name);
        confirm(call, kind, word, Some(name));
    }
    settle(call);
    Ok(())
}
