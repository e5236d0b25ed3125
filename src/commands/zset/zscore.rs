//! `ZCARD key`, `ZSCORE key member`, `ZMSCORE key member [member ...]`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::resp::reply::Reply;
use crate::store::value::zset::SortedSet;

pub const ZCARD: Command = Command::new("zcard", 2, zcard)
    .flags(&[Flag::ReadOnly, Flag::Fast])
    .categories(&[Category::SortedSet])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly])])
    .docs(Group::SortedSet, "1.2.0", "Returns how many members a sorted set has.")
    .arguments(&[Arg::KEY]);

pub const ZSCORE: Command = ZCARD
    .sibling("zscore", zscore)
    .arity(3)
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::SortedSet, "1.2.0", "Returns the score of a member of a sorted set.")
    .arguments(&[Arg::KEY, Arg::string("member")]);

pub const ZMSCORE: Command = ZSCORE
    .sibling("zmscore", zmscore)
    .arity(-3)
    .docs(Group::SortedSet, "6.2.0", "Returns the scores of members of a sorted set.")
    .complexity("O(N) where N is the number of members given")
    .arguments(&[Arg::KEY, Arg::string("member").multiple()]);

fn zcard(call: &mut Call<'_>) -> Outcome {
    let len = call.keys.read::<SortedSet>(call.args.get(1))?.map_or(0, SortedSet::len);
    call.reply.int(len as i64);
    Ok(())
}

fn zscore(call: &mut Call<'_>) -> Outcome {
    let zset = call.keys.read::<SortedSet>(call.args.get(1))?;
    score(&mut call.reply, zset, call.args.get(2));
    Ok(())
}

fn zmscore(call: &mut Call<'_>) -> Outcome {
    let zset = call.keys.read::<SortedSet>(call.args.get(1))?;
    call.reply.array(call.args.len() - 2);
    for i in 2..call.args.len() {
        score(&mut call.reply, zset, call.args.get(i));
    }
    Ok(())
}

fn score(reply: &mut Reply<'_>, zset: Option<&SortedSet>, member: &[u8]) {
    match zset.and_then(|zset| zset.score(member)) {
        Some(score) => reply.double(score),
        None => reply.null(),
    }
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn scores_are_returned_in_the_protocol_of_the_client() {
        let mut server = TestServer::new();
        server.check(&[
            ("ZADD z 1 a 0.1 b -inf c 1e300 d", "4"),
            ("ZCARD z", "4"),
            ("ZCARD none", "0"),
            ("ZSCORE z b", "\"0.1\""),
            ("ZSCORE z x", "nil"),
            ("ZSCORE none x", "nil"),
            ("ZMSCORE z a x c d", "[\"1\" nil \"-inf\" \"1e+300\"]"),
            ("ZMSCORE none a", "[nil]"),
        ]);
        server.run("HELLO 3");
        server.check(&[("ZSCORE z a", ",1"), ("ZMSCORE z c x", "[,-inf nil]")]);
    }
}
