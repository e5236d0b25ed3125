//! `LREM key count element`: from the beginning, with a negative count from the end, with 0 all.

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::list::{List, Side};

pub const LREM: Command = Command::new("lrem", 4, lrem)
    .flags(&[Flag::Write])
    .categories(&[Category::List])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Delete])])
    .docs(Group::List, "1.0.0", "Takes elements that equal another out of a list.")
    .complexity("O(N) where N is the number of elements looked at")
    .arguments(&[Arg::KEY, Arg::integer("count"), Arg::string("element")]);

fn lrem(call: &mut Call<'_>) -> Outcome {
    let count = call.integer(2)?;
    let mut open = call.keys.open::<List>(call.args.get(1))?;
    let element = call.args.get(3);
    let side = if count < 0 { Side::Right } else { Side::Left };
    let most = match usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX) {
        0 => usize::MAX,
        count => count,
    };
    // What is not changed is not copied under a snapshot either.
    let is_there = open.get().is_some_and(|list| list.find(element, 0).is_some());
    if !is_there {
        call.reply.int(0);
        return Ok(());
    }
    let removed = open.get_or_create().remove_equal(element, side, most);
    open.changed_by(removed as u64, "lrem");
    call.reply.int(removed as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn equal_elements_are_taken_out_from_one_end_on() {
        let mut server = TestServer::new();
        server.check(&[
            ("RPUSH l a b a c a 1 1", "7"),
            ("LREM l 1 a", "1"),
            ("LRANGE l 0 -1", "[\"b\" \"a\" \"c\" \"a\" \"1\" \"1\"]"),
            ("LREM l -1 a", "1"),
            ("LRANGE l 0 -1", "[\"b\" \"a\" \"c\" \"1\" \"1\"]"),
            ("LREM l 0 1", "2"),
            ("LREM l 5 x", "0"),
            ("LREM l -9223372036854775808 b", "1"),
            ("LREM missing 0 x", "0"),
            ("LREM l x a", "-ERR value is not an integer or out of range"),
            ("LREM l 0 a", "1"),
            ("LREM l 0 c", "1"),
            ("EXISTS l", "0"),
        ]);
        assert_eq!(server.stream().len(), 8);
    }
}
