//! `ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]`,
//! `ZINCRBY key increment member`

use crate::base::number::parse_f64;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::resp::request::Args;
use crate::state::limits;
use crate::store::value::zset::SortedSet;

pub const ZADD: Command =
    Command::new("zadd", -4, |call| add(call, Options { incr: false, ..Options::NONE }))
        .flags(&[Flag::Write, Flag::DenyOom, Flag::Fast])
        .categories(&[Category::SortedSet])
        .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
        .docs(Group::SortedSet, "1.2.0", "Gives members of a sorted set a score each.")
        .complexity("O(M*log(N)) where M is the number of members given and N of those there")
        .history(&[
            ("2.4.0", "Accepts multiple elements."),
            ("3.0.2", "Added the `XX`, `NX`, `CH` and `INCR` options."),
            ("6.2.0", "Added the `GT` and `LT` options."),
        ])
        .arguments(&[
            Arg::KEY,
            Arg::one_of("condition", &[Arg::word("nx", "NX"), Arg::word("xx", "XX")])
                .since("3.0.2")
                .optional(),
            Arg::one_of("comparison", &[Arg::word("gt", "GT"), Arg::word("lt", "LT")])
                .since("6.2.0")
                .optional(),
            Arg::word("change", "CH").since("3.0.2").optional(),
            Arg::word("increment", "INCR").since("3.0.2").optional(),
            Arg::block("score_member", &[Arg::double("score"), Arg::string("member")]).multiple(),
        ]);

pub const ZINCRBY: Command = ZADD
    .sibling("zincrby", |call| add(call, Options { incr: true, ..Options::NONE }))
    .arity(4)
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
    .docs(Group::SortedSet, "1.2.0", "Adds to the score of a member of a sorted set.")
    .complexity("O(log(N)) where N is the number of members")
    .history(&[])
    .arguments(&[Arg::KEY, Arg::integer("increment"), Arg::string("member")]);

/// Which members get a score, and which.
#[derive(Clone, Copy, Default)]
pub struct Options {
    /// Only those that are not there yet; only those that are.
    pub nx: bool,
    pub xx: bool,
    /// Only a higher score; only a lower one.
    pub gt: bool,
    pub lt: bool,
    /// The reply counts members with another score too.
    pub ch: bool,
    /// What is given is added to the score.
    pub incr: bool,
}

impl Options {
    const NONE: Options =
        Options { nx: false, xx: false, gt: false, lt: false, ch: false, incr: false };

    /// The words before the first score, and the place of that.
    fn parse(mut self, args: Args<'_>) -> (Options, usize) {
        let mut at = 2;
        while at < args.len() {
            let word = args.get(at);
            let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
            match () {
                () if is(b"nx") => self.nx = true,
                () if is(b"xx") => self.xx = true,
                () if is(b"ch") => self.ch = true,
                () if is(b"incr") => self.incr = true,
                () if is(b"gt") => self.gt = true,
                () if is(b"lt") => self.lt = true,
                () => break,
            }
            at += 1;
        }
        (self, at)
    }

    fn check(self, elements: usize) -> Result<(), CommandError> {
        if self.nx && self.xx {
            return Err(CommandError::XxWithNx);
        }
        if (self.nx && (self.gt || self.lt)) || (self.gt && self.lt) {
            return Err(CommandError::GtLtWithNx);
        }
        if self.incr && elements > 1 {
            return Err(CommandError::IncrOfOne);
        }
        Ok(())
    }

    /// What becomes of a score; `None`: it stays. `is_nan`: the sum is no number.
    fn decide(self, old: Option<f64>, given: f64, is_nan: &mut bool) -> Option<f64> {
        let Some(old) = old else { return (!self.xx).then_some(given) };
        if self.nx {
            return None;
        }
        let score = if self.incr { old + given } else { given };
        if score.is_nan() {
            *is_nan = true;
            return None;
        }
        let is_refused = (self.lt && score >= old) || (self.gt && score <= old);
        (!is_refused).then_some(score)
    }
}

fn add(call: &mut Call<'_>, options: Options) -> Outcome {
    let args = call.args;
    let (options, first) = options.parse(args);
    let elements = call.argc() - first;
    if elements == 0 || !elements.is_multiple_of(2) {
        return Err(CommandError::Syntax);
    }
    options.check(elements / 2)?;
    let scores = (first..call.argc()).step_by(2).map(|i| parse_f64(args.get(i)));
    let scores: Option<Vec<f64>> = scores.collect();
    let scores = scores.ok_or(CommandError::NotFloat)?;
    let members = (first + 1..call.argc()).step_by(2).map(|i| args.get(i));
    add_all(call, options, scores.into_iter().zip(members))
}

