//! `LINSERT key BEFORE | AFTER pivot element`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::state::limits;
use crate::store::value::list::List;

pub const LINSERT: Command = Command::new("linsert", 5, linsert)
    .flags(&[Flag::Write, Flag::DenyOom])
    .categories(&[Category::List])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Insert])])
    .docs(Group::List, "2.2.0", "Adds an element next to the first that equals another.")
    .complexity("O(N) where N is the number of elements looked at before the pivot is found")
    .arguments(&[
        Arg::KEY,
        Arg::one_of("where", &[Arg::word("before", "BEFORE"), Arg::word("after", "AFTER")]),
        Arg::string("pivot"),
        Arg::string("element"),
    ]);

fn linsert(call: &mut Call<'_>) -> Outcome {
    let side = call.arg(2);
    let is_after = side.eq_ignore_ascii_case(b"after");
    if !is_after && !side.eq_ignore_ascii_case(b"before") {
        return Err(CommandError::Syntax);
    }
    let limit = limits(&call.server.config).list;
    let mut open = call.keys.open::<List>(call.args.get(1))?;
    let Some(list) = open.get() else {
        call.reply.int(0);
        return Ok(());
    };
    let Some(pivot) = list.find(call.args.get(3), 0) else {
        call.reply.int(-1);
        return Ok(());
    };
    let list = open.get_or_create();
    let element = call.args.get(4);
    list.make_room((1, element.len()), limit);
    list.insert(pivot + usize::from(is_after), element);
    let len = list.len();
    open.changed("linsert");
    call.reply.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn an_element_is_put_before_or_after_the_first_that_equals_the_pivot() {
        let mut server = TestServer::new();
        server.check(&[
            ("RPUSH l a b b", "3"),
            ("LINSERT l before b x", "4"),
            ("LINSERT l AFTER b 7", "5"),
            ("LRANGE l 0 -1", "[\"a\" \"x\" \"b\" \"7\" \"b\"]"),
            ("LINSERT l AFTER 7 8", "6"),
            ("LINSERT l AFTER c x", "-1"),
            ("LINSERT l beside b x", "-ERR syntax error"),
            ("LINSERT missing BEFORE a x", "0"),
        ]);
        assert_eq!(server.stream().len(), 5);
    }
}
