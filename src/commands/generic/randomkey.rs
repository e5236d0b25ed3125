//! `RANDOMKEY`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::Group;
use crate::commands::error::Outcome;
use crate::store::entry::Entry;

pub const RANDOMKEY: Command = Command::new("randomkey", 1, randomkey)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Keyspace])
    .tips(&["request_policy:all_shards", "nondeterministic_output"])
    .docs(Group::Generic, "1.0.0", "Returns one of all keys by chance.");

/// How often chance is asked before keys are looked at in order.
const TRIES: usize = 100;
/// How many of these, so that nobody waits long.
const KEYS_IN_ORDER_MAX: usize = 10_000;

fn randomkey(call: &mut Call<'_>) -> Outcome {
    call.keys.effects.rare().is_no_unit = true;
    match random_entry(call) {
        Some(entry) => call.reply.bulk(entry.key()),
        None => call.reply.null(),
    }
    Ok(())
}

/// A key that has not expired; on a master, those met on the way are removed. A replica whose master
/// is late with many gives one that has, as in Redis.
fn random_entry(call: &mut Call<'_>) -> Option<Entry> {
    for _ in 0..TRIES {
        let random = call.server.random.next_u64();
        let entry = call.keys.database().random(random)?.clone();
        if call.keys.peek(entry.key()).is_some() {
            return Some(entry);
        }
    }
    // Nearly all have expired: a walk finds a key that has not, if there is one among so many.
    let database = call.keys.database();
    let mut in_order = database.iter().take(KEYS_IN_ORDER_MAX);
    if let Some(entry) = in_order.find(|entry| !call.keys.is_gone(entry)) {
        return Some(entry.clone());
    }
    let is_known_whole = database.len() <= KEYS_IN_ORDER_MAX;
    let of_late = !is_known_whole && call.server.replication.is_replica();
    of_late.then(|| database.iter().next().cloned()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::testing::TestServer;

    #[test]
    fn randomkey_finds_all_keys_in_time() {
        let mut server = TestServer::new();
        server.check(&[("RANDOMKEY", "nil"), ("MSET a 1 b 2 c 3", "OK")]);
        let mut seen: Vec<_> = (0..200).map(|_| server.run("RANDOMKEY")).collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen, ["\"a\"", "\"b\"", "\"c\""]);
    }

    #[test]
    fn a_replica_with_very_many_expired_keys_names_one_instead_of_looking_at_all() {
        let mut server = TestServer::new();
        for i in 0..=KEYS_IN_ORDER_MAX {
            server.run(&format!("SET key:{i} 1 PX 5"));
        }
        server.now += 6;
        server.become_replica();
        assert!(server.run("RANDOMKEY").starts_with("\"key:"));
    }

    #[test]
    fn randomkey_finds_the_one_key_that_has_not_expired() {
        let mut server = TestServer::new();
        for i in 0..5 * TRIES {
            server.run(&format!("SET key:{i} 1 PX 5"));
        }
        server.run("SET a 1");
        server.now += 6;
        server.become_replica();
        server.check(&[("RANDOMKEY", "\"a\""), ("DBSIZE", "501")]);
        server.server().replication.master = None;
        server.check(&[("DEL a", "1"), ("RANDOMKEY", "nil"), ("DBSIZE", "400")]);
    }
}
