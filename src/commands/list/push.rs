//! `LPUSH key element [element ...]`, `RPUSH`; `LPUSHX` and `RPUSHX` only if the list is there.

use super::side::push_event;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::state::limits;
use crate::store::value::list::{List, Side};

const MANY_SINCE_2_4: &[(&str, &str)] = &[("2.4.0", "Accepts multiple `element` arguments.")];
const MANY_SINCE_4: &[(&str, &str)] = &[("4.0.0", "Accepts multiple `element` arguments.")];

pub const LPUSH: Command = Command::new("lpush", -3, |call| push(call, Side::Left))
    .flags(&[Flag::Write, Flag::DenyOom, Flag::Fast])
    .categories(&[Category::List])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Insert])])
    .docs(Group::List, "1.0.0", "Adds elements before the first of a list, one after the other.")
    .complexity("O(N) where N is the number of elements given")
    .history(MANY_SINCE_2_4)
    .arguments(&[Arg::KEY, Arg::string("element").multiple()]);

pub const RPUSH: Command = LPUSH.sibling("rpush", |call| push(call, Side::Right)).docs(
    Group::List,
    "1.0.0",
    "Adds elements behind the last of a list.",
);

pub const LPUSHX: Command = LPUSH
    .sibling("lpushx", |call| push_if_there(call, Side::Left))
    .history(MANY_SINCE_4)
    .docs(Group::List, "2.2.0", "Adds elements before the first of a list that exists.");

pub const RPUSHX: Command = LPUSHX.sibling("rpushx", |call| push_if_there(call, Side::Right)).docs(
    Group::List,
    "2.2.0",
    "Adds elements behind the last of a list that exists.",
);

fn push(call: &mut Call<'_>, side: Side) -> Outcome {
    push_all(call, side, true)
}

fn push_if_there(call: &mut Call<'_>, side: Side) -> Outcome {
    push_all(call, side, false)
}

fn push_all(call: &mut Call<'_>, side: Side, creates: bool) -> Outcome {
    let limit = limits(&call.server.config).list;
    let mut open = call.keys.open::<List>(call.args.get(1))?;
    if !creates && !open.is_there() {
        call.reply.int(0);
        return Ok(());
    }
    let list = open.get_or_create();
    let elements = call.args.slice(2);
    list.make_room((elements.len(), elements.total_bytes()), limit);
    elements.iter().for_each(|element| list.push(side, element));
    let len = list.len();
    open.changed_by(elements.len() as u64, push_event(side));
    call.reply.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn elements_are_pushed_one_after_the_other() {
        let mut server = TestServer::new();
        server.check(&[
            ("LPUSH l a b", "2"),
            ("RPUSH l c d", "4"),
            ("LRANGE l 0 -1", "[\"b\" \"a\" \"c\" \"d\"]"),
            ("LPUSHX l e", "5"),
            ("RPUSHX l 5", "6"),
            ("LPUSHX missing x", "0"),
            ("RPUSHX missing x", "0"),
            ("EXISTS missing", "0"),
            ("SET s v", "OK"),
            ("LPUSH s x", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ]);
        let stream = server.stream();
        assert_eq!(stream[1..5], ["LPUSH l a b", "RPUSH l c d", "LPUSHX l e", "RPUSHX l 5"]);
        assert_eq!(stream.len(), 6, "what failed or found nothing is not told: {stream:?}");
    }
}
