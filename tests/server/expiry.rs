//! Expired keys go by themselves, however few they are among many.

use std::time::Duration;

use crate::support::*;

/// redis-server samples, and would need minutes to find these.
#[test]
fn a_few_expired_keys_among_many_with_ttl_are_deleted_without_being_touched() {
    if played_by_redis() {
        return;
    }
    let server = ours(&[]);
    let mut client = server.client();
    let long: Vec<Vec<String>> = (0..100_000)
        .map(|i| ["set", &format!("long:{i}"), "v", "ex", "100000"].map(str::to_owned).to_vec())
        .collect();
    client.pipeline(&long);
    let soon: Vec<Vec<String>> = (0..200)
        .map(|i| ["set", &format!("soon:{i}"), "v", "px", "300"].map(str::to_owned).to_vec())
        .collect();
    client.pipeline(&soon);
    wait_until(Duration::from_secs(5), "the expired keys to be deleted", || {
        client.run("dbsize") == 100_000
    });
    assert_eq!(info_field(&server, "stats", "expired_keys"), "200");
}

#[test]
fn a_batch_with_one_deadline_is_deleted_and_nothing_else() {
    let server = ours(&[]);
    let mut client = server.client();
    let batch: Vec<Vec<String>> = (0..10_000)
        .map(|i| ["set", &format!("soon:{i}"), "v", "px", "400"].map(str::to_owned).to_vec())
        .collect();
    client.pipeline(&batch);
    client.ok("set stays v");
    client.ok("set later v ex 100");
    wait_until(PATIENCE, "the batch to be deleted", || client.run("dbsize") == 2);
    assert_eq!(client.run("exists stays later"), 2);
    let stats = info_field(&server, "stats", "expired_keys");
    assert_eq!(stats, "10000");
}

/// Never shown after its time, whether deleted yet or not.
#[test]
fn clients_are_answered_while_many_keys_are_deleted() {
    const KEYS: usize = 100_000;
    let server = ours(&["--enable-debug-command", "yes"]);
    let mut client = server.client();
    client.ok("debug set-active-expire 0");
    let batch: Vec<Vec<String>> = (0..KEYS)
        .map(|i| ["set", &format!("gone:{i}"), "v", "px", "1"].map(str::to_owned).to_vec())
        .collect();
    client.pipeline(&batch);
    assert_eq!(client.run("dbsize"), KEYS as i64);
    client.ok("debug set-active-expire 1");
    let mut sizes = Vec::new();
    while sizes.last() != Some(&0) {
        sizes.push(client.run("dbsize").int());
    }
    sizes.dedup();
    assert!(sizes.len() > 10, "{sizes:?}");
}

#[test]
fn an_expired_key_is_never_shown() {
    let server = ours(&[]);
    server.ok("debug set-active-expire 0");
    let mut client = server.client();
    for i in 0..100 {
        client.ok(&format!("set k:{i} v px {}", 1 + i % 20));
    }
    let last = client.run("time").texts();
    let millis = |time: &[String]| -> i64 {
        time[0].parse::<i64>().expect("seconds") * 1000 + time[1].parse::<i64>().expect("us") / 1000
    };
    let over = millis(&last) + 20;
    wait_until(PATIENCE, "20 ms to pass", || millis(&client.run("time").texts()) > over);
    assert!(client.run("keys *").items().is_empty());
    assert!(client.run("scan 0 count 1000").items()[1].items().is_empty());
    assert_eq!(client.run("get k:1"), Value::Nil);
    assert_eq!(client.run("randomkey"), Value::Nil);
    assert_eq!(client.run("ttl k:2"), -2);
    assert_eq!(client.run("incr k:3"), 1);
    assert_eq!(client.run("persist k:4"), 0);
    assert_eq!(client.run("rename k:5 x").error(), "ERR no such key");
}

#[test]
fn a_moved_deadline_counts_and_the_old_one_does_not() {
    let server = ours(&[]);
    let mut client = server.client();
    // Time stands still in it: on a busy machine some would have expired before they are changed.
    client.ok("multi");
    for i in 0..100 {
        client.ok(&format!("set k:{i} v px 200"));
    }
    for i in 0..25 {
        client.ok(&format!("pexpire k:{i} 100000000"));
        client.ok(&format!("persist k:{}", 25 + i));
        client.ok(&format!("set k:{} w", 50 + i));
    }
    client.ok("exec");
    wait_until(PATIENCE, "the others to be deleted", || client.run("dbsize") == 75);
    client.ok("set fence v px 300");
    wait_until(PATIENCE, "a later deadline to pass", || client.run("dbsize") == 75);
    assert_eq!(client.run("exists k:0 k:24 k:25 k:49 k:50 k:74"), 6);
}
