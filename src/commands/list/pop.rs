//! `LPOP key [count]`, `RPOP key [count]`

use super::side::{pop_event, pop_many};
use crate::commands::args;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::list::{List, Side};

pub const LPOP: Command = Command::new("lpop", -2, |call| pop(call, Side::Left))
    .flags(&[Flag::Write, Flag::Fast])
    .categories(&[Category::List])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete])])
    .docs(Group::List, "1.0.0", "Takes the first elements out of a list and returns them.")
    .complexity("O(N) where N is the number of elements returned")
    .history(&[("6.2.0", "Added the `count` argument.")])
    .arguments(&[Arg::KEY, Arg::integer("count").since("6.2.0").optional()]);

pub const RPOP: Command = LPOP.sibling("rpop", |call| pop(call, Side::Right)).docs(
    Group::List,
    "1.0.0",
    "Takes the last elements out of a list and returns them.",
);

fn pop(call: &mut Call<'_>, side: Side) -> Outcome {
    if call.argc() > 3 {
        return Err(CommandError::WrongArity(pop_event(side)));
    }
    let count = match call.argc() {
        3 => Some(args::natural(call.args, 2)?),
        _ => None,
    };
    let mut open = call.keys.open::<List>(call.args.get(1))?;
    let Some(list) = open.get_mut() else {
        match count {
            Some(_) => call.reply.null_array(),
            None => call.reply.null(),
        }
        return Ok(());
    };
    let Some(count) = count else {
        let mut digits = itoa::Buffer::new();
        let is_taken = list.pop(side, |element| call.reply.bulk(element.text(&mut digits)));
        if is_taken.is_some() {
            open.changed(pop_event(side));
        }
        return Ok(());
    };
    if count == 0 {
        call.reply.empty_array();
        return Ok(());
    }
    let popped = pop_many(list, side, count);
    open.changed_by(popped.len() as u64, pop_event(side));
    call.reply.bulks(&popped);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn who_takes_elements_out_neither_hits_nor_misses() {
        let mut server = TestServer::new();
        server.check(&[
            ("RPUSH l a b c d", "4"),
            ("LPOP l", "\"a\""),
            ("LPOP none", "nil"),
            ("RPOP none 1", "nil"),
            ("LMOVE l m LEFT LEFT", "\"b\""),
            ("RPOPLPUSH l l", "\"d\""),
            ("LMOVE none l LEFT LEFT", "nil"),
            ("LMPOP 2 none l LEFT", "[\"l\" [\"d\"]]"),
        ]);
        let stats = server.run("INFO stats");
        assert!(
            stats.contains("keyspace_hits:0") && stats.contains("keyspace_misses:0"),
            "{stats}"
        );
    }

    #[test]
    fn elements_are_taken_from_either_end_and_the_empty_list_goes() {
        let mut server = TestServer::new();
        server.check(&[
            ("RPUSH l a b c d e", "5"),
            ("LPOP l", "\"a\""),
            ("RPOP l", "\"e\""),
            ("LPOP l 0", "[]"),
            ("RPOP l 2", "[\"d\" \"c\"]"),
            ("LPOP l 5", "[\"b\"]"),
            ("EXISTS l", "0"),
            ("LPOP l", "nil"),
            ("LPOP l 3", "nil"),
            ("LPOP l -1", "-ERR value is out of range, must be positive"),
            ("LPOP l x", "-ERR value is out of range, must be positive"),
            ("LPOP l 1 2", "-ERR wrong number of arguments for 'lpop' command"),
        ]);
        assert_eq!(
            server.stream()[1..],
            ["RPUSH l a b c d e", "LPOP l", "RPOP l", "RPOP l 2", "LPOP l 5"]
        );
    }
}
