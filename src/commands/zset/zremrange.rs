//! `ZREMRANGEBYRANK key start stop`, `ZREMRANGEBYSCORE key min max`, `ZREMRANGEBYLEX key min max`

use super::bounds::{Bounds, By};
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::zset::SortedSet;

pub const ZREMRANGEBYRANK: Command =
    Command::new("zremrangebyrank", 4, |call| remove(call, By::Rank, "zremrangebyrank"))
        .flags(&[Flag::Write])
        .categories(&[Category::SortedSet])
        .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Delete])])
        .docs(Group::SortedSet, "2.0.0", "Takes the elements at some places out of a sorted set.")
        .complexity("O(log(N)+M) where N is the number of members and M of those taken out")
        .arguments(&[Arg::KEY, Arg::integer("start"), Arg::integer("stop")]);

pub const ZREMRANGEBYSCORE: Command = ZREMRANGEBYRANK
    .sibling("zremrangebyscore", |call| remove(call, By::Score, "zremrangebyscore"))
    .docs(Group::SortedSet, "1.2.0", "Takes the members between two scores out of a sorted set.")
    .arguments(&[Arg::KEY, Arg::double("min"), Arg::double("max")]);

pub const ZREMRANGEBYLEX: Command = ZREMRANGEBYRANK
    .sibling("zremrangebylex", |call| remove(call, By::Member, "zremrangebylex"))
    .docs(
        Group::SortedSet,
        "2.8.9",
        "Takes the members between two others out of a sorted set of one score.",
    )
    .arguments(&[Arg::KEY, Arg::string("min"), Arg::string("max")]);

fn remove(call: &mut Call<'_>, by: By, event: &'static str) -> Outcome {
    let bounds = Bounds::parse(call.args, (2, 3), by)?;
    let mut open = call.keys.open::<SortedSet>(call.args.get(1))?;
    let Some(zset) = open.get() else {
        call.reply.int(0);
        return Ok(());
    };
    let (places, len) = (bounds.places(zset, false), zset.len());
    let count = places.len();
    if count == len {
        // A large one goes to the garbage thread as it is.
        open.delete_after(count as u64, event);
    } else if count > 0 {
        if let Some(zset) = open.get_mut() {
            zset.remove_range(places);
        }
        open.changed_by(count as u64, event);
    }
    call.reply.int(count as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn ranges_are_taken_out_by_place_score_and_member() {
        let mut server = TestServer::new();
        server.check(&[
            ("ZADD z 1 a 2 b 3 c 4 d 5 e 6 f", "6"),
            ("ZREMRANGEBYRANK z 1 1", "1"),
            ("ZREMRANGEBYRANK z -1 -1", "1"),
            ("ZREMRANGEBYRANK z 7 9", "0"),
            ("ZREMRANGEBYSCORE z (1 3", "1"),
            ("ZREMRANGEBYSCORE z (5 inf", "0"),
            ("ZRANGE z 0 -1", "[\"a\" \"d\" \"e\"]"),
            ("ZREMRANGEBYSCORE z x 3", "-ERR min or max is not a float"),
            ("ZREMRANGEBYRANK z x 3", "-ERR value is not an integer or out of range"),
            ("ZREMRANGEBYLEX z a b", "-ERR min or max not valid string range item"),
            ("ZADD l 0 a 0 b 0 c 0 d", "4"),
            ("ZREMRANGEBYLEX l [b (d", "2"),
            ("ZREMRANGEBYLEX none - +", "0"),
        ]);
        let events = server.events(&["ZREMRANGEBYLEX l - +", "ZREMRANGEBYRANK z 0 1"]);
        assert_eq!(events, ["zremrangebylex l", "del l", "zremrangebyrank z"]);
        server.check(&[("EXISTS l", "0"), ("ZRANGE z 0 -1", "[\"e\"]")]);
        let stream = server.stream();
        assert_eq!(stream[2], "ZREMRANGEBYRANK z 1 1");
        assert_eq!(stream.last().unwrap(), "ZREMRANGEBYRANK z 0 1");
    }
}
