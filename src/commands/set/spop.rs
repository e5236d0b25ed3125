//! `SPOP key [count]`: takes members out by chance. Replicas are told which.

use crate::base::random::Random;
use crate::commands::args;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::elements::ReplyElements;
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::state::limits;
use crate::store::value::Value;
use crate::store::value::set::{Set, SetLimit};

pub const SPOP: Command = Command::new("spop", -2, spop)
    .flags(&[Flag::Write, Flag::Fast])
    .categories(&[Category::Set])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete])])
    .tips(&["nondeterministic_output"])
    .docs(Group::Set, "1.0.0", "Takes members out of a set by chance and returns them.")
    .complexity("O(N) where N is the number of members returned")
    .history(&[("3.2.0", "Added the `count` argument.")])
    .arguments(&[Arg::KEY, Arg::integer("count").since("3.2.0").optional()]);

/// How many members one command of the stream names at most.
const MEMBERS_TOLD_TOGETHER: usize = 1024;
/// If this many times what would be left are no more than what goes, what is left is moved, as in
/// Redis.
const FEW_LEFT: usize = 5;

fn spop(call: &mut Call<'_>) -> Outcome {
    match call.argc() {
        2 => one(call),
        3 => many(call),
        _ => Err(CommandError::Syntax),
    }
}

fn one(call: &mut Call<'_>) -> Outcome {
    let key = call.args.get(1);
    let mut open = call.keys.open::<Set>(key)?;
    let place = call.server.random.below(open.get().map_or(1, Set::len).max(1) as u64);
    let Some(member) = open.get_mut().and_then(|set| set.remove_nth(place as usize)) else {
        call.reply.null();
        return Ok(());
    };
    open.changed("spop");
    call.propagate_as(&[b"SREM", key, &member]);
    call.reply.bulk(&member);
    Ok(())
}

fn many(call: &mut Call<'_>) -> Outcome {
    let count = args::natural(call.args, 2)?;
    let key = call.args.get(1);
    let mut open = call.keys.open::<Set>(key)?;
    let len = open.get().map_or(0, Set::len);
    if count == 0 || len == 0 {
        call.reply.set(0);
        return Ok(());
    }
    if count >= len {
        if let Some(set) = open.get() {
            call.reply.set(len);
            set.iter().for_each(|member| call.reply.element(member));
        }
        open.delete_after(len as u64, "spop");
        call.propagate_as(&[b"DEL", key]);
        return Ok(());
    }
    let (limit, random) = (limits(&call.server.config).set, &mut call.server.random);
    let (popped, garbage) = match open.get_mut() {
        Some(set) if (len - count).saturating_mul(FEW_LEFT) > count => {
            (one_by_one(set, count, random), None)
        }
        Some(set) => all_but(set, len - count, limit, random),
        None => (Vec::new(), None),
    };
    open.changed_by(popped.len() as u64, "spop");
    if let Some(garbage) = garbage {
        call.keys.garbage.drop_later(garbage, 0);
    }
    call.reply.set(popped.len());
    popped.iter().for_each(|member| call.reply.bulk(member));
    tell(call, key, &popped);
    Ok(())
}

fn one_by_one(set: &mut Set, count: usize, random: &mut Random) -> Vec<Vec<u8>> {
    let members = (0..count).map_while(|_| {
        let place = random.below(set.len().max(1) as u64);
        set.remove_nth(place as usize)
    });
    members.collect()
}

/// Takes all out but a few, which are chosen and moved to a new set. What was there is given back if
/// it takes long to drop.
fn all_but(
    set: &mut Set,
    left: usize,
    limit: SetLimit,
    random: &mut Random,
) -> (Vec<Vec<u8>>, Option<Set>) {
    let mut kept = random.choose(left as u64, set.len() as u64).peekable();
    let (mut rest, mut popped) = (Set::default(), Vec::with_capacity(set.len() - left));
    for (place, member) in set.iter().enumerate() {
        if kept.next_if_eq(&(place as u64)).is_some() {
            rest.add_element(member, limit);
        } else {
            popped.push(member.to_vec());
        }
    }
    let garbage = std::mem::replace(set, rest);
    (popped, Some(garbage).filter(Set::is_slow_to_drop))
}

