//! `ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]`,
//! `ZRANGESTORE dst src ...`, and what they replace: `ZRANGEBYSCORE`, `ZRANGEBYLEX`, `ZREVRANGE`,
//! `ZREVRANGEBYSCORE` and `ZREVRANGEBYLEX`.

use std::ops::Range;

use super::bounds::{Bounds, By};
use super::reply::Shown;
use crate::commands::args;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::destination::store;
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::resp::request::Args;
use crate::state::limits;
use crate::store::value::zset::{Builder, SortedSet};

const COMPLEXITY: &str = "O(log(N)+M) where N is the number of members and M of those returned";
const SORT_BY: &[Arg] = &[Arg::word("byscore", "BYSCORE"), Arg::word("bylex", "BYLEX")];
const LIMIT: Arg = Arg::block("offset_count", &[Arg::integer("offset"), Arg::integer("count")])
    .token("LIMIT")
    .optional();
const WITH_SCORES: Arg = Arg::word("withscores", "WITHSCORES").optional();

pub const ZRANGE: Command = Command::new("zrange", -4, |call| answer(call, Form::ANY))
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::SortedSet])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::SortedSet, "1.2.0", "Returns a range of the members of a sorted set.")
    .complexity(COMPLEXITY)
    .history(&[("6.2.0", "Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options.")])
    .arguments(&[
        Arg::KEY,
        Arg::string("start"),
        Arg::string("stop"),
        Arg::one_of("sortby", SORT_BY).since("6.2.0").optional(),
        Arg::word("rev", "REV").since("6.2.0").optional(),
        LIMIT.since("6.2.0"),
        WITH_SCORES,
    ]);

pub const ZRANGESTORE: Command = Command::new("zrangestore", -5, zrangestore)
    .flags(&[Flag::Write, Flag::DenyOom])
    .categories(&[Category::SortedSet])
    .keys(&[
        KeySpec::at(1, &[KeyFlag::Overwrite, KeyFlag::Update]),
        KeySpec::at(2, &[KeyFlag::ReadOnly, KeyFlag::Access]),
    ])
    .docs(Group::SortedSet, "6.2.0", "Stores a range of a sorted set in a key.")
    .complexity("O(log(N)+M) where N is the number of members and M of those stored")
    .arguments(&[
        Arg::key("dst", 0),
        Arg::key("src", 1),
        Arg::string("min"),
        Arg::string("max"),
        Arg::one_of("sortby", SORT_BY).optional(),
        Arg::word("rev", "REV").optional(),
        LIMIT,
    ]);

pub const ZRANGEBYSCORE: Command = ZRANGE
    .sibling("zrangebyscore", |call| answer(call, Form::of(By::Score, false)))
    .docs(Group::SortedSet, "1.0.5", "Returns the members of a sorted set between two scores.")
    .doc_flags(&["deprecated"])
    .deprecated("6.2.0", "`ZRANGE` with the `BYSCORE` argument")
    .history(&[("2.0.0", "Added the `WITHSCORES` modifier.")])
    .arguments(&[
        Arg::KEY,
        Arg::double("min"),
        Arg::double("max"),
        WITH_SCORES.since("2.0.0"),
        LIMIT,
    ]);

pub const ZRANGEBYLEX: Command = ZRANGE
    .sibling("zrangebylex", |call| answer(call, Form::of(By::Member, false)))
    .docs(
        Group::SortedSet,
        "2.8.9",
        "Returns the members between two others of a sorted set of one score.",
    )
    .doc_flags(&["deprecated"])
    .deprecated("6.2.0", "`ZRANGE` with the `BYLEX` argument")
    .history(&[])
    .arguments(&[Arg::KEY, Arg::string("min"), Arg::string("max"), LIMIT]);

pub const ZREVRANGE: Command = ZRANGE
    .sibling("zrevrange", |call| answer(call, Form::of(By::Rank, true)))
    .docs(Group::SortedSet, "1.2.0", "Returns a range of a sorted set, the highest score first.")
    .doc_flags(&["deprecated"])
    .deprecated("6.2.0", "`ZRANGE` with the `REV` argument")
    .history(&[])
    .arguments(&[Arg::KEY, Arg::integer("start"), Arg::integer("stop"), WITH_SCORES]);

pub const ZREVRANGEBYSCORE: Command = ZRANGE
    .sibling("zrevrangebyscore", |call| answer(call, Form::of(By::Score, true)))
    .docs(
        Group::SortedSet,
        "2.2.0",
        "Returns the members of a sorted set between two scores, the highest score first.",
    )
    .doc_flags(&["deprecated"])
    .deprecated("6.2.0", "`ZRANGE` with the `REV` and `BYSCORE` arguments")
    .history(&[("2.1.6", "`min` and `max` can be exclusive.")])
    .arguments(&[Arg::KEY, Arg::double("max"), Arg::double("min"), WITH_SCORES, LIMIT]);

