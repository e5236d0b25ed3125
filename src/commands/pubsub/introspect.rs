//! `PUBSUB`: who listens.

use crate::base::arrivals::Arrivals;
use crate::base::glob;
use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::pubsub::Kind;

pub const PUBSUB: Command =
    Command::container("pubsub", &[CHANNELS, HELP, NUMPAT, NUMSUB, SHARDCHANNELS, SHARDNUMSUB])
        .docs(Group::PubSub, "2.8.0", "A container for Pub/Sub commands");

/// Of every subcommand but HELP.
const FLAGS: &[Flag] = &[Flag::PubSub, Flag::Loading, Flag::Stale];

const CHANNELS: Command = Command::new("channels", -2, |call| channels(call, Kind::Channel))
    .flags(FLAGS)
    .docs(Group::PubSub, "2.8.0", "List active channels")
    .complexity("O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively short channels and patterns)")
    .arguments(&[Arg::pattern("pattern").optional()]);

const SHARDCHANNELS: Command = CHANNELS
    .sibling("shardchannels", |call| channels(call, Kind::Shard))
    .docs(Group::PubSub, "7.0.0", "List active shard channels")
    .complexity("O(N) where N is the number of active shard channels, and assuming constant time pattern matching (relatively short shard channels).");

const NUMSUB: Command = Command::new("numsub", -2, |call| subscriber_counts(call, Kind::Channel))
    .flags(FLAGS)
    .docs(Group::PubSub, "2.8.0", "Get the count of subscribers for channels")
    .complexity("O(N) for the NUMSUB subcommand, where N is the number of requested channels")
    .arguments(&[Arg::string("channel").optional().multiple()]);

const SHARDNUMSUB: Command = Command::new("shardnumsub", -2, |call| {
    subscriber_counts(call, Kind::Shard)
})
.flags(FLAGS)
.docs(Group::PubSub, "7.0.0", "Get the count of subscribers for shard channels")
.complexity(
    "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
)
.arguments(&[Arg::string("shardchannel").optional().multiple()]);

const NUMPAT: Command = Command::new("numpat", 2, pattern_count).flags(FLAGS).docs(
    Group::PubSub,
    "2.8.0",
    "Get the count of unique patterns pattern subscriptions",
);

const HELP: Command = Command::help(&[
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
])
.docs(Group::PubSub, "6.2.0", "Show helpful text about the different subcommands");

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
        let count = call.server.pubsub.topics(kind).subscribers(name).map_or(0, Arrivals::len);
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
