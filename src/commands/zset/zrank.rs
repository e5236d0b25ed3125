//! `ZRANK key member [WITHSCORE]`, `ZREVRANK`: how many elements stand before a member's.

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::zset::SortedSet;

pub const ZRANK: Command = Command::new("zrank", -3, |call| rank(call, false))
    .flags(&[Flag::ReadOnly, Flag::Fast])
    .categories(&[Category::SortedSet])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::SortedSet, "2.0.0", "Returns the place of a member, from the lowest score on.")
    .complexity("O(log(N)) where N is the number of members")
    .history(&[("7.2.0", "Added the optional `WITHSCORE` argument.")])
    .arguments(&[Arg::KEY, Arg::string("member"), Arg::word("withscore", "WITHSCORE").optional()]);

pub const ZREVRANK: Command = ZRANK.sibling("zrevrank", |call| rank(call, true)).docs(
    Group::SortedSet,
    "2.0.0",
    "Returns the place of a member, from the highest score on.",
);

fn rank(call: &mut Call<'_>, from_last: bool) -> Outcome {
    let with_score = match call.argc() {
        3 => false,
        4 if call.arg(3).eq_ignore_ascii_case(b"withscore") => true,
        4 => return Err(CommandError::Syntax),
        _ => return Err(CommandError::WrongArity(if from_last { "zrevrank" } else { "zrank" })),
    };
    let found = call.keys.read::<SortedSet>(call.args.get(1))?.and_then(|zset| {
        let (rank, score) = zset.rank(call.args.get(2))?;
        Some((if from_last { zset.len() - 1 - rank } else { rank }, score))
    });
    match found {
        Some((rank, score)) if with_score => {
            call.reply.array(2);
            call.reply.int(rank as i64);
            call.reply.double(score);
        }
        Some((rank, _)) => call.reply.int(rank as i64),
        None if with_score => call.reply.null_array(),
        None => call.reply.null(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn members_are_found_from_either_end() {
        let mut server = TestServer::new();
        server.check(&[
            ("ZADD z 1 a 2 b 2 c", "3"),
            ("ZRANK z a", "0"),
            ("ZRANK z c", "2"),
            ("ZREVRANK z b", "1"),
            ("ZRANK z c WITHSCORE", "[2 \"2\"]"),
            ("ZREVRANK z x withscore", "nil"),
            ("ZRANK z x", "nil"),
            ("ZRANK none x", "nil"),
            ("ZRANK z a x", "-ERR syntax error"),
            ("ZREVRANK z a x y", "-ERR wrong number of arguments for 'zrevrank' command"),
        ]);
        let members: Vec<String> = (0..500).map(|i| format!("{} m{i}", i / 3)).collect();
        server.check(&[
            (&format!("ZADD large {}", members.join(" ")), "500"),
            ("ZRANK large m499", "499"),
            ("ZREVRANK large m0 WITHSCORE", "[499 \"0\"]"),
        ]);
    }
}
