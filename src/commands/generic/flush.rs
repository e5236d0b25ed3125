//! `FLUSHDB [ASYNC | SYNC]` and `FLUSHALL`

use crate::base::ids::DbIndex;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::effect::Action;
use crate::commands::error::{CommandError, Outcome};
use crate::store::database::Database;

pub const FLUSHDB: Command = Command::new("flushdb", -1, flushdb)
    .flags(&[Flag::Write])
    .categories(&[Category::Keyspace, Category::Dangerous])
    .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
    .docs(Group::Server, "1.0.0", "Deletes all keys of the database.")
    .complexity("O(N) where N is the number of keys in the selected database")
    .history(&[
        ("4.0.0", "Added the `ASYNC` flushing mode modifier."),
        ("6.2.0", "Added the `SYNC` flushing mode modifier."),
    ])
    .arguments(&[Arg::one_of(
        "async",
        &[Arg::word("async", "ASYNC").since("4.0.0"), Arg::word("sync", "SYNC").since("6.2.0")],
    )
    .optional()]);

pub const FLUSHALL: Command = FLUSHDB
    .sibling("flushall", flushall)
    .docs(Group::Server, "1.0.0", "Deletes all keys of all databases.")
    .complexity("O(N) where N is the total number of keys in all databases");

/// More keys than this, or more bytes, are freed on the garbage thread unless SYNC is said: freeing
/// them here would be the longest stall that this server has.
const QUICK_KEYS_MAX: usize = 10_000;
const QUICK_BYTES_MAX: usize = 16 << 20;

/// Where a database that was emptied is freed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Freeing {
    /// Before the reply.
    Here,
    HereIfQuick,
    Background,
}

fn flushdb(call: &mut Call<'_>) -> Outcome {
    let freeing = freeing(call)?;
    empty(call, call.db(), freeing);
    // An empty database goes to the replicas too: theirs may hold keys.
    call.propagate_always();
    call.reply.ok();
    Ok(())
}

fn flushall(call: &mut Call<'_>) -> Outcome {
    let freeing = freeing(call)?;
    for db in 0..call.keys.dataset.database_count() {
        empty(call, db, freeing);
    }
    call.propagate_always();
    // The file must not bring back what was deleted.
    call.act(Action::AllFlushed);
    call.reply.ok();
    Ok(())
}

fn freeing(call: &Call<'_>) -> Result<Freeing, CommandError> {
    let word = |word: &[u8]| call.argc() == 2 && call.arg(1).eq_ignore_ascii_case(word);
    if call.argc() == 1 {
        let is_lazy = call.server.config.memory.lazyfree_lazy_user_flush;
        Ok(if is_lazy { Freeing::Background } else { Freeing::HereIfQuick })
    } else if word(b"async") {
        Ok(Freeing::Background)
    } else if word(b"sync") {
        Ok(Freeing::Here)
    } else {
        Err(CommandError::Syntax)
    }
}

fn empty(call: &mut Call<'_>, db: DbIndex, freeing: Freeing) {
    let old = call.keys.flush(db);
    let count = old.len();
    let is_freed_here = match freeing {
        Freeing::Here => true,
        Freeing::HereIfQuick => is_quick_to_free(&old),
        Freeing::Background => count == 0,
    };
    if !is_freed_here {
        call.keys.garbage.drop_later(old, count);
    }
}

fn is_quick_to_free(database: &Database) -> bool {
    database.len() <= QUICK_KEYS_MAX && database.entry_bytes() <= QUICK_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn flushdb_empties_one_database_and_flushall_all() {
        for mode in ["", " SYNC", " async"] {
            let mut server = TestServer::new();
            server.check(&[("MSET a 1 b 2", "OK"), ("COPY a a DB 1", "1"), ("COPY a b DB 1", "1")]);
            server.check(&[(&format!("FLUSHDB{mode}"), "OK"), ("DBSIZE", "0")]);
            assert_eq!(server.executor.state.dataset[1].len(), 2);
            let before = server.server().persistence.dirty;
            server.check(&[(&format!("FLUSHALL{mode}"), "OK")]);
            assert_eq!(server.server().persistence.dirty, before + 2);
            assert!(server.executor.state.dataset.is_empty());
        }
    }

    #[test]
    fn many_keys_are_freed_in_the_background_unless_sync_is_said() {
        let mut server = TestServer::new();
        let mut freed = |mode: &str, keys: usize| {
            (0..keys).for_each(|i| drop(server.run_args(&[b"SET", &i.to_le_bytes(), b"1"])));
            server.executor.state.garbage.reset_freed();
            server.run(&format!("FLUSHDB{mode}"));
            let garbage = &server.executor.state.garbage;
            while garbage.pending() > 0 {
                std::thread::yield_now();
            }
            garbage.freed()
        };
        assert_eq!(freed("", 10), 0);
        assert_eq!(freed(" ASYNC", 10), 10);
        assert_eq!(freed("", super::QUICK_KEYS_MAX + 1), super::QUICK_KEYS_MAX as u64 + 1);
        assert_eq!(freed(" SYNC", super::QUICK_KEYS_MAX + 1), 0);
    }

    #[test]
    fn a_few_big_values_are_freed_in_the_background_too() {
        let mut server = TestServer::new();
        let value = vec![b'v'; 200_000];
        for keys in [10, 100_usize] {
            (0..keys).for_each(|i| drop(server.run_args(&[b"SET", &i.to_le_bytes(), &value])));
            server.executor.state.garbage.reset_freed();
            server.run("FLUSHDB");
            let garbage = &server.executor.state.garbage;
            while garbage.pending() > 0 {
                std::thread::yield_now();
            }
            assert_eq!(garbage.freed(), if keys == 100 { 100 } else { 0 });
        }
    }

    #[test]
    fn flushing_nothing_goes_to_replicas_all_the_same() {
        let mut server = TestServer::new();
        server.check(&[("FLUSHDB", "OK"), ("FLUSHALL ASYNC", "OK")]);
        assert_eq!(server.stream(), ["SELECT 0", "FLUSHDB", "FLUSHALL ASYNC"]);
    }

    #[test]
    fn watched_keys_that_are_flushed_spoil_the_transaction() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1", "OK"), ("WATCH a", "OK"), ("FLUSHALL", "OK")]);
        server.check(&[("MULTI", "OK"), ("EXEC", "nil"), ("WATCH a", "OK"), ("FLUSHDB", "OK")]);
        server.check(&[("MULTI", "OK"), ("EXEC", "[]")]);
    }

    #[test]
    fn flush_refuses_other_words() {
        let mut server = TestServer::new();
        server.check(&[("FLUSHDB foo", "-ERR syntax error")]);
        server.check(&[("FLUSHALL sync async", "-ERR syntax error")]);
    }
}
