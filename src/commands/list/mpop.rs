//! `LMPOP numkeys key [key ...] LEFT | RIGHT [COUNT count]`, and `BLMPOP timeout ...`, which waits
//! for a list that has an element.

use super::side::{self, LEFT_OR_RIGHT, pop_command, pop_event, pop_many};
use crate::commands::args;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::multi_pop::MultiPop;
use crate::commands::waiting::{try_keys, wait_for};
use crate::store::value::list::{List, Side};

const KEYS: &[KeyFlag] = &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete];
/// The timeout of the one that waits, and those of both.
const ARGUMENTS: [Arg; 5] = [
    Arg::double("timeout"),
    Arg::integer("numkeys"),
    Arg::KEYS,
    Arg::one_of("where", LEFT_OR_RIGHT),
    Arg::integer("count").token("COUNT").optional(),
];

pub const LMPOP: Command = Command::new("lmpop", -4, lmpop)
    .flags(&[Flag::Write])
    .categories(&[Category::List])
    .keys(&[KeySpec::counted(1, KEYS)])
    .docs(Group::List, "7.0.0", "Takes elements out of the first list that has some.")
    .complexity("O(N+M) where N is the number of keys given and M the number of elements returned")
    .arguments(ARGUMENTS.split_at(1).1);

pub const BLMPOP: Command = LMPOP
    .sibling("blmpop", blmpop)
    .arity(-5)
    .and_flags(&[Flag::Blocking])
    .keys(&[KeySpec::counted(2, KEYS)])
    .docs(Group::List, "7.0.0", "Takes elements out of the first list that has some, once one has.")
    .arguments(&ARGUMENTS);

fn lmpop(call: &mut Call<'_>) -> Outcome {
    let wanted = MultiPop::parse(call.args, 1, side::parse)?;
    if !pop(call, &wanted)? {
        call.reply.null_array();
    }
    Ok(())
}

/// The timeout is looked at last, as in Redis.
fn blmpop(call: &mut Call<'_>) -> Outcome {
    let wanted = MultiPop::parse(call.args, 2, side::parse)?;
    let deadline = args::deadline(call.args, 1, call.now())?;
    if !pop(call, &wanted)? && !wait_for::<List>(call, wanted.keys, deadline) {
        call.reply.null_array();
    }
    Ok(())
}

/// Whether there was something.
fn pop(call: &mut Call<'_>, wanted: &MultiPop<Side>) -> Result<bool, CommandError> {
    let &MultiPop { ref keys, end: side, count } = wanted;
    try_keys(call, keys.clone(), |call, key| {
        let mut open = call.keys.open::<List>(key)?;
        let Some(list) = open.get_mut() else { return Ok(false) };
        let popped = pop_many(list, side, count);
        open.changed_by(popped.len() as u64, pop_event(side));
        let told = itoa::Buffer::new().format(popped.len()).as_bytes().to_vec();
        call.propagate_as(&[pop_command(side), key, &told]);
        call.reply.array(2);
        call.reply.bulk(key);
        call.reply.bulks(&popped);
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn elements_come_from_the_first_list_that_has_some() {
        let mut server = TestServer::new();
        server.check(&[
            ("RPUSH b 1 2 3", "3"),
            ("LMPOP 2 a b LEFT", "[\"b\" [\"1\"]]"),
            ("LMPOP 2 a b right count 5", "[\"b\" [\"3\" \"2\"]]"),
            ("LMPOP 2 a b right", "nil"),
            ("RPUSH b 1 2 3", "3"),
            ("BLMPOP 0 2 a b LEFT COUNT 2", "[\"b\" [\"1\" \"2\"]]"),
            ("LMPOP 0 a LEFT", "-ERR numkeys should be greater than 0"),
            ("LMPOP 9 a LEFT", "-ERR syntax error"),
            ("LMPOP 9223372036854775807 a LEFT", "-ERR syntax error"),
            ("LMPOP 1 a up", "-ERR syntax error"),
            ("LMPOP 1 a LEFT COUNT 0", "-ERR count should be greater than 0"),
            ("LMPOP 1 a LEFT COUNT", "-ERR syntax error"),
            ("LMPOP 1 a LEFT COUNT 0 x", "-ERR count should be greater than 0"),
            ("LMPOP 1 a LEFT x COUNT 0", "-ERR syntax error"),
            ("LMPOP 1 a LEFT COUNT 1 COUNT 1", "-ERR syntax error"),
            ("BLMPOP x 1 a up", "-ERR syntax error"),
            ("BLMPOP x 1 a LEFT", "-ERR timeout is not a float or out of range"),
        ]);
        let stream = server.stream();
        assert_eq!(stream[2..], ["LPOP b 1", "RPOP b 2", "RPUSH b 1 2 3", "LPOP b 2"]);
    }
}
