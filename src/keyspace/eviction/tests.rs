//! Which keys go, and how many.

use super::*;
use crate::keyspace::testing::TestServer;
use crate::keyspace::weighing::Scales;

const VALUE_BYTES: usize = 1_000;

/// A server under a policy with so many keys of a kilobyte, a minute apart, the first the oldest.
fn server(policy: MaxmemoryPolicy, keys: usize) -> TestServer {
    let mut server = TestServer::new();
    server.server().config.memory.maxmemory_policy = policy;
    server.server().config.memory.maxmemory_eviction_tenacity = 100;
    // It would take more with each command that is slower than those before it.
    server.server().config.observation.latency_tracking = false;
    for number in 0..keys {
        server.now += 60_000;
        set(&mut server, &format!("key:{number}"));
    }
    server.stream();
    server
}

fn set(server: &mut TestServer, key: &str) -> String {
    server.run(&format!("SET {key} {}", "x".repeat(VALUE_BYTES)))
}

/// Leaves room for so many keys less than there are.
fn lower(server: &mut TestServer, keys: usize) {
    let used = Scales::default().weigh_anew(&server.executor.state, Moment::now());
    let key_bytes = server.executor.state.dataset.entry_bytes() / count(server);
    server.server().config.memory.maxmemory = (used - keys * key_bytes) as u64;
    server.now += 1;
}

fn there(server: &mut TestServer, key: &str) -> bool {
    server.executor.state.dataset[0].contains(key.as_bytes())
}

fn count(server: &TestServer) -> usize {
    server.executor.state.dataset.key_count()
}

#[test]
fn each_policy_evicts_what_it_may_and_no_more_than_it_must() {
    use MaxmemoryPolicy::*;
    for policy in [AllkeysRandom, AllkeysLru, AllkeysLfu] {
        let mut server = server(policy, 100);
        lower(&mut server, 10);
        server.check(&[("PING", "PONG")]);
        let left = count(&server);
        assert!((88..=91).contains(&left), "{policy:?} {left}");
        assert_eq!(server.executor.state.keyspace_stats.evicted as usize, 100 - left);
        let stream = server.stream();
        assert_eq!(stream.len(), 100 - left);
        assert!(stream.iter().all(|line| line.starts_with("DEL key:")), "{stream:?}");
    }
    for policy in [VolatileRandom, VolatileLru, VolatileLfu, VolatileTtl] {
        let mut server = server(policy, 100);
        (0..100)
            .step_by(5)
            .for_each(|i| drop(server.run(&format!("EXPIRE key:{i} {}", 9_000 + i))));
        lower(&mut server, 10);
        server.check(&[("PING", "PONG")]);
        let left = count(&server);
        assert!((88..=91).contains(&left), "{policy:?} {left}");
        let lost = (0..100).filter(|i| !there(&mut server, &format!("key:{i}")));
        assert!(lost.into_iter().all(|i| i % 5 == 0), "{policy:?}");
    }
}

#[test]
fn the_key_with_the_first_deadline_goes_first() {
    let mut server = server(MaxmemoryPolicy::VolatileTtl, 100);
    for i in 0..100 {
        server.run(&format!("EXPIRE key:{i} {}", 90_000 - 10 * ((i * 37) % 100)));
    }
    server.run("COPY key:1 elsewhere DB 7");
    lower(&mut server, 30);
    server.check(&[("PING", "PONG")]);
    let left = count(&server) - usize::from(!server.executor.state.dataset[7].is_empty());
    let lost: Vec<_> = (0..100).filter(|i| !there(&mut server, &format!("key:{i}"))).collect();
    assert!(lost.len() >= 29);
    assert!(lost.iter().all(|i| (i * 37) % 100 >= left), "{lost:?} of {left}");
}

#[test]
fn keys_that_were_not_used_for_long_go_before_others() {
    let mut server = server(MaxmemoryPolicy::AllkeysLru, 2_000);
    lower(&mut server, 1_000);
    server.check(&[("PING", "PONG")]);
    let old_lost = (0..1_000).filter(|i| !there(&mut server, &format!("key:{i}"))).count();
    let lost = 2_000 - count(&server);
    // A choice by chance would take as many of the new ones.
    assert!(old_lost * 100 > lost * 93, "{old_lost} of {lost}");
}

#[test]
fn keys_that_are_used_often_stay() {
    let mut server = server(MaxmemoryPolicy::AllkeysLfu, 0);
    server.server().config.memory.lfu_log_factor = 0;
    for number in 0..500 {
        set(&mut server, &format!("key:{number}"));
    }
    for number in (0..500).step_by(5) {
        (0..3).for_each(|_| drop(server.run(&format!("GET key:{number}"))));
    }
    lower(&mut server, 350);
    server.check(&[("PING", "PONG")]);
    let lost = (0..500).step_by(5).filter(|i| !there(&mut server, &format!("key:{i}"))).count();
    assert!(lost < 5, "{lost} of 100 that were used");
}

/// What was a good candidate when it was seen may be the last to go now.
#[test]
fn a_key_that_was_used_since_it_was_looked_at_stays() {
    let mut server = server(MaxmemoryPolicy::AllkeysLru, 40);
    lower(&mut server, 1);
    server.check(&[("PING", "PONG")]);
    let left: Vec<_> =
        (0..40).map(|i| format!("key:{i}")).filter(|key| there(&mut server, key)).collect();
    let used = &left[..10];
    used.iter().for_each(|key| drop(server.run(&format!("GET {key}"))));
    lower(&mut server, 5);
    server.check(&[("PING", "PONG")]);
    assert!(used.iter().all(|key| there(&mut server, key)));
}

