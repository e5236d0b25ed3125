//! `ZDIFF numkeys key [key ...] [WITHSCORES]`, `ZDIFFSTORE destination numkeys key [key ...]`: the
//! members of the first sorted set that are in no other.

use super::algebra::{Allowed, Input, Request, answer, store};
use super::zunion::{ZUNION, ZUNIONSTORE};
use crate::commands::call::Call;
use crate::commands::command::Command;
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::state::limits;
use crate::store::value::zset::{Builder, SortedSet, SortedSetLimit};

const COMPLEXITY: &str = "O(N*K+M*log(M)) where N is the number of members of the first sorted set, K the number of the others and M the number of members in the result";

pub const ZDIFF: Command = ZUNION
    .sibling("zdiff", zdiff)
    .docs(Group::SortedSet, "6.2.0", "Returns the members of a sorted set that are in no other.")
    .complexity(COMPLEXITY)
    .arguments(&[
        Arg::integer("numkeys"),
        Arg::KEYS,
        Arg::word("withscores", "WITHSCORES").optional(),
    ]);

pub const ZDIFFSTORE: Command = ZUNIONSTORE
    .sibling("zdiffstore", zdiffstore)
    .docs(
        Group::SortedSet,
        "6.2.0",
        "Stores the members of a sorted set that are in no other in a key.",
    )
    .complexity(COMPLEXITY)
    .arguments(&[
        Arg::key("destination", 0),
        Arg::integer("numkeys"),
        Arg::key("key", 1).multiple(),
    ]);

fn zdiff(call: &mut Call<'_>) -> Outcome {
    let allowed = Allowed { weights: false, scores: true, limit: false };
    let request = Request::read(call, 1, ("zdiff", allowed))?;
    let shown = request.shown;
    answer(call, difference(request, SortedSetLimit::NONE_FITS), shown);
    Ok(())
}

fn zdiffstore(call: &mut Call<'_>) -> Outcome {
    let allowed = Allowed { weights: false, scores: false, limit: false };
    let request = Request::read(call, 2, ("zdiffstore", allowed))?;
    let limit = limits(&call.server.config).zset;
    store(call, difference(request, limit), "zdiffstore");
    Ok(())
}

fn difference(request: Request, limit: SortedSetLimit) -> SortedSet {
    let mut inputs = request.inputs.into_iter().map(|(input, _)| input);
    let first = inputs.next().unwrap_or_default();
    let mut others: Vec<Input> = inputs.collect();
    // Most is found to be gone by the largest one.
    others.sort_by_key(|input| std::cmp::Reverse(input.len()));
    let first = match take_out(first, &others, limit) {
        Ok(result) => return result,
        Err(first) => first,
    };
    let (mut result, mut digits) = (Builder::new(), itoa::Buffer::new());
    first.each(|member, score| {
        if !others.iter().any(|other| other.score(member).is_some()) {
            result.push(member.text(&mut digits), score);
        }
        true
    });
    result.finish(limit)
}

/// Takes the members of the others out of the first one, which is shared but for what changes: if it
/// is large, stays so, and little is to be taken out.
fn take_out(first: Input, others: &[Input], limit: SortedSetLimit) -> Result<SortedSet, Input> {
    let Input::Sorted(mut zset) = first else { return Err(first) };
    let members: usize = others.iter().map(Input::len).sum();
    let is_large = zset.table().is_some() && zset.len().saturating_sub(members) > limit.max_members;
    if !is_large || members > zset.len() / 4 {
        return Err(Input::Sorted(zset));
    }
    let mut digits = itoa::Buffer::new();
    for other in others {
        other.each(|member, _| {
            zset.remove(member.text(&mut digits));
            true
        });
    }
    Ok(zset)
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn what_is_in_the_first_alone_is_returned_or_stored() {
        let mut server = TestServer::new();
        server.check(&[
            ("ZADD a 1 x 2 y 3 z", "3"),
            ("ZADD b 10 y", "1"),
            ("SADD s x", "1"),
            ("ZDIFF 2 a b", "[\"x\" \"z\"]"),
            ("ZDIFF 3 a b s WITHSCORES", "[\"z\" \"3\"]"),
            ("ZDIFF 2 a a", "[]"),
            ("ZDIFF 2 none a", "[]"),
            ("ZDIFF 2 s b WITHSCORES", "[\"x\" \"1\"]"),
            ("ZDIFF 2 a b WEIGHTS 1 1", "-ERR syntax error"),
            ("ZDIFFSTORE d 2 a b", "2"),
            ("ZRANGE d 0 -1 WITHSCORES", "[\"x\" \"1\" \"z\" \"3\"]"),
            ("ZDIFFSTORE d 2 a b WITHSCORES", "-ERR syntax error"),
            ("ZDIFFSTORE a 1 none", "0"),
            ("EXISTS a", "0"),
        ]);
        assert_eq!(server.stream()[4..], ["ZDIFFSTORE d 2 a b", "ZDIFFSTORE a 1 none"]);
    }

    #[test]
    fn a_large_one_of_which_little_is_taken_out_stays_as_it_was() {
        let mut server = TestServer::new();
        let members: Vec<String> = (0..600).map(|i| format!("{i} m{i}")).collect();
        server.check(&[
            (&format!("ZADD large {}", members.join(" ")), "600"),
            ("ZADD a 1 m5 1 m6 1 x", "3"),
            ("SADD s m7", "1"),
            ("ZDIFFSTORE d 3 large a s", "597"),
            ("ZCARD large", "600"),
            ("ZRANGE d 4 6", "[\"m4\" \"m8\" \"m9\"]"),
            ("ZRANGE large 4 6", "[\"m4\" \"m5\" \"m6\"]"),
        ]);
    }
}