pub const ZREVRANGEBYLEX: Command = ZRANGEBYLEX
    .sibling("zrevrangebylex", |call| answer(call, Form::of(By::Member, true)))
    .docs(
        Group::SortedSet,
        "2.8.9",
        "Returns the members between two others of a sorted set of one score, the last one first.",
    )
    .deprecated("6.2.0", "`ZRANGE` with the `REV` and `BYLEX` arguments")
    .arguments(&[Arg::KEY, Arg::string("max"), Arg::string("min"), LIMIT]);

/// What a command says by its name; `None`: its options say it.
#[derive(Clone, Copy)]
struct Form {
    by: Option<By>,
    is_backward: Option<bool>,
    /// The key of the sorted set; the ends of the range follow.
    key: usize,
    may_show_scores: bool,
}

impl Form {
    const ANY: Form = Form { by: None, is_backward: None, key: 1, may_show_scores: true };
    const STORE: Form = Form { key: 2, may_show_scores: false, ..Form::ANY };

    fn of(by: By, is_backward: bool) -> Form {
        Form { by: Some(by), is_backward: Some(is_backward), ..Form::ANY }
    }
}

/// What is asked for.
struct Query<'a> {
    bounds: Bounds<'a>,
    is_backward: bool,
    /// How many elements are passed over first; then how many there are at most, without end if
    /// negative.
    limit: (i64, i64),
    shown: Shown,
}