#[test]
fn when_nothing_may_go_what_needs_memory_is_refused_and_nothing_is_lost() {
    const REFUSED: &str = "-OOM command not allowed when used memory > 'maxmemory'.";
    for policy in [MaxmemoryPolicy::NoEviction, MaxmemoryPolicy::VolatileLru] {
        let mut server = server(policy, 20);
        lower(&mut server, 5);
        assert_eq!(set(&mut server, "more"), REFUSED);
        server.check(&[("GET missing", "nil"), ("DEL key:3", "1")]);
        assert_eq!(count(&server), 19);
        let now = server.now * 1000;
        assert!(server.server().pressure.current_over_micros(now) >= 0);
        server.run("DEL key:4 key:5 key:6 key:7 key:8 key:9");
        assert_eq!(set(&mut server, "more"), "OK");
        assert!(!server.server().pressure.was_over());
    }
}

#[test]
fn what_a_snapshot_holds_makes_no_more_keys_go() {
    let mut server = server(MaxmemoryPolicy::AllkeysLru, 200);
    lower(&mut server, 0);
    let snapshot = server.executor.state.dataset.snapshot();
    for number in 0..1_000 {
        set(&mut server, &format!("new:{number}"));
        let keys = count(&server);
        assert!((190..=201).contains(&keys), "{keys}");
    }
    assert_eq!(snapshot.key_count(), 200);
}

#[test]
fn a_replica_leaves_evicting_to_its_master_unless_it_is_told_to() {
    let mut server = server(MaxmemoryPolicy::AllkeysLru, 20);
    server.become_replica();
    lower(&mut server, 10);
    server.check(&[("PING", "PONG")]);
    assert_eq!(count(&server), 20);
    server.server().config.replication.replica_ignore_maxmemory = false;
    server.check(&[("PING", "PONG")]);
    assert!(count(&server) < 12);
    assert!(server.stream().is_empty(), "the stream is the master's");
}

#[test]
fn nothing_goes_while_clients_are_paused() {
    let mut server = server(MaxmemoryPolicy::AllkeysLru, 20);
    server.check(&[("CLIENT PAUSE 1000 WRITE", "OK")]);
    lower(&mut server, 10);
    server.check(&[("PING", "PONG"), ("DBSIZE", "20")]);
    server.check(&[("CLIENT UNPAUSE", "OK"), ("PING", "PONG")]);
    assert!(count(&server) < 12);
}

#[test]
fn who_watches_a_key_or_listens_hears_that_it_was_evicted() {
    let mut server = server(MaxmemoryPolicy::AllkeysLru, 1);
    server.server().config.memory.lazyfree_lazy_eviction = true;
    server.check(&[("WATCH key:0", "OK"), ("MULTI", "OK"), ("PING", "QUEUED")]);
    lower(&mut server, 1);
    server.check(&[("EXEC", "nil")]);
    assert_eq!(server.stream(), ["UNLINK key:0"]);
    server.server().config.memory.maxmemory = 0;
    let events = server.events(&["SET a 1", "CONFIG SET maxmemory 1", "PING", "GET a"]);
    assert_eq!(events, ["new a", "set a", "evicted a"].map(str::to_owned)[1..]);
}

#[test]
fn a_transaction_is_not_parted_by_what_goes_before_it() {
    let mut server = server(MaxmemoryPolicy::AllkeysLru, 3);
    server.check(&[("MULTI", "OK"), ("SET a 1", "QUEUED"), ("SET b 2", "QUEUED")]);
    lower(&mut server, 1);
    server.check(&[("EXEC", "[OK OK]")]);
    let stream = server.stream();
    let at = stream.iter().position(|line| line == "MULTI").unwrap();
    assert!(at >= 1 && stream[..at].iter().all(|line| line.starts_with("DEL key:")), "{stream:?}");
    assert_eq!(stream[at..], ["MULTI", "SET a 1", "SET b 2", "EXEC"]);
}

#[test]
fn the_time_for_evicting_grows_with_tenacity() {
    let micros = |tenacity| time_limit(tenacity).map(|time| time.as_micros());
    assert_eq!([0, 1, 10].map(micros), [Some(0), Some(50), Some(500)]);
    assert!(micros(11) > micros(10) && micros(99) > Some(100_000_000));
    assert_eq!(micros(100), None);
}

#[test]
fn what_one_command_leaves_goes_later() {
    let mut server = server(MaxmemoryPolicy::AllkeysLru, 500);
    server.server().config.memory.maxmemory_eviction_tenacity = 0;
    lower(&mut server, 400);
    server.check(&[("PING", "PONG")]);
    assert_eq!(count(&server), 500 - KEYS_PER_CHECK);
    assert!(server.executor.evicts_more && server.server().pressure.was_over());
    let mut slices = 0;
    while server.executor.evicts_more {
        server.executor.evict();
        slices += 1;
    }
    assert!((20..30).contains(&slices), "{slices}");
    assert!((98..=106).contains(&count(&server)) && !server.server().pressure.was_over());
}
