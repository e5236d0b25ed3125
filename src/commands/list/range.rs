//! `LLEN key`, `LRANGE key start stop`, `LINDEX key index`: negative places count from the end.

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::elements::ReplyElements;
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::range::{place, span};
use crate::store::value::list::List;

pub const LLEN: Command = Command::new("llen", 2, llen)
    .flags(&[Flag::ReadOnly, Flag::Fast])
    .categories(&[Category::List])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly])])
    .docs(Group::List, "1.0.0", "Returns the number of elements of a list.")
    .arguments(&[Arg::KEY]);

pub const LRANGE: Command = Command::new("lrange", 4, lrange)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::List])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::List, "1.0.0", "Returns the elements of a list from one place to another.")
    .complexity(
        "O(log(L)+N) where L is the length of the list and N the number of elements returned",
    )
    .arguments(&[Arg::KEY, Arg::integer("start"), Arg::integer("stop")]);

pub const LINDEX: Command = Command::new("lindex", 3, lindex)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::List])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::List, "1.0.0", "Returns the element at a place of a list.")
    .complexity("O(log(L)) where L is the length of the list")
    .arguments(&[Arg::KEY, Arg::integer("index")]);

fn llen(call: &mut Call<'_>) -> Outcome {
    let len = call.keys.read::<List>(call.args.get(1))?.map_or(0, List::len);
    call.reply.int(len as i64);
    Ok(())
}

fn lrange(call: &mut Call<'_>) -> Outcome {
    let (start, stop) = (call.integer(2)?, call.integer(3)?);
    let Some(list) = call.keys.read::<List>(call.args.get(1))? else {
        call.reply.empty_array();
        return Ok(());
    };
    let range = span(list.len(), start, stop);
    call.reply.array(range.len());
    list.range(range).for_each(|element| call.reply.element(element));
    Ok(())
}

fn lindex(call: &mut Call<'_>) -> Outcome {
    let Some(list) = call.keys.read::<List>(call.args.get(1))? else {
        call.reply.null();
        return Ok(());
    };
    let index = crate::commands::args::integer(call.args, 2)?;
    match place(list.len(), index).and_then(|i| list.get(i)) {
        Some(element) => call.reply.element(element),
        None => call.reply.null(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn elements_are_read_by_place_from_either_end() {
        let mut server = TestServer::new();
        server.check(&[
            ("RPUSH l a 2 c", "3"),
            ("LLEN l", "3"),
            ("LRANGE l 0 -1", "[\"a\" \"2\" \"c\"]"),
            ("LRANGE l -2 5", "[\"2\" \"c\"]"),
            ("LRANGE l 2 1", "[]"),
            ("LRANGE l 3 9", "[]"),
            ("LRANGE l -9 0", "[\"a\"]"),
            ("LINDEX l -1", "\"c\""),
            ("LINDEX l 1", "\"2\""),
            ("LINDEX l 3", "nil"),
            ("LINDEX l -4", "nil"),
            ("LINDEX l x", "-ERR value is not an integer or out of range"),
            ("LLEN missing", "0"),
            ("LRANGE missing 0 -1", "[]"),
            ("LRANGE missing x -1", "-ERR value is not an integer or out of range"),
            ("LINDEX missing x", "nil"),
        ]);
    }
}
