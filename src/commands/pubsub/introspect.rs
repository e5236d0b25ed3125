//! `PUBSUB`: who listens.

use crate::base::glob;
use crate::commands::call::Call;
use crate::commands::command::{Command, Flag, Flags};
use crate::commands::docs::{Arg, Docs, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::pubsub::Kind;

pub const PUBSUB: Command = Command {
    name: "pubsub",
    arity: -2,
    docs: Docs {
        summary: "A container for Pub/Sub commands",
        since: "2.8.0",
        group: Group::PubSub,
        complexity: "Depends on subcommand.",
        ..Docs::DEFAULT
    },
    subcommands: &[CHANNELS, HELP, NUMPAT, NUMSUB, SHARDCHANNELS, SHARDNUMSUB],
    ..Command::DEFAULT
};

/// Of every subcommand but HELP.
const FLAGS: Flags = Flags::of(&[Flag::PubSub, Flag::Loading, Flag::Stale]);

const CHANNELS: Command = Command {
    name: "channels",
    arity: -2,
    flags: FLAGS,
    handler: |call| channels(call, Kind::Channel),
    docs: Docs {
        summary: "List active channels",
        since: "2.8.0",
        group: Group::PubSub,
        complexity: "O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively short channels and patterns)",
        arguments: &[Arg::pattern("pattern").optional()],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

const SHARDCHANNELS: Command = Command {
    name: "shardchannels",
    arity: -2,
    flags: FLAGS,
    handler: |call| channels(call, Kind::Shard),
    docs: Docs {
        summary: "List active shard channels",
        since: "7.0.0",
        group: Group::PubSub,
        complexity: "O(N) where N is the number of active shard channels, and assuming constant time pattern matching (relatively short shard channels).",
        arguments: &[Arg::pattern("pattern").optional()],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

const NUMSUB: Command = Command {
    name: "numsub",
    arity: -2,
    flags: FLAGS,
    handler: |call| subscriber_counts(call, Kind::Channel),
    docs: Docs {
        summary: "Get the count of subscribers for channels",
        since: "2.8.0",
        group: Group::PubSub,
        complexity: "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
        arguments: &[Arg::string("channel").optional().multiple()],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

const SHARDNUMSUB: Command = Command {
    name: "shardnumsub",
    arity: -2,
    flags: FLAGS,
    handler: |call| subscriber_counts(call, Kind::Shard),
    docs: Docs {
        summary: "Get the count of subscribers for shard channels",
        since: "7.0.0",
        group: Group::PubSub,
        complexity: "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
        arguments: &[Arg::string("shardchannel").optional().multiple()],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

const NUMPAT: Command = Command {
    name: "numpat",
    arity: 2,
    flags: FLAGS,
    handler: pattern_count,
    docs: Docs {
        summary: "Get the count of unique patterns pattern subscriptions",
        since: "2.8.0",
        group: Group::PubSub,
        complexity: "O(1)",
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

const HELP: Command = Command {
    name: "help",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    handler: help,
    docs: Docs {
        summary: "Show helpful text about the different subcommands",
        since: "6.2.0",
        group: Group::PubSub,
        complexity: "O(1)",
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

/// The channels with a subscriber, those that fit the pattern if there is one.
fn channels(call: &mut Call<'_>, kind: Kind) -> Outcome {
    if call.argc() > 3 {
        return Err(CommandError::unknown_operation(call.arg(1), "PUBSUB"));
    }
    let pattern = (call.argc() == 3).then(|| call.arg(2));
    let array = call.reply.begin_array();
    let mut count = 0;
    for (name, _) in call.server.pubsub.topics(kind).iter() {
        if pattern.is_none_or(|pattern| glob::matches(pattern, name, false)) {
            call.reply.bulk(name);
            count += 1;
        }
    }
    call.reply.end_array(array, count);
    Ok(())
}

/// Of each channel that is named, itself and how many have subscribed to it.
fn subscriber_counts(call: &mut Call<'_>, kind: Kind) -> Outcome {
    let names = call.args.slice(2);
    call.reply.array(2 * names.len());
    for name in names.iter() {
        let count = call.server.pubsub.topics(kind).subscribers(name).len();
        call.reply.bulk(name);
        call.reply.int(count as i64);
    }
    Ok(())
}

fn pattern_count(call: &mut Call<'_>) -> Outcome {
    let count = call.server.pubsub.topics(Kind::Pattern).len();
    call.reply.int(count as i64);
    Ok(())
}

fn help(call: &mut Call<'_>) -> Outcome {
    call.help(&[
        "CHANNELS [<pattern>]",
        "    The channels that somebody is subscribed to, those that fit the glob-style pattern.",
        "NUMPAT",
        "    How many different patterns somebody is subscribed to.",
        "NUMSUB [<channel> ...]",
        "    How many are subscribed to each channel, not counting patterns.",
        "SHARDCHANNELS [<pattern>]",
        "    As CHANNELS, for shard channels.",
        "SHARDNUMSUB [<shardchannel> ...]",
        "    As NUMSUB, for shard channels.",
    ]);
    Ok(())
}
