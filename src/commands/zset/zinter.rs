//! `ZINTER numkeys key [key ...] [WEIGHTS weight ...] [AGGREGATE SUM | MIN | MAX] [WITHSCORES]`,
//! `ZINTERSTORE destination numkeys ...`, `ZINTERCARD numkeys key [key ...] [LIMIT limit]`: the
//! members that are in all sorted sets.

use super::algebra::{Allowed, Request, answer, number, store};
use super::zunion::{ZUNION, ZUNIONSTORE};
use crate::commands::call::Call;
use crate::commands::command::Command;
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::state::limits;
use crate::store::packed::Element;
use crate::store::value::zset::{Builder, SortedSet, SortedSetLimit};

const COMPLEXITY: &str = "O(N*K+M*log(M)) where N is the number of members of the smallest sorted set, K the number of sorted sets and M the number of members in the result";

pub const ZINTER: Command = ZUNION
    .sibling("zinter", zinter)
    .docs(Group::SortedSet, "6.2.0", "Returns the members that are in all of several sorted sets.")
    .complexity(COMPLEXITY);

pub const ZINTERSTORE: Command = ZUNIONSTORE
    .sibling("zinterstore", zinterstore)
    .docs(
        Group::SortedSet,
        "2.0.0",
        "Stores the members that are in all of several sorted sets in a key.",
    )
    .complexity(COMPLEXITY);

pub const ZINTERCARD: Command = ZUNION
    .sibling("zintercard", zintercard)
    .docs(Group::SortedSet, "7.0.0", "Counts the members that are in all of several sorted sets.")
    .complexity("O(N*K) where N is the number of members of the smallest sorted set and K the number of sorted sets")
    .arguments(&[
        Arg::integer("numkeys"),
        Arg::KEYS,
        Arg::integer("limit").token("LIMIT").optional(),
    ]);

fn zinter(call: &mut Call<'_>) -> Outcome {
    let allowed = Allowed { weights: true, scores: true, limit: false };
    let request = Request::read(call, 1, ("zinter", allowed))?;
    let shown = request.shown;
    answer(call, intersection(request, SortedSetLimit::NONE_FITS), shown);
    Ok(())
}

fn zinterstore(call: &mut Call<'_>) -> Outcome {
    let allowed = Allowed { weights: true, scores: false, limit: false };
    let request = Request::read(call, 2, ("zinterstore", allowed))?;
    let limit = limits(&call.server.config).zset;
    store(call, intersection(request, limit), "zinterstore");
    Ok(())
}

fn zintercard(call: &mut Call<'_>) -> Outcome {
    let allowed = Allowed { weights: false, scores: false, limit: true };
    let request = Request::read(call, 1, ("zintercard", allowed))?;
    let (mut count, limit) = (0, request.limit);
    each(&request.by_size(), |_, _| {
        count += 1;
        count != limit
    });
    call.reply.int(count as i64);
    Ok(())
}

fn intersection(request: Request, limit: SortedSetLimit) -> SortedSet {
    let (mut result, mut digits) = (Builder::new(), itoa::Buffer::new());
    each(&request.by_size(), |member, score| {
        result.push(member.text(&mut digits), score);
        true
    });
    result.finish(limit)
}

/// Hands over what is in all, with its score, until that is enough.
fn each(request: &Request, mut then: impl FnMut(Element<'_>, f64) -> bool) {
    let Some(((smallest, weight), others)) = request.inputs.split_first() else { return };
    smallest.each(|member, score| {
        let mut sum = number(weight * score);
        for (other, weight) in others {
            let Some(score) = other.score(member) else { return true };
            sum = request.aggregate.of(sum, weight * score);
        }
        then(member, sum)
    });
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn what_is_in_all_is_returned_counted_or_stored() {
        let mut server = TestServer::new();
        server.check(&[
            ("ZADD a 1 x 2 y 3 z", "3"),
            ("ZADD b 10 y 20 z 30 w", "3"),
            ("SADD s y z v", "3"),
            ("ZINTER 2 a b", "[\"y\" \"z\"]"),
            ("ZINTER 3 a b s WITHSCORES", "[\"y\" \"13\" \"z\" \"24\"]"),
            ("ZINTER 2 a b WEIGHTS 2 0.5 AGGREGATE MIN WITHSCORES", "[\"y\" \"4\" \"z\" \"6\"]"),
            ("ZINTER 2 a a WITHSCORES", "[\"x\" \"2\" \"y\" \"4\" \"z\" \"6\"]"),
            ("ZINTER 2 a none", "[]"),
            ("ZINTERCARD 2 a b", "2"),
            ("ZINTERCARD 2 a b LIMIT 1", "1"),
            ("ZINTERCARD 2 a b LIMIT 0", "2"),
            ("ZINTERCARD 2 a b LIMIT -1", "-ERR LIMIT can't be negative"),
            ("ZINTERCARD 2 a b LIMIT", "-ERR syntax error"),
            ("ZINTERCARD 2 a b WITHSCORES", "-ERR syntax error"),
            ("ZINTERCARD 0 a", "-ERR at least 1 input key is needed for 'zintercard' command"),
            ("ZINTERSTORE a 2 a b", "2"),
            ("ZRANGE a 0 -1 WITHSCORES", "[\"y\" \"12\" \"z\" \"23\"]"),
            ("ZINTERSTORE a 2 a none", "0"),
            ("EXISTS a", "0"),
        ]);
        assert_eq!(server.stream()[4..], ["ZINTERSTORE a 2 a b", "ZINTERSTORE a 2 a none"]);
    }
}
