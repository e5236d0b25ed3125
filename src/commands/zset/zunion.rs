//! `ZUNION numkeys key [key ...] [WEIGHTS weight ...] [AGGREGATE SUM | MIN | MAX] [WITHSCORES]`,
//! `ZUNIONSTORE destination numkeys ...`: the members of all sorted sets.

use super::algebra::{Allowed, Request, answer, number, store};
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::state::limits;
use crate::store::value::zset::{SortedSet, SortedSetLimit, Sums};

const COMPLEXITY: &str =
    "O(N+M*log(M)) where N is the number of all elements read and M of those in the result";
const WEIGHTS: Arg = Arg::integer("weight").token("WEIGHTS").optional().multiple();
const AGGREGATE: Arg = Arg::one_of(
    "aggregate",
    &[Arg::word("sum", "SUM"), Arg::word("min", "MIN"), Arg::word("max", "MAX")],
)
.token("AGGREGATE")
.optional();

pub const ZUNION: Command = Command::new("zunion", -3, zunion)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::SortedSet])
    .keys(&[KeySpec::counted(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::SortedSet, "6.2.0", "Returns the members of several sorted sets.")
    .complexity(COMPLEXITY)
    .arguments(&[
        Arg::integer("numkeys"),
        Arg::KEYS,
        WEIGHTS,
        AGGREGATE,
        Arg::word("withscores", "WITHSCORES").optional(),
    ]);

pub const ZUNIONSTORE: Command = Command::new("zunionstore", -4, zunionstore)
    .flags(&[Flag::Write, Flag::DenyOom])
    .categories(&[Category::SortedSet])
    .keys(&[
        KeySpec::at(1, &[KeyFlag::Overwrite, KeyFlag::Update]),
        KeySpec::counted(2, &[KeyFlag::ReadOnly, KeyFlag::Access]),
    ])
    .docs(Group::SortedSet, "2.0.0", "Stores the members of several sorted sets in a key.")
    .complexity(COMPLEXITY)
    .arguments(&[
        Arg::key("destination", 0),
        Arg::integer("numkeys"),
        Arg::key("key", 1).multiple(),
        WEIGHTS,
        AGGREGATE,
    ]);

fn zunion(call: &mut Call<'_>) -> Outcome {
    let allowed = Allowed { weights: true, scores: true, limit: false };
    let request = Request::read(call, 1, ("zunion", allowed))?;
    let shown = request.shown;
    answer(call, union(request.by_size(), SortedSetLimit::NONE_FITS), shown);
    Ok(())
}

fn zunionstore(call: &mut Call<'_>) -> Outcome {
    let allowed = Allowed { weights: true, scores: false, limit: false };
    let request = Request::read(call, 2, ("zunionstore", allowed))?;
    let limit = limits(&call.server.config).zset;
    store(call, union(request.by_size(), limit), "zunionstore");
    Ok(())
}

fn union(request: Request, limit: SortedSetLimit) -> SortedSet {
    let (mut sums, mut digits) = (Sums::default(), itoa::Buffer::new());
    for (input, weight) in &request.inputs {
        input.each(|member, score| {
            let score = number(weight * score);
            let sum = |old: Option<f64>| old.map_or(score, |old| request.aggregate.of(old, score));
            sums.add(member.text(&mut digits), sum);
            true
        });
    }
    sums.finish(limit)
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn the_members_of_all_are_returned_or_stored() {
        let mut server = TestServer::new();
        server.check(&[
            ("ZADD a 1 x 2 y", "2"),
            ("ZADD b 10 y 20 z", "2"),
            ("SADD s y w", "2"),
            ("ZUNION 2 a b", "[\"x\" \"y\" \"z\"]"),
            ("ZUNION 3 a b none WITHSCORES", "[\"x\" \"1\" \"y\" \"12\" \"z\" \"20\"]"),
            ("ZUNION 2 a s WEIGHTS 2 3 WITHSCORES", "[\"x\" \"2\" \"w\" \"3\" \"y\" \"7\"]"),
            ("ZUNION 2 a b AGGREGATE MAX WITHSCORES", "[\"x\" \"1\" \"y\" \"10\" \"z\" \"20\"]"),
            ("ZUNION 2 a b aggregate min withscores", "[\"x\" \"1\" \"y\" \"2\" \"z\" \"20\"]"),
            ("ZUNION 1 none", "[]"),
            ("ZUNIONSTORE d 2 a b WEIGHTS inf -inf", "3"),
            ("ZRANGE d 0 -1 WITHSCORES", "[\"z\" \"-inf\" \"y\" \"0\" \"x\" \"inf\"]"),
            ("ZUNIONSTORE a 2 a b", "3"),
            ("ZUNIONSTORE d 1 none", "0"),
            ("EXISTS d", "0"),
        ]);
        let stream = server.stream();
        assert_eq!(stream.last().unwrap(), "ZUNIONSTORE d 1 none");
        server.run("HELLO 3");
        server.check(&[("ZUNION 1 b WITHSCORES", "[[\"y\" ,10] [\"z\" ,20]]")]);
    }

    #[test]
    fn arguments_are_checked_in_the_order_of_redis() {
        let mut server = TestServer::new();
        let syntax = "-ERR syntax error";
        server.check(&[
            ("SET s v", "OK"),
            ("ZUNION x a", "-ERR value is not an integer or out of range"),
            ("ZUNION 0 a", "-ERR at least 1 input key is needed for 'zunion' command"),
            ("ZUNIONSTORE d -1 a", "-ERR at least 1 input key is needed for 'zunionstore' command"),
            ("ZUNION 2 a", syntax),
            ("ZUNION 9223372036854775807 a", syntax),
            ("ZUNION 1 s x", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("ZUNION 1 a x", syntax),
            ("ZUNION 2 a b WEIGHTS 1", syntax),
            ("ZUNION 2 a b WEIGHTS 1 x", "-ERR weight value is not a float"),
            ("ZUNION 2 a b AGGREGATE", syntax),
            ("ZUNION 2 a b AGGREGATE avg", syntax),
            ("ZUNIONSTORE d 2 a b WITHSCORES", syntax),
            ("ZUNION 2 a b LIMIT 1", syntax),
        ]);
    }
}
