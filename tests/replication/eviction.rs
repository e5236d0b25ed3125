//! The master evicts and its replicas follow; a snapshot that runs makes no more keys go.

use crate::pair;
use crate::support::*;

const POLICIES: [&str; 7] = [
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
];
const VALUE_BYTES: usize = 500;
/// What a key and its value take, at most.
const KEY_BYTES: usize = 700;
const ROOM_KEYS: usize = 2_000;

fn number(server: &Server, section: &str, field: &str) -> usize {
    info_field(server, section, field).parse().expect("a number")
}

/// What counts against `maxmemory`.
fn counted(server: &Server) -> usize {
    number(server, "memory", "used_memory") - number(server, "memory", "mem_not_counted_for_evict")
}

/// Writes keys with deadlines, and has the server answer each.
fn write(server: &Server, name: &str, keys: usize, value_bytes: usize) {
    let mut client = server.client();
    let value = "x".repeat(value_bytes);
    for start in (0..keys).step_by(100) {
        let commands: Vec<Vec<String>> = (start..keys.min(start + 100))
            .map(|i| {
                let ttl = (10_000 + i).to_string();
                ["set", &format!("{name}:{i}"), &value, "ex", &ttl].map(str::to_owned).to_vec()
            })
            .collect();
        for reply in client.pipeline(&commands) {
            assert_eq!(reply, "OK");
        }
    }
}

fn limit(server: &Server, more: usize, policy: &str) -> usize {
    let limit = counted(server) + more;
    server.ok(&format!("config set maxmemory-policy {policy} maxmemory {limit}"));
    limit
}

#[test]
fn under_each_policy_replicas_follow_what_is_evicted_and_memory_stays_below_the_limit() {
    for policy in POLICIES {
        let (master, replica) = pair(&["--repl-backlog-size", "16384"]);
        write(&master, "before", 100, VALUE_BYTES);
        replica.ok("config set maxmemory 1000000 maxmemory-policy allkeys-lru");
        let limit = limit(&master, ROOM_KEYS * KEY_BYTES, policy);
        write(&master, "k", 3 * ROOM_KEYS, VALUE_BYTES);
        let evicted = number(&master, "stats", "evicted_keys");
        assert!(evicted > ROOM_KEYS, "{policy}: {evicted}");
        assert!(counted(&master) < limit + 100_000, "{policy}: {} of {limit}", counted(&master));
        let left = master.run("dbsize").int() as usize;
        assert!(left > ROOM_KEYS * 3 / 4 && left == 100 + 3 * ROOM_KEYS - evicted, "{left}");
        wait_equal_digests(&[&master, &replica]);
        assert_eq!(number(&replica, "stats", "evicted_keys"), 0);
    }
}

#[test]
fn a_snapshot_that_holds_the_old_data_makes_no_more_keys_go() {
    let (master, replica) = pair(&["--repl-backlog-size", "16384", "--latency-tracking", "no"]);
    write(&master, "k", ROOM_KEYS, VALUE_BYTES);
    let limit = limit(&master, 10 * KEY_BYTES, "allkeys-lru");
    master.ok("config set rdb-key-save-delay 3000");
    master.ok("bgsave");
    // Each of the old keys is replaced, while the snapshot holds all of them.
    write(&master, "new", ROOM_KEYS, VALUE_BYTES);
    assert_eq!(info_field(&master, "persistence", "rdb_bgsave_in_progress"), "1");
    let left = master.run("dbsize").int() as usize;
    assert!((ROOM_KEYS * 9 / 10..ROOM_KEYS + 20).contains(&left), "{left}");
    assert!(number(&master, "memory", "mem_not_counted_for_evict") > ROOM_KEYS / 2 * VALUE_BYTES);
    assert!(counted(&master) < limit + 100_000);
    master.ok("config set rdb-key-save-delay 0");
    wait_equal_digests(&[&master, &replica]);
}

