//! `EXISTS key [key ...]` and `TOUCH`, which counts as a use of the keys.

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};

pub const EXISTS: Command = Command::new("exists", -2, exists)
    .flags(&[Flag::ReadOnly, Flag::Fast])
    .categories(&[Category::Keyspace])
    .keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::ReadOnly])])
    .tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
    .docs(Group::Generic, "1.0.0", "Counts how many of the keys exist.")
    .complexity("O(N) where N is the number of keys to check.")
    .history(&[("3.0.3", "Accepts multiple `key` arguments.")])
    .arguments(&[Arg::KEYS]);

pub const TOUCH: Command = Command::new("touch", -2, touch)
    .flags(&[Flag::ReadOnly, Flag::Fast])
    .categories(&[Category::Keyspace])
    .keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::ReadOnly])])
    .tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
    .docs(
        Group::Generic,
        "3.2.1",
        "Counts how many of the keys exist and notes that they were used.",
    )
    .complexity("O(N) where N is the number of keys that will be touched.")
    .arguments(&[Arg::KEYS]);

/// A key that is named twice counts twice.
fn exists(call: &mut Call<'_>) -> Outcome {
    let keys = call.args.iter().skip(1);
    let found = keys.filter(|key| call.keys.look(key).is_some()).count();
    call.reply.int(found as i64);
    Ok(())
}

fn touch(call: &mut Call<'_>) -> Outcome {
    let keys = call.args.iter().skip(1);
    let found = keys.filter(|key| call.keys.read_entry(key).is_some()).count();
    call.reply.int(found as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn exists_counts_names_and_touch_stamps_them() {
        let mut server = TestServer::new();
        server.check(&[("MSET a 1 b 2", "OK"), ("EXISTS a b c a", "3")]);
        server.now += 10_000;
        server.check(&[("EXISTS a", "1"), ("OBJECT IDLETIME a", "10"), ("TOUCH a c a", "2")]);
        server.check(&[("OBJECT IDLETIME a", "0"), ("OBJECT IDLETIME b", "10")]);
    }
}