/// Tells the stream which members went, in no longer commands than it takes.
fn tell(call: &mut Call<'_>, key: &[u8], popped: &[Vec<u8>]) {
    let db = call.db();
    let mut commands = popped.chunks(MEMBERS_TOLD_TOGETHER).map(|members| {
        let mut command = vec![&b"SREM"[..], key];
        command.extend(members.iter().map(Vec::as_slice));
        command
    });
    if let Some(first) = commands.next() {
        call.propagate_as(&first);
    }
    commands.for_each(|command| call.propagate_also(db, &command));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::keyspace::testing::TestServer;

    #[test]
    fn members_are_popped_and_replicas_told_which() {
        let mut server = TestServer::new();
        server.check(&[
            ("SADD s 7", "1"),
            ("SPOP s", "\"7\""),
            ("EXISTS s", "0"),
            ("SPOP s", "nil"),
            ("SPOP s 3", "[]"),
            ("SADD s 1 2 3", "3"),
            ("SPOP s 0", "[]"),
            ("SPOP s 3", "[\"1\" \"2\" \"3\"]"),
            ("EXISTS s", "0"),
            ("SPOP s -1", "-ERR value is out of range, must be positive"),
            ("SPOP s x", "-ERR value is out of range, must be positive"),
            ("SPOP s 1 2", "-ERR syntax error"),
            ("SET str v", "OK"),
            ("SPOP str 0", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ]);
        assert_eq!(
            server.stream()[1..],
            ["SADD s 7", "SREM s 7", "SADD s 1 2 3", "DEL s", "SET str v"]
        );
        server.run("HELLO 3");
        server.check(&[("SADD s 1", "1"), ("SPOP s 5", "{\"1\"}"), ("SPOP s 5", "{}")]);
    }

    /// A replica that takes what it is told has what is left.
    #[test]
    fn what_is_told_and_what_is_left_make_the_set() {
        let members: Vec<String> = (0..5000).map(|i| i.to_string()).collect();
        for count in [1, 100, 1025, 4000, 4500, 4999] {
            let mut server = TestServer::new();
            server.check(&[(&format!("SADD s {}", members.join(" ")), "5000")]);
            server.stream();
            let reply = server.run(&format!("SPOP s {count}"));
            let mut popped: Vec<_> = reply.split('"').skip(1).step_by(2).collect();
            let stream = server.stream();
            let told: Vec<_> = stream.iter().filter(|line| line.starts_with("SREM s ")).collect();
            assert_eq!(told.len(), usize::div_ceil(count, 1024));
            let told: Vec<_> = told.iter().flat_map(|line| line[7..].split(' ')).collect();
            assert_eq!(told, popped);
            let left = server.run("SMEMBERS s");
            popped.extend(left.split('"').skip(1).step_by(2));
            popped.sort_unstable_by_key(|member| member.parse::<u32>().unwrap());
            assert_eq!(popped, members);
            server.check(&[("SCARD s", &(5000 - count).to_string())]);
        }
    }

    #[test]
    fn each_member_is_popped_as_often_as_any_other() {
        const ROUNDS: usize = 2000;
        let long = "x".repeat(70);
        for last in ["9", "x", &long] {
            for count in [1, 3, 9] {
                let mut seen: BTreeMap<String, usize> = BTreeMap::new();
                let mut server = TestServer::new();
                for _ in 0..ROUNDS {
                    server.run(&format!("SADD s 0 1 2 3 4 5 6 7 8 {last}"));
                    let reply = server.run(&format!("SPOP s {count}"));
                    reply.trim_matches(['[', ']']).split(' ').for_each(|member| {
                        *seen.entry(member.to_owned()).or_default() += 1;
                    });
                }
                let expected = ROUNDS * count / 10;
                assert_eq!(seen.len(), 10);
                assert!(seen.values().all(|n| n.abs_diff(expected) < expected / 3), "{seen:?}");
            }
        }
    }
}
