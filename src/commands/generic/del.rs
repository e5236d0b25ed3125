//! `DEL key [key ...]` and `UNLINK`, which differ in name only: what takes long to drop is
//! always dropped on the garbage thread.

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};

pub const DEL: Command = Command::new("del", -2, del)
    .flags(&[Flag::Write])
    .categories(&[Category::Keyspace])
    .keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::Remove, KeyFlag::Delete])])
    .tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
    .docs(Group::Generic, "1.0.0", "Deletes keys.")
    .complexity("O(N) where N is the number of keys; O(M) more for a collection of M elements")
    .arguments(&[Arg::KEYS]);

pub const UNLINK: Command = DEL
    .sibling("unlink", del)
    .flags(&[Flag::Write, Flag::Fast])
    .docs(Group::Generic, "4.0.0", "Deletes keys; their memory is freed in the background.")
    .complexity("O(N) where N is the number of keys");

fn del(call: &mut Call<'_>) -> Outcome {
    let keys = call.args.iter().skip(1);
    let deleted = keys.filter(|key| call.keys.delete(key)).count();
    call.reply.int(deleted as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn del_counts_what_was_there_and_tells_replicas_only_then() {
        let mut server = TestServer::new();
        server.check(&[("MSET a 1 b 2", "OK"), ("DEL a b a c", "2"), ("UNLINK a", "0")]);
        assert_eq!(server.stream(), ["SELECT 0", "MSET a 1 b 2", "DEL a b a c"]);
    }

    #[test]
    fn del_does_not_count_what_has_expired() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1 PX 5", "OK")]);
        server.stream();
        server.now += 6;
        server.check(&[("DEL a", "0"), ("DBSIZE", "0")]);
        assert_eq!(server.stream(), ["DEL a"]);
    }

    #[test]
    fn big_values_are_dropped_on_the_garbage_thread() {
        let mut server = TestServer::new();
        server.check(&[("SETRANGE a 1000000 x", "1000001"), ("SET b small", "OK")]);
        server.check(&[("DEL a b", "2"), ("SETRANGE a 1000000 x", "1000001"), ("SET a 1", "OK")]);
        let garbage = &server.executor.state.garbage;
        while garbage.pending() > 0 {
            std::thread::yield_now();
        }
        assert_eq!(garbage.freed(), 2);
    }
}
