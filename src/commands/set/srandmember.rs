//! `SRANDMEMBER key [count]`: a count above 0 asks for different members, one below for as many, each
//! of which may come more than once.

use std::cell::Cell;

use crate::commands::call::Call;
use crate::commands::choice::Choice;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::elements::ReplyElements;
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::set::Set;

pub const SRANDMEMBER: Command = Command::new("srandmember", -2, srandmember)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Set])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .tips(&["nondeterministic_output"])
    .docs(Group::Set, "1.0.0", "Returns members of a set by chance.")
    .complexity("O(N) where N is the number of members returned")
    .history(&[("2.6.0", "Added the optional `count` argument.")])
    .arguments(&[Arg::KEY, Arg::integer("count").since("2.6.0").optional()]);

fn srandmember(call: &mut Call<'_>) -> Outcome {
    match call.argc() {
        2 => one(call),
        3 => many(call),
        _ => Err(CommandError::Syntax),
    }
}

fn one(call: &mut Call<'_>) -> Outcome {
    let Some(set) = call.keys.read::<Set>(call.args.get(1))? else {
        call.reply.null();
        return Ok(());
    };
    let place = call.server.random.below(set.len().max(1) as u64);
    match set.nth(place as usize) {
        Some(member) => call.reply.element(member),
        None => call.reply.null(),
    }
    Ok(())
}

fn many(call: &mut Call<'_>) -> Outcome {
    let choice = Choice::parse(call.args, 2)?;
    let Some(set) = call.keys.read::<Set>(call.args.get(1))? else {
        call.reply.empty_array();
        return Ok(());
    };
    let reply = &mut call.reply;
    reply.array(choice.count(set.len(), reply)?);
    if choice.is_all(set.len()) {
        set.iter().for_each(|member| reply.element(member));
    } else {
        let is_lost = Cell::new(false);
        let places = choice.places(set.len(), &mut call.server.random, &is_lost);
        set.at_places(places, |member| {
            reply.element(member);
            is_lost.set(reply.is_lost());
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::keyspace::testing::TestServer;

    #[test]
    fn a_count_may_be_asked_for() {
        let mut server = TestServer::new();
        server.check(&[
            ("SADD s 5", "1"),
            ("SRANDMEMBER s", "\"5\""),
            ("SRANDMEMBER s 3", "[\"5\"]"),
            ("SRANDMEMBER s -3", "[\"5\" \"5\" \"5\"]"),
            ("SRANDMEMBER s 0", "[]"),
            ("SRANDMEMBER none", "nil"),
            ("SRANDMEMBER none -3", "[]"),
            ("SRANDMEMBER none x", "-ERR value is not an integer or out of range"),
            ("SRANDMEMBER s 1 2", "-ERR syntax error"),
            ("SRANDMEMBER s -9223372036854775807", "-ERR value is out of range"),
            ("SRANDMEMBER s 9223372036854775807", "[\"5\"]"),
        ]);
        server.run("HELLO 3");
        server.check(&[("SRANDMEMBER s 3", "[\"5\"]"), ("SRANDMEMBER s -1", "[\"5\"]")]);
    }

    /// In all three forms.
    #[test]
    fn each_member_is_as_likely_as_any_other() {
        const ROUNDS: usize = 3000;
        let long = "x".repeat(70);
        let sets = [
            "0 1 2 3 4 5 6 7 8 9".to_owned(),
            "0 1 2 3 4 5 6 7 8 x".to_owned(),
            format!("0 1 2 3 4 5 6 7 8 {long}"),
        ];
        for members in sets {
            for count in ["", "1", "3", "8", "-4"] {
                let mut server = TestServer::new();
                server.check(&[(&format!("SADD s {members}"), "10")]);
                let mut seen: BTreeMap<String, usize> = BTreeMap::new();
                let line = format!("SRANDMEMBER s {count}");
                for _ in 0..ROUNDS {
                    let reply = server.run(line.trim_end());
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
