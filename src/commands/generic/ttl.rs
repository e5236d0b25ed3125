//! `TTL key`, `PTTL`, `EXPIRETIME`, `PEXPIRETIME`: -2 for no key, -1 for no expiry.

use crate::base::time::UnixMillis;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::entry::Entry;

pub const TTL: Command = Command::new("ttl", 2, ttl)
    .flags(&[Flag::ReadOnly, Flag::Fast])
    .categories(&[Category::Keyspace])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .tips(&["nondeterministic_output"])
    .docs(Group::Generic, "1.0.0", "Returns the seconds until a key expires.")
    .history(&[("2.8.0", "Added the -2 reply.")])
    .arguments(&[Arg::KEY]);

pub const PTTL: Command = TTL.sibling("pttl", pttl).docs(
    Group::Generic,
    "2.6.0",
    "Returns the milliseconds until a key expires.",
);

pub const EXPIRETIME: Command = Command::new("expiretime", 2, expiretime)
    .flags(&[Flag::ReadOnly, Flag::Fast])
    .categories(&[Category::Keyspace])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::Generic, "7.0.0", "Returns the Unix time in seconds at which a key expires.")
    .arguments(&[Arg::KEY]);

pub const PEXPIRETIME: Command = EXPIRETIME.sibling("pexpiretime", pexpiretime).docs(
    Group::Generic,
    "7.0.0",
    "Returns the Unix time in milliseconds at which a key expires.",
);

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
