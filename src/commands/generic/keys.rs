//! `KEYS pattern`

use crate::base::glob;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;

pub const KEYS: Command = Command::new("keys", 2, keys)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Keyspace, Category::Dangerous])
    .tips(&["request_policy:all_shards", "nondeterministic_output_order"])
    .docs(Group::Generic, "1.0.0", "Returns all keys that match a pattern.")
    .complexity("O(N) where N is the number of keys in the database")
    .arguments(&[Arg::pattern("pattern")]);

/// Keys that have expired are left out, and left to be removed by others.
fn keys(call: &mut Call<'_>) -> Outcome {
    let pattern = call.arg(1);
    // By itself, `*` does not match the empty key; here it stands for all.
    let is_all = pattern == b"*";
    let deferred = call.reply.begin_array();
    let mut shown = 0;
    for entry in call.keys.database().iter() {
        if call.reply.is_lost() {
            break;
        }
        let matches = is_all || glob::matches(pattern, entry.key(), false);
        if matches && !call.keys.is_gone(entry) {
            call.reply.bulk(entry.key());
            shown += 1;
        }
    }
    call.reply.end_array(deferred, shown);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn keys_lists_what_matches_and_is_there() {
        let mut server = TestServer::new();
        server.check(&[("KEYS *", "[]"), ("MSET aa 1 ab 2 b 3", "OK"), ("SET ac 4 PX 5", "OK")]);
        server.check(&[("KEYS b*", "[\"b\"]"), ("KEYS ?c", "[\"ac\"]"), ("KEYS A*", "[]")]);
        server.now += 6;
        server.check(&[("KEYS ?c", "[]"), ("DBSIZE", "4")]);
        let all = server.run("KEYS *");
        assert!(["\"aa\"", "\"ab\"", "\"b\""].iter().all(|key| all.contains(key)), "{all}");
    }
}
