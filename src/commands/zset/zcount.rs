//! `ZCOUNT key min max`, `ZLEXCOUNT key min max`

use super::bounds::{Bounds, By};
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::zset::SortedSet;

pub const ZCOUNT: Command = Command::new("zcount", 4, |call| count(call, By::Score))
    .flags(&[Flag::ReadOnly, Flag::Fast])
    .categories(&[Category::SortedSet])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::SortedSet, "2.0.0", "Counts the members of a sorted set between two scores.")
    .complexity("O(log(N)) where N is the number of members")
    .arguments(&[Arg::KEY, Arg::double("min"), Arg::double("max")]);

pub const ZLEXCOUNT: Command = ZCOUNT
    .sibling("zlexcount", |call| count(call, By::Member))
    .docs(
        Group::SortedSet,
        "2.8.9",
        "Counts the members between two others of a sorted set of one score.",
    )
    .arguments(&[Arg::KEY, Arg::string("min"), Arg::string("max")]);

fn count(call: &mut Call<'_>, by: By) -> Outcome {
    let bounds = Bounds::parse(call.args, (2, 3), by)?;
    let zset = call.keys.read::<SortedSet>(call.args.get(1))?;
    let count = zset.map_or(0, |zset| bounds.places(zset, false).len());
    call.reply.int(count as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn members_are_counted_between_scores_and_members() {
        let mut server = TestServer::new();
        server.check(&[
            ("ZADD z 1 a 2 b 2 c 3 d", "4"),
            ("ZCOUNT z 2 2", "2"),
            ("ZCOUNT z (1 inf", "3"),
            ("ZCOUNT z 3 2", "0"),
            ("ZCOUNT z (2 (2", "0"),
            ("ZCOUNT none 0 1", "0"),
            ("ZCOUNT z nan 1", "-ERR min or max is not a float"),
            ("ZCOUNT z \"\" \t3", "4"),
            ("ZADD l 0 a 0 b 0 c", "3"),
            ("ZLEXCOUNT l - (b", "1"),
            ("ZLEXCOUNT l [b +", "2"),
            ("ZLEXCOUNT l + -", "0"),
            ("ZLEXCOUNT l b c", "-ERR min or max not valid string range item"),
        ]);
    }
}
