//! `PFCOUNT key [key ...]`: of several, the cardinality of the union. That of a single one is kept
//! in it, which is a change that goes to the replicas though the command is one that reads.

use super::string::{opened, view};
use crate::base::hyperloglog::{CACHE_AT, Histogram, REGISTERS, cache};
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::Str;

pub const PFCOUNT: Command = Command::new("pfcount", -2, pfcount)
    .flags(&[Flag::ReadOnly, Flag::MayReplicate])
    .categories(&[Category::HyperLogLog])
    .keys(&[KeySpec {
        notes: "RW because it may change the internal representation of the key, and propagate to replicas",
        ..KeySpec::range(1, -1, 1, &[KeyFlag::ReadWrite, KeyFlag::Access])
    }])
    .docs(Group::HyperLogLog, "2.8.9", "Estimates how many different elements were added.")
    .complexity("O(1), and O(N) for N keys with a constant that is large")
    .arguments(&[Arg::KEYS]);

fn pfcount(call: &mut Call<'_>) -> Outcome {
    let cardinality = if call.argc() > 2 { of_union(call)? } else { of_one(call)? };
    call.reply.int(cardinality as i64);
    Ok(())
}

fn of_union(call: &mut Call<'_>) -> Result<u64, CommandError> {
    let mut union = [0; REGISTERS];
    for key in call.args.iter().skip(1) {
        if let Some(value) = call.keys.read::<Str>(key)? {
            view(value)?.merge_into(&mut union)?;
        }
    }
    Ok(Histogram::of(&union).cardinality())
}

fn of_one(call: &mut Call<'_>) -> Result<u64, CommandError> {
    let key = call.arg(1);
    let mut string = call.keys.read_and_open::<Str>(key)?;
    let Some(view) = opened(&string)? else { return Ok(0) };
    if let Some(cardinality) = view.cached_cardinality() {
        string.make_raw();
        return Ok(cardinality);
    }
    let cardinality = view.cardinality()?;
    string.write_at(CACHE_AT, &cache(cardinality));
    string.changed_unheard();
    Ok(cardinality)
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn pfcount_keeps_what_it_has_counted_and_tells_the_replicas() {
        let mut server = TestServer::new();
        server.check(&[("PFCOUNT h", "0"), ("PFADD h a b c", "1"), ("PFCOUNT h", "3")]);
        server.check(&[
            ("PFCOUNT h", "3"),
            ("GETRANGE h 8 15", "\"\\x03\\x00\\x00\\x00\\x00\\x00\\x00\\x00\""),
        ]);
        server.check(&[("PFADD h a", "0"), ("PFCOUNT h", "3"), ("PFADD h d", "1")]);
        server.check(&[("PFCOUNT h h missing", "4"), ("PFCOUNT h", "4")]);
        let expected = ["SELECT 0", "PFADD h a b c", "PFCOUNT h", "PFADD h d", "PFCOUNT h"];
        assert_eq!(server.stream(), expected);
    }

    #[test]
    fn what_is_kept_is_believed() {
        let mut server = TestServer::new();
        server.check(&[("PFADD h a", "1"), ("PFCOUNT h", "1"), ("SETRANGE h 8 \x07", "21")]);
        server.check(&[("PFCOUNT h", "7"), ("PFCOUNT h missing", "1")]);
    }

    #[test]
    fn it_counts_as_one_hit_or_miss_and_spoils_what_watches() {
        let mut server = TestServer::new();
        server.check(&[("PFCOUNT h", "0"), ("PFADD h a", "1"), ("PFCOUNT h", "1")]);
        let stats = &server.executor.state.keyspace_stats;
        assert_eq!((stats.hits, stats.misses), (1, 1));
        server.check(&[("PFADD h b", "1"), ("WATCH h", "OK"), ("PFCOUNT h", "2")]);
        server.check(&[("MULTI", "OK"), ("PING", "QUEUED"), ("EXEC", "nil")]);
    }

    /// The keys of a master are not those of its replica's clients, whatever these may count.
    #[test]
    fn on_a_replica_that_only_reads_no_key_becomes_its_own() {
        let mut server = TestServer::new();
        server.check(&[("PFADD h a", "1"), ("PEXPIRE h 10", "1")]);
        server.become_replica();
        server.check(&[("PFCOUNT h", "1")]);
        assert!(server.executor.state.own_keys.is_empty());
        server.now += 20;
        server.check(&[("PFCOUNT h", "0"), ("DBSIZE", "1")]);
    }
}