/// Gives these members these scores, and answers.
///
/// # Errors
/// WRONGTYPE, or the score of the only member would be no number.
pub fn add_all<'a>(
    call: &mut Call<'a>,
    options: Options,
    elements: impl Iterator<Item = (f64, &'a [u8])>,
) -> Outcome {
    let limit = limits(&call.server.config).zset;
    let key = call.args.get(1);
    let mut open = call.keys.open::<SortedSet>(key)?;
    let (mut added, mut updated, mut last) = (0, 0, None);
    if open.is_there() || !options.xx {
        let (zset, mut is_nan) = (open.get_or_create(), false);
        for (given, member) in elements {
            let decide = |old| options.decide(old, given, &mut is_nan);
            let change = zset.update(member, limit, decide);
            added += u64::from(change.is_added());
            updated += u64::from(change.is_update());
            last = change.new;
        }
        if is_nan {
            return Err(CommandError::ScoreNotANumber);
        }
    }
    if added + updated > 0 {
        open.changed_by(added + updated, if options.incr { "zincr" } else { "zadd" });
    }
    match (options.incr, last) {
        (true, Some(score)) => call.reply.double(score),
        (true, None) => call.reply.null(),
        (false, _) => call.reply.int((added + if options.ch { updated } else { 0 }) as i64),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn members_get_scores_as_the_options_allow() {
        let mut server = TestServer::new();
        server.check(&[
            ("ZADD z XX 1 a", "0"),
            ("ZADD z XX INCR 1 a", "nil"),
            ("EXISTS z", "0"),
            ("ZADD z 1 a 2 b 1 a", "2"),
            ("ZADD z 1 a", "0"),
            ("ZADD z CH 3 a 2 b 4 c", "2"),
            ("ZADD z NX 9 a 9 d", "1"),
            ("ZADD z XX CH 8 a 8 e", "1"),
            ("ZADD z GT CH 7 a 9 b 7 e", "2"),
            ("ZADD z LT CH 9 a 7 b 6 e", "2"),
            ("ZADD z INCR 1.5 a", "\"9.5\""),
            ("ZADD z NX INCR 1 a", "nil"),
            ("ZADD z GT INCR -1 a", "nil"),
            ("ZADD z LT INCR -1 a", "\"8.5\""),
            ("ZINCRBY z 0 a", "\"8.5\""),
            ("ZINCRBY z inf a", "\"inf\""),
            ("ZINCRBY z -inf a", "-ERR resulting score is not a number (NaN)"),
            ("ZSCORE z a", "\"inf\""),
            ("ZRANGE z 0 -1", "[\"c\" \"e\" \"b\" \"d\" \"a\"]"),
        ]);
        assert_eq!(
            server.stream()[1..],
            [
                "ZADD z 1 a 2 b 1 a",
                "ZADD z CH 3 a 2 b 4 c",
                "ZADD z NX 9 a 9 d",
                "ZADD z XX CH 8 a 8 e",
                "ZADD z GT CH 7 a 9 b 7 e",
                "ZADD z LT CH 9 a 7 b 6 e",
                "ZADD z INCR 1.5 a",
                "ZADD z LT INCR -1 a",
                "ZINCRBY z inf a",
            ]
        );
        let events = server.events(&["ZADD z 1 n", "ZINCRBY z 1 n", "ZADD y INCR 1 n"]);
        assert_eq!(events, ["zadd z", "zincr z", "zincr y"]);
        server.run("HELLO 3");
        server.check(&[("ZINCRBY z 1.5 n", ",3.5"), ("ZADD z NX INCR 1 n", "nil")]);
    }

    #[test]
    fn what_cannot_be_is_refused_before_anything_changes() {
        let mut server = TestServer::new();
        let syntax = "-ERR syntax error";
        server.check(&[
            ("ZADD z 1 a 2", syntax),
            ("ZADD z NX CH 1", syntax),
            ("ZADD z NX XX CH INCR", syntax),
            ("ZADD z NX XX 1 a", "-ERR XX and NX options at the same time are not compatible"),
            (
                "ZADD z GT LT 1 a",
                "-ERR GT, LT, and/or NX options at the same time are not compatible",
            ),
            (
                "ZADD z GT NX 1 a",
                "-ERR GT, LT, and/or NX options at the same time are not compatible",
            ),
            ("ZADD z INCR 1 a 2 b", "-ERR INCR option supports a single increment-element pair"),
            ("ZADD z 1 a x b", "-ERR value is not a valid float"),
            ("ZADD z nan a", "-ERR value is not a valid float"),
            ("ZINCRBY z nx a", syntax),
            ("ZINCRBY z x a", "-ERR value is not a valid float"),
            ("EXISTS z", "0"),
            ("SET s v", "OK"),
            ("ZADD s 1 a", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("ZADD s XX 1 a", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ]);
        assert_eq!(server.stream()[1..], ["SET s v"]);
    }

    #[test]
    fn a_sorted_set_becomes_large_where_the_settings_say() {
        let mut server = TestServer::new();
        server.check(&[
            ("CONFIG SET zset-max-ziplist-entries 2 zset-max-listpack-value 3", "OK"),
            ("ZADD z 1 a 2 b", "2"),
            ("OBJECT ENCODING z", "\"listpack\""),
            ("ZADD z 3 c", "1"),
            ("OBJECT ENCODING z", "\"skiplist\""),
            ("ZREM z b c", "2"),
            ("OBJECT ENCODING z", "\"skiplist\""),
            ("ZADD y 1 long", "1"),
            ("OBJECT ENCODING y", "\"skiplist\""),
            ("CONFIG SET zset-max-listpack-entries 0", "OK"),
            ("ZADD x 1 a", "1"),
            ("OBJECT ENCODING x", "\"skiplist\""),
        ]);
    }
}
