//! Ten replicas that ask for everything, at once and one after the other: one scan for those who
//! come together, a snapshot that costs nothing for whoever comes later.

use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

fn number(server: &Server, section: &str, field: &str) -> u64 {
    info_field(server, section, field).parse().expect("a number")
}

#[test]
fn ten_replicas_that_come_during_a_sync_are_online_with_equal_data_after_six_snapshots() {
    if played_by_redis() {
        return;
    }
    let args = ["--repl-diskless-sync-delay", "600", "--repl-diskless-sync-max-replicas", "5"];
    let master = ours(&args);
    let mut client = master.client();
    let mut random = Random::new(17);
    for i in 0..1000 {
        let key = format!("noise:{i}").into_bytes();
        client.cmd(&[b"set".to_vec(), key, random.bytes(20_000)]);
    }
    let before = number(&master, "memory", "used_memory");
    let written = number(&master, "stats", "total_net_repl_output_bytes");
    let load = Load::start(&master);
    load.wait_more(100);
    // The transfer of the first five takes long, so that the others come while it is at work.
    master.ok("config set rdb-key-save-delay 3000");
    let start = |kind| Server::start_replica(kind, master.port, &[]);
    let mut replicas: Vec<Server> =
        [Understudy, RealRedis, Understudy, RealRedis, Understudy].map(start).into();
    master.wait_for_log("Starting BGSAVE for SYNC");
    master.ok("config set rdb-key-save-delay 0 repl-diskless-sync-delay 0");
    for (i, kind) in [Understudy, RealRedis, Understudy, Understudy, RealRedis].iter().enumerate() {
        replicas.push(start(*kind));
        let wanted = 6 + i;
        wait_until(PATIENCE, "the next to ask", || {
            number(&master, "stats", "sync_full") as usize == wanted
        });
    }
    wait_until(2 * PATIENCE, "all to be online", || {
        let used = number(&master, "memory", "used_memory");
        assert!(used < before + before / 4 + (32 << 20), "{used} bytes in use after {before}");
        let replication = info(&master, "replication");
        let is_online = |i: &usize| {
            let slave = replication.get(&format!("slave{i}"));
            slave.is_some_and(|slave| slave.contains("state=online"))
        };
        (0..10).filter(is_online).count() == 10
    });
    load.stop();
    let mut all: Vec<&Server> = replicas.iter().collect();
    all.push(&master);
    wait_equal_digests(&all);
    assert_eq!(number(&master, "stats", "sync_full"), 10);
    assert_eq!(master.count_log("Starting BGSAVE for SYNC"), 6);
    assert_eq!(number(&master, "stats", "total_forks"), 6);
    // Each got the data set once, and the stream.
    let written = number(&master, "stats", "total_net_repl_output_bytes") - written;
    let stream = number(&master, "replication", "master_repl_offset");
    let most = 10 * (1000 * 20_100 + 2 * stream + (4 << 20));
    assert!(written < most, "{written} bytes for ten, of at most {most}");
}
