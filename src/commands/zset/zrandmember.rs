//! `ZRANDMEMBER key [count [WITHSCORES]]`: a count above 0 asks for different members, one below for
//! as many, each of which may come more than once.

use super::reply::Shown;
use std::cell::Cell;

use crate::commands::call::Call;
use crate::commands::choice::Choice;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::elements::ReplyElements;
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::zset::SortedSet;

pub const ZRANDMEMBER: Command = Command::new("zrandmember", -2, zrandmember)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::SortedSet])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .tips(&["nondeterministic_output"])
    .docs(Group::SortedSet, "6.2.0", "Returns members of a sorted set by chance.")
    .complexity("O(N) where N is the number of members returned")
    .arguments(&[
        Arg::KEY,
        Arg::block(
            "options",
            &[Arg::integer("count"), Arg::word("withscores", "WITHSCORES").optional()],
        )
        .optional(),
    ]);

fn zrandmember(call: &mut Call<'_>) -> Outcome {
    if call.argc() == 2 {
        return one(call);
    }
    let choice = Choice::parse(call.args, 2)?;
    let shown = match call.argc() {
        3 => Shown::Members,
        4 if call.arg(3).eq_ignore_ascii_case(b"withscores") => {
            choice.must_fit_twice()?;
            Shown::Scored
        }
        _ => return Err(CommandError::Syntax),
    };
    let Some(zset) = call.keys.read::<SortedSet>(call.args.get(1))? else {
        call.reply.empty_array();
        return Ok(());
    };
    let (reply, len) = (&mut call.reply, zset.len());
    let count = choice.count(len, reply)?;
    if choice.is_all(len) {
        shown.put_all(reply, count, zset.iter_back());
    } else {
        shown.begin(reply, count);
        let is_lost = Cell::new(false);
        let places = choice.places(len, &mut call.server.random, &is_lost);
        zset.at_places(places, |member, score| {
            shown.put(reply, member, score);
            is_lost.set(reply.is_lost());
        });
    }
    Ok(())
}

fn one(call: &mut Call<'_>) -> Outcome {
    let Some(zset) = call.keys.read::<SortedSet>(call.args.get(1))? else {
        call.reply.null();
        return Ok(());
    };
    let place = call.server.random.below(zset.len().max(1) as u64);
    match zset.nth(place as usize) {
        Some((member, _)) => call.reply.element(member),
        None => call.reply.null(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::keyspace::testing::TestServer;

    #[test]
    fn a_count_and_scores_may_be_asked_for() {
        let mut server = TestServer::new();
        server.check(&[
            ("ZADD z 1.5 a", "1"),
            ("ZRANDMEMBER z", "\"a\""),
            ("ZRANDMEMBER z 3", "[\"a\"]"),
            ("ZRANDMEMBER z -2 WITHSCORES", "[\"a\" \"1.5\" \"a\" \"1.5\"]"),
            ("ZRANDMEMBER z 0", "[]"),
            ("ZRANDMEMBER none", "nil"),
            ("ZRANDMEMBER none -3", "[]"),
            ("ZRANDMEMBER none x", "-ERR value is not an integer or out of range"),
            ("ZRANDMEMBER z 1 x", "-ERR syntax error"),
            ("ZRANDMEMBER z 1 WITHSCORES x", "-ERR syntax error"),
            ("ZRANDMEMBER z -9223372036854775807", "-ERR value is out of range"),
            ("ZRANDMEMBER z -9223372036854775807 WITHSCORES", "-ERR value is out of range"),
        ]);
        server.run("HELLO 3");
        server.check(&[
            ("ZRANDMEMBER z 3 WITHSCORES", "[[\"a\" ,1.5]]"),
            ("ZRANDMEMBER z -1", "[\"a\"]"),
        ]);
    }

    /// In both forms.
    #[test]
    fn each_member_is_as_likely_as_any_other() {
        const ROUNDS: usize = 3000;
        let long = "x".repeat(70);
        for last in ["9", &long] {
            for count in ["", "1", "3", "8", "-4"] {
                let mut server = TestServer::new();
                let line = format!("ZADD z 0 0 1 1 2 2 3 3 4 4 5 5 6 6 7 7 8 8 9 {last}");
                server.check(&[(&line, "10")]);
                let mut seen: BTreeMap<String, usize> = BTreeMap::new();
                for _ in 0..ROUNDS {
                    let reply = server.run(format!("ZRANDMEMBER z {count}").trim_end());
                    for member in reply.trim_matches(['[', ']']).split(' ') {
                        *seen.entry(member.to_owned()).or_default() += 1;
                    }
                }
                let all: usize = seen.values().sum();
                assert_eq!((seen.len(), all % ROUNDS), (10, 0), "{count}");
                let expected = all / 10;
                assert!(seen.values().all(|n| n.abs_diff(expected) < expected / 3), "{seen:?}");
            }
        }
    }
}
