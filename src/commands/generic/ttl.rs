//! `TTL key`, `PTTL`, `EXPIRETIME`, `PEXPIRETIME`: -2 for no key, -1 for no expiry.

use crate::base::time::UnixMillis;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag, Flags, KeyFlag, KeySpec};
use crate::commands::docs::{Arg, Docs, Group};
use crate::commands::error::Outcome;
use crate::store::entry::Entry;

pub const TTL: Command = Command {
    name: "ttl",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    categories: &[Category::Keyspace],
    keys: &[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])],
    tips: &["nondeterministic_output"],
    handler: ttl,
    docs: Docs {
        summary: "Returns the seconds until a key expires.",
        since: "1.0.0",
        group: Group::Generic,
        complexity: "O(1)",
        history: &[("2.8.0", "Added the -2 reply.")],
        arguments: &[Arg::key("key", 0)],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

pub const PTTL: Command = Command {
    name: "pttl",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    categories: &[Category::Keyspace],
    keys: &[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])],
    tips: &["nondeterministic_output"],
    handler: pttl,
    docs: Docs {
        summary: "Returns the milliseconds until a key expires.",
        since: "2.6.0",
        group: Group::Generic,
        complexity: "O(1)",
        history: &[("2.8.0", "Added the -2 reply.")],
        arguments: &[Arg::key("key", 0)],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

pub const EXPIRETIME: Command = Command {
    name: "expiretime",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    categories: &[Category::Keyspace],
    keys: &[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])],
    handler: expiretime,
    docs: Docs {
        summary: "Returns the Unix time in seconds at which a key expires.",
        since: "7.0.0",
        group: Group::Generic,
        complexity: "O(1)",
        arguments: &[Arg::key("key", 0)],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

pub const PEXPIRETIME: Command = Command {
    name: "pexpiretime",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    categories: &[Category::Keyspace],
    keys: &[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])],
    handler: pexpiretime,
    docs: Docs {
        summary: "Returns the Unix time in milliseconds at which a key expires.",
        since: "7.0.0",
        group: Group::Generic,
        complexity: "O(1)",
        arguments: &[Arg::key("key", 0)],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn ttl(call: &mut Call<'_>) -> Outcome {
    let now = call.now();
    reply_deadline(call, |deadline| to_seconds(left(deadline, now)))
}

fn pttl(call: &mut Call<'_>) -> Outcome {
    let now = call.now();
    reply_deadline(call, |deadline| left(deadline, now))
}

fn expiretime(call: &mut Call<'_>) -> Outcome {
    reply_deadline(call, |deadline| to_seconds(deadline.max(0)))
}

fn pexpiretime(call: &mut Call<'_>) -> Outcome {
    reply_deadline(call, |deadline| deadline.max(0))
}

fn left(deadline: UnixMillis, now: UnixMillis) -> i64 {
    deadline.saturating_sub(now).max(0)
}

/// Rounded to the nearest second.
fn to_seconds(millis: i64) -> i64 {
    millis / 1000 + i64::from(millis % 1000 >= 500)
}

fn reply_deadline(call: &mut Call<'_>, shown: impl FnOnce(UnixMillis) -> i64) -> Outcome {
    let answer = match call.keys.look(call.args.get(1)).map(Entry::expires_at) {
        None => -2,
        Some(None) => -1,
        Some(Some(deadline)) => shown(deadline),
    };
    call.reply.int(answer);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn time_to_live_is_told_in_either_unit_and_seconds_are_rounded() {
        let mut server = TestServer::new();
        server.check(&[("TTL a", "-2"), ("PEXPIRETIME a", "-2"), ("SET a 1", "OK")]);
        server.check(&[("TTL a", "-1"), ("PTTL a", "-1"), ("EXPIRETIME a", "-1")]);
        server.check(&[("PEXPIREAT a 1700000001500", "1"), ("TTL a", "2"), ("PTTL a", "1500")]);
        server.check(&[("EXPIRETIME a", "1700000002"), ("PEXPIRETIME a", "1700000001500")]);
        server.now += 1001;
        server.check(&[("TTL a", "0"), ("PTTL a", "499")]);
        server.now += 499;
        server.check(&[("PTTL a", "0"), ("EXISTS a", "1")]);
        server.now += 1;
        server.check(&[("PTTL a", "-2"), ("EXISTS a", "0")]);
        server.check(&[
            ("SET a 1 PXAT 9223372036854775807", "OK"),
            ("EXPIRETIME a", "9223372036854776"),
        ]);
    }
}
