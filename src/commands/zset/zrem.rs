//! `ZREM key member [member ...]`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::zset::SortedSet;

pub const ZREM: Command = Command::new("zrem", -3, zrem)
    .flags(&[Flag::Write, Flag::Fast])
    .categories(&[Category::SortedSet])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Delete])])
    .docs(Group::SortedSet, "1.2.0", "Takes members out of a sorted set.")
    .complexity("O(M*log(N)) where M is the number of members given and N of those there")
    .history(&[("2.4.0", "Accepts multiple elements.")])
    .arguments(&[Arg::KEY, Arg::string("member").multiple()]);

fn zrem(call: &mut Call<'_>) -> Outcome {
    let mut open = call.keys.open::<SortedSet>(call.args.get(1))?;
    let mut removed = 0;
    if let Some(zset) = open.get_mut() {
        let members = (2..call.args.len()).map(|i| call.args.get(i));
        removed = members.filter(|member| zset.remove(member)).count();
    }
    if removed > 0 {
        open.changed_by(removed as u64, "zrem");
    }
    call.reply.int(removed as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn members_are_taken_out_and_the_empty_sorted_set_goes() {
        let mut server = TestServer::new();
        server.check(&[
            ("ZADD z 1 a 2 b 3 c", "3"),
            ("ZREM z b x b", "1"),
            ("ZREM z x", "0"),
            ("ZREM none x", "0"),
        ]);
        let events = server.events(&["ZREM z c a a"]);
        assert_eq!(events, ["zrem z", "del z"]);
        let stream = server.stream();
        assert_eq!(stream[stream.len() - 2..], ["ZREM z b x b", "ZREM z c a a"]);
    }
}
