//! `HRANDFIELD key [count [WITHVALUES]]`: a count above 0 asks for different fields, one below for
//! as many, each of which may come more than once.

use std::cell::Cell;

use crate::commands::call::Call;
use crate::commands::choice::Choice;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::elements::ReplyElements;
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::resp::reply::{Protocol, Reply};
use crate::store::packed::Element;
use crate::store::value::ValueRef;
use crate::store::value::hash::Hash;

pub const HRANDFIELD: Command = Command::new("hrandfield", -2, hrandfield)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Hash])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .tips(&["nondeterministic_output"])
    .docs(Group::Hash, "6.2.0", "Returns fields of a hash by chance.")
    .complexity("O(N) where N is the number of fields returned")
    .arguments(&[
        Arg::KEY,
        Arg::block(
            "options",
            &[Arg::integer("count"), Arg::word("withvalues", "WITHVALUES").optional()],
        )
        .optional(),
    ]);

fn hrandfield(call: &mut Call<'_>) -> Outcome {
    if call.argc() == 2 {
        return one(call);
    }
    let choice = Choice::parse(call.args, 2)?;
    let with_values = match call.argc() {
        3 => false,
        4 if call.arg(3).eq_ignore_ascii_case(b"withvalues") => true,
        _ => return Err(CommandError::Syntax),
    };
    if with_values {
        choice.must_fit_twice()?;
    }
    let Some(hash) = call.keys.read::<Hash>(call.args.get(1))? else {
        call.reply.empty_array();
        return Ok(());
    };
    let count = choice.count(hash.len(), &call.reply)?;
    call.reply.array(match (with_values, call.reply.protocol()) {
        (true, Protocol::Resp2) => count * 2,
        _ => count,
    });
    let reply = &mut call.reply;
    let is_lost = Cell::new(false);
    let mut add = |field: Element<'_>, value: ValueRef<'_>| {
        put(reply, field, value, with_values);
        is_lost.set(reply.is_lost());
    };
    if choice.is_all(hash.len()) {
        hash.iter().for_each(|(field, value)| add(field, value));
    } else {
        hash.at_places(choice.places(hash.len(), &mut call.server.random, &is_lost), add);
    }
    Ok(())
}

fn one(call: &mut Call<'_>) -> Outcome {
    let Some(hash) = call.keys.read::<Hash>(call.args.get(1))? else {
        call.reply.null();
        return Ok(());
    };
    let place = call.server.random.below(hash.len().max(1) as u64);
    match hash.nth(place as usize).map(|(field, _)| field) {
        Some(field) => call.reply.element(field),
        None => call.reply.null(),
    }
    Ok(())
}

fn put(reply: &mut Reply<'_>, field: Element<'_>, value: ValueRef<'_>, with_value: bool) {
    if with_value && reply.protocol() == Protocol::Resp3 {
        reply.array(2);
    }
    reply.element(field);
    if with_value {
        reply.string(Some(value));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::keyspace::testing::TestServer;

    fn filled(is_large: bool, count: usize) -> TestServer {
        let mut server = TestServer::new();
        if is_large {
            server.run("CONFIG SET hash-max-listpack-entries 0");
        }
        (0..count).for_each(|i| drop(server.run(&format!("HSET h f{i} {i}"))));
        server
    }

    #[test]
    fn a_count_and_values_may_be_asked_for() {
        for is_large in [false, true] {
            let mut server = filled(is_large, 1);
            server.check(&[
                ("HRANDFIELD h", "\"f0\""),
                ("HRANDFIELD h 5", "[\"f0\"]"),
                ("HRANDFIELD h -3", "[\"f0\" \"f0\" \"f0\"]"),
                ("HRANDFIELD h 0", "[]"),
                ("HRANDFIELD h 5 WITHVALUES", "[\"f0\" \"0\"]"),
                ("HRANDFIELD h -2 withvalues", "[\"f0\" \"0\" \"f0\" \"0\"]"),
                ("HRANDFIELD none", "nil"),
                ("HRANDFIELD none 3", "[]"),
                ("HRANDFIELD none -3 WITHVALUES", "[]"),
                ("HRANDFIELD h x", "-ERR value is not an integer or out of range"),
                ("HRANDFIELD h 1 foo", "-ERR syntax error"),
                ("HRANDFIELD h 1 WITHVALUES foo", "-ERR syntax error"),
                (
                    "HRANDFIELD h -9223372036854775808",
                    "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
                ),
                ("HRANDFIELD h -4611686018427387904 WITHVALUES", "-ERR value is out of range"),
                ("HRANDFIELD h 4611686018427387904 WITHVALUES", "-ERR value is out of range"),
            ]);
            server.run("HELLO 3");
            server.check(&[
                ("HRANDFIELD h 1 WITHVALUES", "[[\"f0\" \"0\"]]"),
                ("HRANDFIELD h -2 WITHVALUES", "[[\"f0\" \"0\"] [\"f0\" \"0\"]]"),
            ]);
        }
    }

    /// Over all counts and forms; a field is chosen as often as any other.
    #[test]
    fn each_field_is_as_likely_as_any_other() {
        const ROUNDS: usize = 3000;
        for (is_large, count) in
            [(false, 1), (false, 3), (false, 8), (true, 1), (true, 3), (true, 8), (true, -4isize)]
        {
            let mut server = filled(is_large, 10);
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            for _ in 0..ROUNDS {
                let reply = server.run(&format!("HRANDFIELD h {count}"));
                let fields: Vec<_> = reply.trim_matches(['[', ']']).split(' ').collect();
                let mut different = fields.clone();
                different.sort_unstable();
                different.dedup();
                assert!(count < 0 || different.len() == count as usize, "{reply}");
                for field in fields {
                    *seen.entry(field.to_owned()).or_default() += 1;
                }
            }
            let expected = ROUNDS * count.unsigned_abs() / 10;
            assert_eq!(seen.len(), 10);
            assert!(seen.values().all(|n| n.abs_diff(expected) < expected / 3), "{seen:?}");
        }
    }
}
