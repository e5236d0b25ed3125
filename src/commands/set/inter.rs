//! `SINTER key [key ...]`, `SINTERSTORE destination key [key ...]`,
//! `SINTERCARD numkeys key [key ...] [LIMIT limit]`: the members that are in all sets.

use std::ops::{ControlFlow, Range};

use super::algebra::{read_all, store};
use super::diff::{SDIFF, SDIFFSTORE};
use crate::commands::args;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::elements::ReplyElements;
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::state::limits;
use crate::store::packed::Element;
use crate::store::value::set::{Lookup, Set};

const COMPLEXITY: &str =
    "O(N*M) where N is the number of members of the smallest set and M the number of sets";

pub const SINTER: Command = SDIFF
    .sibling("sinter", sinter)
    .docs(Group::Set, "1.0.0", "Returns the members that are in all of several sets.")
    .complexity(COMPLEXITY);

pub const SINTERSTORE: Command = SDIFFSTORE
    .sibling("sinterstore", sinterstore)
    .keys(&[
        KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Update]),
        KeySpec::range(2, -1, 1, &[KeyFlag::ReadOnly, KeyFlag::Access]),
    ])
    .docs(Group::Set, "1.0.0", "Stores the members that are in all of several sets in a key.")
    .complexity(COMPLEXITY);

pub const SINTERCARD: Command = Command::new("sintercard", -3, sintercard)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Set])
    .keys(&[KeySpec::counted(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::Set, "7.0.0", "Counts the members that are in all of several sets.")
    .complexity(COMPLEXITY)
    .arguments(&[
        Arg::integer("numkeys"),
        Arg::KEYS,
        Arg::integer("limit").token("LIMIT").optional(),
    ]);

fn sinter(call: &mut Call<'_>) -> Outcome {
    let sets = read(call, 1..call.argc())?;
    let members = call.reply.begin_set();
    let mut count = 0;
    each(&sets, |member| {
        call.reply.element(member);
        count += 1;
        ControlFlow::Continue(())
    });
    call.reply.end_array(members, count);
    Ok(())
}

fn sinterstore(call: &mut Call<'_>) -> Outcome {
    let limit = limits(&call.server.config).set;
    let sets = read(call, 2..call.argc())?;
    let mut result = Set::default();
    each(&sets, |member| {
        result.add_new(member, limit);
        ControlFlow::Continue(())
    });
    // Before the destination, which may be one of them, goes: nothing long is to be dropped here.
    drop(sets);
    store(call, result, "sinterstore");
    Ok(())
}

fn sintercard(call: &mut Call<'_>) -> Outcome {
    let key_count = args::count_or(call.args, 1, CommandError::KeyCountNotPositive)?;
    if key_count > call.argc() - 2 {
        return Err(CommandError::TooManyKeys);
    }
    let mut limit = 0;
    for i in (2 + key_count..call.argc()).step_by(2) {
        if !call.arg(i).eq_ignore_ascii_case(b"limit") || i + 1 == call.argc() {
            return Err(CommandError::Syntax);
        }
        limit = args::natural_or(call.args, i + 1, CommandError::LimitNegative)?;
    }
    let sets = read(call, 2..2 + key_count)?;
    let mut count = 0;
    each(&sets, |_| {
        count += 1;
        if count == limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    call.reply.int(count as i64);
    Ok(())
}

/// The sets, the smallest one first; none if one of them is not there.
fn read(call: &mut Call<'_>, keys: Range<usize>) -> Result<Vec<Set>, CommandError> {
    let sets = read_all(call, keys)?;
    let mut sets = sets.into_iter().collect::<Option<Vec<Set>>>().unwrap_or_default();
    sets.sort_by_key(Set::len);
    Ok(sets)
}

/// Hands over what is in all sets, until that is enough.
fn each(sets: &[Set], mut then: impl FnMut(Element<'_>) -> ControlFlow<()>) {
    let Some((smallest, others)) = sets.split_first() else { return };
    let others: Vec<Lookup<'_>> = others.iter().map(|set| set.lookup(smallest.len())).collect();
    for member in smallest.iter() {
        if others.iter().all(|set| set.contains(member)) && then(member).is_break() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    const WRONG_TYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value";

    #[test]
    fn what_is_in_all_sets_is_returned_counted_or_stored() {
        let mut server = TestServer::new();
        server.check(&[
            ("SADD a 1 2 3 4", "4"),
            ("SADD b 2 3 4 x", "4"),
            ("SADD c 4 3 5", "3"),
            ("SINTER a b c", "[\"3\" \"4\"]"),
            ("SINTER a none b", "[]"),
            ("SINTERCARD 3 a b c", "2"),
            ("SINTERCARD 3 a b c LIMIT 1", "1"),
            ("SINTERCARD 2 a b limit 1 LIMIT 0", "3"),
            ("SINTERCARD 2 a none", "0"),
            ("SINTERSTORE d a b c", "2"),
            ("SMEMBERS d", "[\"3\" \"4\"]"),
            ("OBJECT ENCODING d", "\"intset\""),
            ("SINTERSTORE a a b", "3"),
            ("SINTERSTORE d a none", "0"),
            ("SINTERSTORE d a none", "0"),
            ("EXISTS d", "0"),
            ("SET s v", "OK"),
            ("SINTER none s", WRONG_TYPE),
            ("SINTERSTORE d a s", WRONG_TYPE),
            ("SINTERSTORE s a b", "3"),
            ("TYPE s", "set"),
        ]);
        assert_eq!(
            server.stream()[4..],
            [
                "SINTERSTORE d a b c",
                "SINTERSTORE a a b",
                "SINTERSTORE d a none",
                "SET s v",
                "SINTERSTORE s a b"
            ]
        );
        server.run("HELLO 3");
        server.check(&[("SINTER a b c", "{\"3\" \"4\"}"), ("SINTER a none", "{}")]);
    }

    #[test]
    fn the_arguments_of_sintercard_are_checked() {
        let mut server = TestServer::new();
        server.check(&[
            ("SINTERCARD 0 a", "-ERR numkeys should be greater than 0"),
            ("SINTERCARD x a", "-ERR numkeys should be greater than 0"),
            ("SINTERCARD 3 a b", "-ERR Number of keys can't be greater than number of args"),
            (
                "SINTERCARD 9223372036854775807 a",
                "-ERR Number of keys can't be greater than number of args",
            ),
            ("SINTERCARD 2 a b LIMIT", "-ERR syntax error"),
            ("SINTERCARD 1 a b LIMIT 1", "-ERR syntax error"),
            ("SINTERCARD 2 a b LIMIT -1", "-ERR LIMIT can't be negative"),
            ("SINTERCARD 2 a b LIMIT x", "-ERR LIMIT can't be negative"),
        ]);
    }
}
