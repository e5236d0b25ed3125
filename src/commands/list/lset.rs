//! `LSET key index element`

use crate::commands::args;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::range::place;
use crate::state::limits;
use crate::store::value::list::List;

pub const LSET: Command = Command::new("lset", 4, lset)
    .flags(&[Flag::Write, Flag::DenyOom])
    .categories(&[Category::List])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .docs(Group::List, "1.0.0", "Puts an element in the place of another, given by its index.")
    .complexity("O(log(L)) where L is the length of the list")
    .arguments(&[Arg::KEY, Arg::integer("index"), Arg::string("element")]);

fn lset(call: &mut Call<'_>) -> Outcome {
    let limit = limits(&call.server.config).list;
    let mut open = call.keys.open::<List>(call.args.get(1))?;
    let list = open.get().ok_or(CommandError::NoSuchKey)?;
    let index = args::integer(call.args, 2)?;
    let index = place(list.len(), index).ok_or(CommandError::OutOfRange)?;
    if let Some(list) = open.get_mut() {
        let element = call.args.get(3);
        list.make_room((1, element.len()), limit);
        list.set(index, element);
    }
    open.changed("lset");
    call.reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn an_element_is_replaced_in_its_place() {
        let mut server = TestServer::new();
        server.check(&[
            ("RPUSH l a b c", "3"),
            ("LSET l 1 x", "OK"),
            ("LSET l -1 12345", "OK"),
            ("LRANGE l 0 -1", "[\"a\" \"x\" \"12345\"]"),
            ("LSET l 3 y", "-ERR index out of range"),
            ("LSET l -4 y", "-ERR index out of range"),
            ("LSET l x y", "-ERR value is not an integer or out of range"),
            ("LSET missing x y", "-ERR no such key"),
        ]);
        assert_eq!(server.stream()[2..], ["LSET l 1 x", "LSET l -1 12345"]);
    }
}
