//! `ZPOPMIN key [count]`, `ZPOPMAX key [count]`

use super::end::{pop_event, pop_many};
use super::reply::Shown;
use crate::commands::args;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::packed::Element;
use crate::store::value::zset::{End, SortedSet};

pub const ZPOPMIN: Command = Command::new("zpopmin", -2, |call| pop(call, End::Min))
    .flags(&[Flag::Write, Flag::Fast])
    .categories(&[Category::SortedSet])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete])])
    .docs(Group::SortedSet, "5.0.0", "Takes the members with the lowest scores and returns them.")
    .complexity("O(M*log(N)) where M is the number of members returned and N of those there")
    .arguments(&[Arg::KEY, Arg::integer("count").optional()]);

pub const ZPOPMAX: Command = ZPOPMIN.sibling("zpopmax", |call| pop(call, End::Max)).docs(
    Group::SortedSet,
    "5.0.0",
    "Takes the members with the highest scores and returns them.",
);

fn pop(call: &mut Call<'_>, end: End) -> Outcome {
    let count = match call.argc() {
        2 => None,
        3 => Some(args::natural(call.args, 2)?),
        _ => return Err(CommandError::Syntax),
    };
    let mut open = call.keys.open::<SortedSet>(call.args.get(1))?;
    let Some(zset) = open.get_mut().filter(|_| count != Some(0)) else {
        call.reply.empty_array();
        return Ok(());
    };
    let Some(count) = count else {
        let taken = zset.pop(end, |member, score| {
            // Not a pair, in RESP3 too.
            call.reply.array(2);
            call.reply.bulk(member);
            call.reply.double(score);
        });
        if taken.is_some() {
            open.changed(pop_event(end));
        }
        return Ok(());
    };
    let popped = pop_many(zset, end, count);
    open.changed_by(popped.len() as u64, pop_event(end));
    let elements = popped.iter().map(|(member, score)| (Element::Str(member), *score));
    Shown::Scored.put_all(&mut call.reply, popped.len(), elements);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn elements_are_taken_from_either_end_and_the_empty_sorted_set_goes() {
        let mut server = TestServer::new();
        server.check(&[
            ("ZADD z 1 a 2 b 3 c 4 d 5 e", "5"),
            ("ZPOPMIN z", "[\"a\" \"1\"]"),
            ("ZPOPMAX z", "[\"e\" \"5\"]"),
            ("ZPOPMAX z 0", "[]"),
            ("ZPOPMAX z 2", "[\"d\" \"4\" \"c\" \"3\"]"),
            ("ZPOPMIN z 5", "[\"b\" \"2\"]"),
            ("EXISTS z", "0"),
            ("ZPOPMIN z", "[]"),
            ("ZPOPMIN z 3", "[]"),
            ("ZPOPMIN z -1", "-ERR value is out of range, must be positive"),
            ("ZPOPMIN z x", "-ERR value is out of range, must be positive"),
            ("ZPOPMIN z 1 2", "-ERR syntax error"),
            ("SET s v", "OK"),
            ("ZPOPMIN s 0", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ]);
        assert_eq!(
            server.stream()[2..],
            ["ZPOPMIN z", "ZPOPMAX z", "ZPOPMAX z 2", "ZPOPMIN z 5", "SET s v"]
        );
        let events = server.events(&["ZADD z 1 a 2 b", "ZPOPMAX z", "ZPOPMIN z"]);
        assert_eq!(events, ["zadd z", "zpopmax z", "zpopmin z", "del z"]);
        server.run("HELLO 3");
        server.check(&[
            ("ZADD z 1 a 2 b", "2"),
            ("ZPOPMIN z", "[\"a\" ,1]"),
            ("ZPOPMIN z 1", "[[\"b\" ,2]]"),
        ]);
    }
}
