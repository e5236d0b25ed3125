//! `BZPOPMIN key [key ...] timeout`, `BZPOPMAX`: the first sorted set that has an element gives it;
//! if none has, the command waits for one.

use super::end::{pop_command, pop_event};
use crate::commands::args;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::waiting::{try_keys, wait_for};
use crate::store::value::zset::{End, SortedSet};

pub const BZPOPMIN: Command = Command::new("bzpopmin", -3, |call| pop_or_wait(call, End::Min))
    .flags(&[Flag::Write, Flag::NoScript, Flag::Blocking, Flag::Fast])
    .categories(&[Category::SortedSet])
    .keys(&[KeySpec::range(1, -2, 1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete])])
    .docs(
        Group::SortedSet,
        "5.0.0",
        "Takes the member with the lowest score of the first sorted set that has one, once one has.",
    )
    .complexity("O(log(N)) where N is the number of members")
    .history(&[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")])
    .arguments(&[Arg::KEYS, Arg::double("timeout")]);

pub const BZPOPMAX: Command = BZPOPMIN.sibling("bzpopmax", |call| pop_or_wait(call, End::Max)).docs(
    Group::SortedSet,
    "5.0.0",
    "Takes the member with the highest score of the first sorted set that has one, once one has.",
);

fn pop_or_wait(call: &mut Call<'_>, end: End) -> Outcome {
    let last = call.argc() - 1;
    let deadline = args::deadline(call.args, last, call.now())?;
    let is_done = try_keys(call, 1..last, |call, key| {
        let mut open = call.keys.open::<SortedSet>(key)?;
        let popped =
            open.get_mut().and_then(|zset| zset.pop(end, |member, score| (member.to_vec(), score)));
        let Some((member, score)) = popped else { return Ok(false) };
        open.changed(pop_event(end));
        call.propagate_as(&[pop_command(end), key]);
        call.reply.array(3);
        call.reply.bulk(key);
        call.reply.bulk(&member);
        call.reply.double(score);
        Ok(true)
    })?;
    if !is_done && !wait_for::<SortedSet>(call, 1..last, deadline) {
        call.reply.null_array();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::effect::Block;
    use crate::keyspace::testing::{Flow, START, TestServer};

    #[test]
    fn the_first_sorted_set_that_has_an_element_gives_it() {
        let mut server = TestServer::new();
        server.check(&[
            ("ZADD b 1 x 2 y", "2"),
            ("ZADD c 3 z", "1"),
            ("BZPOPMIN a b c 0", "[\"b\" \"x\" \"1\"]"),
            ("BZPOPMAX a c b 0", "[\"c\" \"z\" \"3\"]"),
            ("SET s v", "OK"),
            (
                "BZPOPMIN a s b 0",
                "-WRONGTYPE Operation against a key holding the wrong kind of value",
            ),
            ("BZPOPMIN b -1", "-ERR timeout is negative"),
            ("BZPOPMIN b x", "-ERR timeout is not a float or out of range"),
        ]);
        assert_eq!(server.stream()[3..], ["ZPOPMIN b", "ZPOPMAX c", "SET s v"]);
        server.run("HELLO 3");
        server.check(&[("BZPOPMIN b 0", "[\"b\" \"y\" ,2]")]);
    }

    #[test]
    fn who_finds_nothing_waits_for_the_keys_it_named() {
        let mut server = TestServer::new();
        assert_eq!(server.run("BZPOPMAX a b 1.5"), "");
        let Flow::Suspend(Block::Keys(awaited)) = &server.flow else { panic!("it waits") };
        let keys: Vec<_> = awaited.keys.iter().map(|key| &key[..]).collect();
        assert_eq!((&keys[..], awaited.deadline), (&[&b"a"[..], b"b"][..], Some(START + 1500)));
        assert_eq!(awaited.wanted.value_type.name, "zset");
        server.check(&[
            ("MULTI", "OK"),
            ("BZPOPMIN a 0", "QUEUED"),
            ("BZMPOP 0 1 a MIN", "QUEUED"),
        ]);
        server.check(&[("EXEC", "[nil nil]")]);
    }
}