impl<'a> Query<'a> {
    fn parse(args: Args<'a>, form: Form) -> Result<Query<'a>, CommandError> {
        let Form { mut by, mut is_backward, key, may_show_scores } = form;
        let (mut limit, mut with_scores) = ((0, -1), false);
        let mut at = key + 3;
        while at < args.len() {
            let is = |name: &[u8]| args.get(at).eq_ignore_ascii_case(name);
            if may_show_scores && is(b"withscores") {
                with_scores = true;
            } else if is(b"limit") && at + 2 < args.len() {
                limit = (args::integer(args, at + 1)?, args::integer(args, at + 2)?);
                at += 2;
            } else if form.is_backward.is_none() && is_backward.is_none() && is(b"rev") {
                is_backward = Some(true);
            } else if by.is_none() && is(b"bylex") {
                by = Some(By::Member);
            } else if by.is_none() && is(b"byscore") {
                by = Some(By::Score);
            } else {
                return Err(CommandError::Syntax);
            }
            at += 1;
        }
        let (by, is_backward) = (by.unwrap_or(By::Rank), is_backward.unwrap_or(false));
        if limit.1 != -1 && by == By::Rank {
            return Err(CommandError::LimitByRank);
        }
        if with_scores && by == By::Member {
            return Err(CommandError::ScoresByMember);
        }
        let ends = match is_backward && by != By::Rank {
            true => (key + 2, key + 1),
            false => (key + 1, key + 2),
        };
        if by == By::Rank {
            // Of a count of -1, which is none, the offset is ignored too.
            limit = (0, -1);
        }
        let bounds = Bounds::parse(args, ends, by)?;
        Ok(Query { bounds, is_backward, limit, shown: Shown::with_scores(with_scores) })
    }

    fn places(&self, zset: &SortedSet) -> Range<usize> {
        let places = self.bounds.places(zset, self.is_backward);
        let (offset, count) = self.limit;
        let Ok(offset) = usize::try_from(offset) else { return 0..0 };
        let offset = offset.min(places.len());
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(places.len() - offset);
        match self.is_backward {
            false => places.start + offset..places.start + offset + count,
            true => places.end - offset - count..places.end - offset,
        }
    }
}

fn answer(call: &mut Call<'_>, form: Form) -> Outcome {
    let query = Query::parse(call.args, form)?;
    let Some(zset) = call.keys.read::<SortedSet>(call.args.get(form.key))? else {
        call.reply.empty_array();
        return Ok(());
    };
    let places = query.places(zset);
    let (count, elements) = (places.len(), zset.range(places, query.is_backward));
    query.shown.put_all(&mut call.reply, count, elements);
    Ok(())
}

fn zrangestore(call: &mut Call<'_>) -> Outcome {
    let query = Query::parse(call.args, Form::STORE)?;
    let limit = limits(&call.server.config).zset;
    let mut result = Builder::new();
    if let Some(zset) = call.keys.read::<SortedSet>(call.args.get(2))? {
        let mut digits = itoa::Buffer::new();
        for (member, score) in zset.range(query.places(zset), query.is_backward) {
            result.push(member.text(&mut digits), score);
        }
    }
    let destination = call.args.get(1);
    let result = result.finish(limit);
    call.reply.int(result.len() as i64);
    store(call, destination, result, "zrangestore");
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    fn filled() -> TestServer {
        let mut server = TestServer::new();
        server.check(&[
            ("ZADD z 1 a 2 b 3 c 4 d", "4"),
            ("ZADD l 0 a 0 b 0 c 0 d", "4"),
            ("SET s v", "OK"),
        ]);
        server.stream();
        server
    }

    #[test]
    fn ranges_are_returned_by_place() {
        let mut server = filled();
        server.check(&[
            ("ZRANGE z 0 -1", "[\"a\" \"b\" \"c\" \"d\"]"),
            ("ZRANGE z -2 9 WITHSCORES", "[\"c\" \"3\" \"d\" \"4\"]"),
            ("ZRANGE z 0 1 REV", "[\"d\" \"c\"]"),
            ("ZREVRANGE z -1 -1 withscores", "[\"a\" \"1\"]"),
            ("ZRANGE z 3 1", "[]"),
            ("ZRANGE none 0 -1", "[]"),
            ("ZRANGE z 0 -1 LIMIT 1 -1", "[\"a\" \"b\" \"c\" \"d\"]"),
            ("ZRANGE s 0 -1", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("ZRANGE z x -1", "-ERR value is not an integer or out of range"),
            ("ZRANGE z 0 -1 REV REV", "-ERR syntax error"),
            ("ZREVRANGE z 0 -1 REV", "-ERR syntax error"),
            (
                "ZRANGE z 0 -1 LIMIT 0 1",
                "-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
            ),
        ]);
        server.run("HELLO 3");
        server.check(&[
            ("ZRANGE z 0 1 WITHSCORES", "[[\"a\" ,1] [\"b\" ,2]]"),
            ("ZRANGE z 0 1", "[\"a\" \"b\"]"),
        ]);
    }

    #[test]
    fn ranges_are_returned_by_score() {
        let mut server = filled();
        server.check(&[
            ("ZRANGEBYSCORE z -inf +inf", "[\"a\" \"b\" \"c\" \"d\"]"),
            ("ZRANGEBYSCORE z (1 (4", "[\"b\" \"c\"]"),
            ("ZRANGEBYSCORE z 2 3 WITHSCORES LIMIT 1 5", "[\"c\" \"3\"]"),
            ("ZREVRANGEBYSCORE z 3 1", "[\"c\" \"b\" \"a\"]"),
            ("ZREVRANGEBYSCORE z 3 1 LIMIT 1 1", "[\"b\"]"),
            ("ZREVRANGEBYSCORE z 1 3", "[]"),
            ("ZRANGE z 4 2 BYSCORE REV LIMIT 0 2", "[\"d\" \"c\"]"),
            ("ZRANGEBYSCORE z 1 4 LIMIT -1 2", "[]"),
            ("ZRANGEBYSCORE z 1 4 LIMIT 9 2", "[]"),
            ("ZRANGEBYSCORE z 1 4 LIMIT 2 -5", "[\"c\" \"d\"]"),
            ("ZRANGEBYSCORE z 1 4 LIMIT 2", "-ERR syntax error"),
            ("ZRANGEBYSCORE z 1 4 LIMIT 2 x", "-ERR value is not an integer or out of range"),
            ("ZRANGEBYSCORE z x 4", "-ERR min or max is not a float"),
            ("ZRANGEBYSCORE z 1 4 BYSCORE", "-ERR syntax error"),
        ]);
    }

    #[test]
    fn ranges_are_returned_by_member() {
        let mut server = filled();
        server.check(&[
            ("ZRANGEBYLEX l - +", "[\"a\" \"b\" \"c\" \"d\"]"),
            ("ZRANGEBYLEX l [b (d", "[\"b\" \"c\"]"),
            ("ZRANGEBYLEX l + -", "[]"),
            ("ZREVRANGEBYLEX l (d - LIMIT 1 1", "[\"b\"]"),
            ("ZRANGE l [c - BYLEX REV", "[\"c\" \"b\" \"a\"]"),
            ("ZRANGEBYLEX l a d", "-ERR min or max not valid string range item"),
            (
                "ZRANGE l - + BYLEX WITHSCORES",
                "-ERR syntax error, WITHSCORES not supported in combination with BYLEX",
            ),
            ("ZRANGEBYLEX l - + REV", "-ERR syntax error"),
        ]);
    }

    #[test]
    fn a_range_is_stored() {
        let mut server = filled();
        server.check(&[
            ("ZRANGESTORE d z 1 2", "2"),
            ("ZRANGE d 0 -1 WITHSCORES", "[\"b\" \"2\" \"c\" \"3\"]"),
            ("ZRANGESTORE d z 4 (1 BYSCORE REV LIMIT 0 1", "1"),
            ("ZRANGE d 0 -1", "[\"d\"]"),
            ("ZRANGESTORE s z 0 -1", "4"),
            ("OBJECT ENCODING s", "\"listpack\""),
            ("ZRANGESTORE z z 0 1", "2"),
            ("ZRANGESTORE d none 0 -1", "0"),
            ("EXISTS d", "0"),
            ("ZRANGESTORE d z 0 -1 WITHSCORES", "-ERR syntax error"),
        ]);
        let events = server.events(&["ZRANGESTORE z z 0 0", "ZRANGESTORE z z 5 6"]);
        assert_eq!(events, ["zrangestore z", "del z"]);
        let stream = server.stream();
        assert_eq!(stream[0], "ZRANGESTORE d z 1 2");
        assert_eq!(stream.last().unwrap(), "ZRANGESTORE z z 5 6");
    }
}
