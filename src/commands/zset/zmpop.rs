//! `ZMPOP numkeys key [key ...] MIN | MAX [COUNT count]`, and `BZMPOP timeout ...`, which waits for a
//! sorted set that has an element.

use super::end::{self, MIN_OR_MAX, pop_command, pop_event, pop_many};
use crate::commands::args;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::multi_pop::MultiPop;
use crate::commands::waiting::{try_keys, wait_for};
use crate::store::value::zset::{End, SortedSet};

const KEYS: &[KeyFlag] = &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete];
/// The timeout of the one that waits, and those of both.
const ARGUMENTS: [Arg; 5] = [
    Arg::double("timeout"),
    Arg::integer("numkeys"),
    Arg::KEYS,
    Arg::one_of("where", MIN_OR_MAX),
    Arg::integer("count").token("COUNT").optional(),
];

pub const ZMPOP: Command = Command::new("zmpop", -4, zmpop)
    .flags(&[Flag::Write])
    .categories(&[Category::SortedSet])
    .keys(&[KeySpec::counted(1, KEYS)])
    .docs(Group::SortedSet, "7.0.0", "Takes members out of the first sorted set that has some.")
    .complexity("O(K+M*log(N)) where K is the number of keys given, M of members returned and N of those there")
    .arguments(ARGUMENTS.split_at(1).1);

pub const BZMPOP: Command = ZMPOP
    .sibling("bzmpop", bzmpop)
    .arity(-5)
    .and_flags(&[Flag::Blocking])
    .keys(&[KeySpec::counted(2, KEYS)])
    .docs(
        Group::SortedSet,
        "7.0.0",
        "Takes members out of the first sorted set that has some, once one has.",
    )
    .arguments(&ARGUMENTS);

fn zmpop(call: &mut Call<'_>) -> Outcome {
    let wanted = MultiPop::parse(call.args, 1, end::parse)?;
    if !pop(call, &wanted)? {
        call.reply.null_array();
    }
    Ok(())
}

/// The timeout is looked at last, as in Redis.
fn bzmpop(call: &mut Call<'_>) -> Outcome {
    let wanted = MultiPop::parse(call.args, 2, end::parse)?;
    let deadline = args::deadline(call.args, 1, call.now())?;
    if !pop(call, &wanted)? && !wait_for::<SortedSet>(call, wanted.keys, deadline) {
        call.reply.null_array();
    }
    Ok(())
}

/// Whether there was something.
fn pop(call: &mut Call<'_>, wanted: &MultiPop<End>) -> Result<bool, CommandError> {
    let &MultiPop { ref keys, end, count } = wanted;
    try_keys(call, keys.clone(), |call, key| {
        let mut open = call.keys.open::<SortedSet>(key)?;
        let Some(zset) = open.get_mut() else { return Ok(false) };
        let popped = pop_many(zset, end, count);
        open.changed_by(popped.len() as u64, pop_event(end));
        let told = itoa::Buffer::new().format(popped.len()).as_bytes().to_vec();
        call.propagate_as(&[pop_command(end), key, &told]);
        call.reply.array(2);
        call.reply.bulk(key);
        call.reply.array(popped.len());
        for (member, score) in &popped {
            call.reply.array(2);
            call.reply.bulk(member);
            call.reply.double(*score);
        }
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn elements_come_from_the_first_sorted_set_that_has_some() {
        let mut server = TestServer::new();
        server.check(&[
            ("ZADD b 1 x 2 y 3 z", "3"),
            ("ZMPOP 2 a b MIN", "[\"b\" [[\"x\" \"1\"]]]"),
            ("ZMPOP 2 a b max count 5", "[\"b\" [[\"z\" \"3\"] [\"y\" \"2\"]]]"),
            ("ZMPOP 2 a b max", "nil"),
            ("ZADD b 1 x 2 y 3 z", "3"),
            ("BZMPOP 0 2 a b MIN COUNT 2", "[\"b\" [[\"x\" \"1\"] [\"y\" \"2\"]]]"),
            ("ZMPOP 0 a MIN", "-ERR numkeys should be greater than 0"),
            ("ZMPOP 9 a MIN", "-ERR syntax error"),
            ("ZMPOP 1 a up", "-ERR syntax error"),
            ("ZMPOP 1 a MIN COUNT 0", "-ERR count should be greater than 0"),
            ("ZMPOP 1 a MIN COUNT 1 COUNT 1", "-ERR syntax error"),
            ("BZMPOP x 1 a up", "-ERR syntax error"),
            ("BZMPOP x 1 a MIN", "-ERR timeout is not a float or out of range"),
        ]);
        let stream = server.stream();
        assert_eq!(
            stream[2..],
            ["ZPOPMIN b 1", "ZPOPMAX b 2", "ZADD b 1 x 2 y 3 z", "ZPOPMIN b 2"]
        );
    }
}