#[test]
fn big_values_go_one_by_one_and_are_freed_elsewhere() {
    let (master, replica) = pair(&["--lazyfree-lazy-eviction", "yes", "--latency-tracking", "no"]);
    const BIG: usize = 1_000_000;
    write(&master, "big", 20, BIG);
    let limit = limit(&master, 0, "allkeys-lru");
    write(&master, "more", 20, BIG);
    let left = master.run("dbsize").int();
    assert!((18..=21).contains(&left), "{left}");
    assert!(counted(&master) < limit + 2 * BIG);
    wait_equal_digests(&[&master, &replica]);
}

#[test]
fn a_lower_limit_evicts_at_once_though_nobody_sends_a_command() {
    let (master, replica) = pair(&[]);
    write(&master, "k", ROOM_KEYS, VALUE_BYTES);
    let (mut stream, _) = RawReplica::streaming(&master);
    let limit = counted(&master) - ROOM_KEYS / 2 * VALUE_BYTES;
    master.ok("config set maxmemory-eviction-tenacity 0");
    master.ok(&format!("config set maxmemory-policy allkeys-random maxmemory {limit}"));
    let is_down = || replica.run("dbsize").int() < ROOM_KEYS as i64 * 3 / 4;
    wait_until(PATIENCE, "half of the keys to go", is_down);
    wait_until(PATIENCE, "the end", || {
        info_field(&master, "stats", "current_eviction_exceeded_time") == "0"
    });
    assert!(number(&master, "stats", "evicted_keys") > ROOM_KEYS / 3);
    let first = std::iter::from_fn(|| stream.next_command().ok())
        .find(|words| !["select", "ping"].contains(&words[0].to_ascii_lowercase().as_str()));
    assert_eq!(first.expect("a removal")[0], "DEL");
    wait_equal_digests(&[&master, &replica]);
}

#[test]
fn where_nothing_may_be_evicted_writes_are_refused_and_all_keys_stay() {
    const REFUSED: &str = "OOM command not allowed when used memory > 'maxmemory'.";
    for policy in ["noeviction", "volatile-lru", "volatile-ttl"] {
        let master = ours(&["--latency-tracking", "no"]);
        let mut client = master.client();
        for i in 0..100 {
            client.ok(&format!("set k:{i} {}", "x".repeat(VALUE_BYTES)));
        }
        let limit = counted(&master) - 10_000;
        client.ok(&format!("config set maxmemory-policy {policy} maxmemory {limit}"));
        assert_eq!(client.run("set more v").error(), REFUSED);
        assert_eq!(client.run("get k:1").text().len(), VALUE_BYTES);
        client.ok("multi");
        assert_eq!(client.run("incr n").error(), REFUSED);
        assert!(client.run("exec").error().starts_with("EXECABORT"));
        assert_eq!(client.run("dbsize"), 100);
        for i in 0..50 {
            client.run(&format!("del k:{i}"));
        }
        client.ok("set more v");
        assert_eq!(info_field(&master, "stats", "evicted_keys"), "0");
        assert_ne!(info_field(&master, "stats", "total_eviction_exceeded_time"), "");
    }
}

/// The backlog gives back bit by bit what it held for the replica.
#[test]
fn a_replica_that_lags_and_then_goes_makes_no_key_go() {
    let (master, replica) = pair(&["--repl-backlog-size", "16384", "--latency-tracking", "no"]);
    const VALUE: usize = 100_000;
    write(&master, "k", 100, VALUE);
    wait_equal_digests(&[&master, &replica]);
    limit(&master, 3 * VALUE, "allkeys-random");
    replica.pause();
    let held = || number(&master, "memory", "mem_clients_slaves");
    while held() < 20 * VALUE {
        // The same bytes again and again: the data set stays as large as it is.
        let mut client = master.client();
        let again: Vec<Vec<String>> = (0..20)
            .map(|_| ["setrange", "k:0", "0", &"y".repeat(VALUE)].map(str::to_owned).to_vec())
            .collect();
        client.pipeline(&again);
    }
    assert_eq!(master.run("client kill type replica"), 1);
    replica.resume();
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(master.run("dbsize"), 100);
    assert_eq!(info_field(&master, "stats", "evicted_keys"), "0");
}
