//! `BLPOP key [key ...] timeout`, `BRPOP`: the first list that has an element gives it; if none has,
//! the command waits for one.

use super::side::{pop_command, pop_event};
use crate::commands::args;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::waiting::{try_keys, wait_for};
use crate::store::value::list::{List, Side};

pub const BLPOP: Command = Command::new("blpop", -3, |call| pop_or_wait(call, Side::Left))
    .flags(&[Flag::Write, Flag::NoScript, Flag::Blocking])
    .categories(&[Category::List])
    .keys(&[KeySpec::range(1, -2, 1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete])])
    .docs(
        Group::List,
        "2.0.0",
        "Takes the first element of the first list that has one, once one has.",
    )
    .complexity("O(N) where N is the number of keys given")
    .history(&[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")])
    .arguments(&[Arg::KEYS, Arg::double("timeout")]);

pub const BRPOP: Command = BLPOP.sibling("brpop", |call| pop_or_wait(call, Side::Right)).docs(
    Group::List,
    "2.0.0",
    "Takes the last element of the first list that has one, once one has.",
);

fn pop_or_wait(call: &mut Call<'_>, side: Side) -> Outcome {
    let last = call.argc() - 1;
    let deadline = args::deadline(call.args, last, call.now())?;
    let is_done = try_keys(call, 1..last, |call, key| {
        let mut open = call.keys.open::<List>(key)?;
        let popped = open.get_mut().and_then(|list| list.pop(side, |element| element.to_vec()));
        let Some(element) = popped else { return Ok(false) };
        open.changed(pop_event(side));
        call.propagate_as(&[pop_command(side), key]);
        call.reply.array(2);
        call.reply.bulk(key);
        call.reply.bulk(&element);
        Ok(true)
    })?;
    if !is_done && !wait_for::<List>(call, 1..last, deadline) {
        call.reply.null_array();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::effect::Block;
    use crate::keyspace::testing::{Flow, START, TestServer};

    #[test]
    fn the_first_list_that_has_an_element_gives_it() {
        let mut server = TestServer::new();
        server.check(&[
            ("RPUSH b 1 2", "2"),
            ("RPUSH c 3", "1"),
            ("BLPOP a b c 0", "[\"b\" \"1\"]"),
            ("BRPOP a c b 0", "[\"c\" \"3\"]"),
            ("SET s v", "OK"),
            ("BLPOP a s b 0", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("BLPOP b -1", "-ERR timeout is negative"),
            ("BLPOP b x", "-ERR timeout is not a float or out of range"),
        ]);
        assert_eq!(server.stream()[3..], ["LPOP b", "RPOP c", "SET s v"]);
    }

    #[test]
    fn who_finds_nothing_waits_for_the_keys_it_named() {
        let mut server = TestServer::new();
        assert_eq!(server.run("BLPOP a b 1.5"), "");
        let Flow::Suspend(Block::Keys(awaited)) = &server.flow else { panic!("it waits") };
        let keys: Vec<_> = awaited.keys.iter().map(|key| &key[..]).collect();
        assert_eq!((&keys[..], awaited.deadline), (&[&b"a"[..], b"b"][..], Some(START + 1500)));
        server.check(&[
            ("MULTI", "OK"),
            ("BLPOP a 0", "QUEUED"),
            ("BLMOVE a b LEFT LEFT 0", "QUEUED"),
        ]);
        server.check(&[("EXEC", "[nil nil]")]);
    }
}
