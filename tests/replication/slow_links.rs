//! Replicas on links that are too slow for what clients write: a full sync never loops.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;

use crate::support::*;

const MB: u64 = 1 << 20;
/// What is on disk as well leaves the memory: `served_from_disk` has that.
const IN_MEMORY: [&str; 2] = ["--repl-backlog-disk-size", "0"];
/// What a client that is cut off in the middle of a pipeline may add, and blocks, and the sockets.
const SLACK: u64 = 16 * MB;

/// Writes as fast as the server lets it, in pipelines of 64 values of 4 KB.
struct Writers {
    is_over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Writers {
    fn start(server: &Server, count: usize) -> Writers {
        let is_over = Arc::new(AtomicBool::new(false));
        let start = |writer: usize| {
            let mut client = server.client();
            let is_over = is_over.clone();
            let mut random = Random::new(writer as u64);
            let mut pipeline = || {
                let mut bytes = Vec::new();
                for _ in 0..64 {
                    let key = format!("written:{}", random.below(1000)).into_bytes();
                    encode(&mut bytes, &[b"set".to_vec(), key, random.bytes(4096)]);
                }
                bytes
            };
            let pipelines = [(); 8].map(|()| pipeline());
            std::thread::spawn(move || {
                for bytes in pipelines.iter().cycle().take_while(|_| !is_over.load(Relaxed)) {
                    client.send(bytes);
                    (0..64).for_each(|_| assert_eq!(client.reply(), "OK"));
                }
            })
        };
        let threads = (0..count).map(start).collect();
        Writers { is_over, threads }
    }

    fn end(self) {
        self.is_over.store(true, Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().expect("it wrote"));
    }
}

/// So many megabytes that do not compress.
fn fill_with_noise(server: &Server, megabytes: u64) {
    let mut client = server.client();
    let mut random = Random::new(11);
    for i in 0..megabytes * 10 {
        let key = format!("noise:{i}").into_bytes();
        client.cmd(&[b"set".to_vec(), key, random.bytes(100_000)]);
    }
}

fn number(server: &Server, section: &str, field: &str) -> u64 {
    info(server, section).get(field).map_or(0, |value| value.parse().expect("a number"))
}

fn is_throttled(server: &Server) -> bool {
    info(server, "replication").get("throttled_since_seconds").is_some()
}

fn a_replica_on_a_slow_link_gets_there(replica: Kind) {
    let limit = 32 * MB;
    let master = ours(&[&IN_MEMORY[..], &["--repl-memory-limit", &limit.to_string()]].concat());
    fill_with_noise(&master, 60);
    let before = number(&master, "memory", "used_memory");
    let proxy = FaultProxy::start(master.port);
    proxy.limit_rate(Direction::ToClient, 20 * MB);
    let writers = Writers::start(&master, 4);
    let replica = Server::start_replica(replica, proxy.port, &[]);
    wait_until(2 * PATIENCE, "the replica to be online", || {
        let kept = number(&master, "memory", "mem_total_replication_buffers");
        assert!(kept < limit / 4 * 5 + SLACK, "{kept} bytes are kept for it");
        let used = number(&master, "memory", "used_memory");
        assert!(used < before + limit / 4 * 5 + 2 * SLACK, "{used} bytes after {before}");
        // Until it has its snapshot, loaded it, and taken what was written meanwhile.
        let is_online = info(&master, "replication")
            .get("slave0")
            .is_some_and(|slave| slave.contains("state=online") && !slave.contains("offset=0,"));
        is_online
            && number(&master, "replication", "throttled_writes") > 0
            && !is_throttled(&master)
    });
    writers.end();
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(info_field(&master, "stats", "sync_full"), "1");
    assert_eq!(master.count_log("Connection with replica client id"), 0);
    assert!(number(&master, "replication", "throttled_total_ms") > 0);
    master.wait_for_log("Clients' writes are slowed: replica 127.0.0.1:");
    master.wait_for_log("Clients' writes are slowed no more, after ");
}

#[test]
fn a_replica_on_a_slow_link_is_online_after_one_full_sync_while_clients_write() {
    a_replica_on_a_slow_link_gets_there(Kind::Understudy);
}

#[test]
fn a_stock_replica_on_a_slow_link_is_online_after_one_full_sync_while_clients_write() {
    a_replica_on_a_slow_link_gets_there(Kind::RealRedis);
}

/// A master that slows its writers, since a replica stands still in its full sync.
struct Throttled {
    master: Server,
    replica: Server,
    proxy: FaultProxy,
}

impl Throttled {
    fn new(args: &[&str]) -> Throttled {
        let all = [&IN_MEMORY[..], &["--repl-memory-limit", "4mb"], args].concat();
        let master = ours(&all);
        fill_with_noise(&master, 30);
        let proxy = FaultProxy::start(master.port);
        proxy.limit_rate(Direction::ToClient, MB);
        let replica = Server::start_replica(Kind::Understudy, proxy.port, &[]);
        master.wait_for_log("Background RDB transfer started by pid ");
        proxy.stall(Direction::ToClient);
        let mut client = master.client();
        let value = "x".repeat(100_000);
        for _ in 0..25 {
            client.cmd(&["set", "k", &value]);
        }
        wait_until(PATIENCE, "writers to be slowed", || is_throttled(&master));
        Throttled { master, replica, proxy }
    }

    /// A client with more to write than the pace allows at once.
    fn writer(&self) -> Client {
        let mut client = self.master.client();
        let value = "y".repeat(400_000);
        let mut bytes = Vec::new();
        (0..8).for_each(|_| encode(&mut bytes, &["set", "k", &value]));
        client.send(&bytes);
        client.send(b"set last 1\r\n");
        client
    }

    fn heal(self) -> Server {
        self.proxy.heal();
        wait_equal_digests(&[&self.master, &self.replica]);
        self.master
    }
}

#[test]
fn reads_and_what_a_transaction_queues_do_not_wait_for_a_slow_replica() {
    let throttled = Throttled::new(&[]);
    let mut writer = throttled.writer();
    let mut client = throttled.master.client();
    wait_until(PATIENCE, "the writer to stand in line", || {
        info_field(&throttled.master, "clients", "blocked_clients") == "1"
    });
    assert_eq!(client.run("get k").text().len() % 100_000, 0);
    assert_eq!(client.run("multi"), "OK");
    assert_eq!(client.run("set mine 1"), "QUEUED");
    assert_eq!(client.run("get mine"), "QUEUED");
    client.send(b"exec\r\n");
    wait_until(PATIENCE, "the transaction to stand in line", || {
        info_field(&throttled.master, "clients", "blocked_clients") == "2"
    });
    let master = throttled.heal();
    client.reply();
    (0..9).for_each(|_| assert_eq!(writer.reply(), "OK"));
    assert_eq!(info_field(&master, "stats", "sync_full"), "1");
}

#[test]
fn writers_are_let_go_when_the_throttle_is_switched_off() {
    let throttled = Throttled::new(&[]);
    let mut writer = throttled.writer();
    throttled.master.ok("config set repl-throttle no");
    (0..9).for_each(|_| assert_eq!(writer.reply(), "OK"));
    assert!(!is_throttled(&throttled.master));
    // What it kept is more than the limit by now.
    throttled.master.wait_for_log("for overcoming of output buffer limits.");
    throttled.heal();
}

#[test]
fn writers_are_let_go_when_the_limit_is_raised() {
    let throttled = Throttled::new(&[]);
    let mut writer = throttled.writer();
    throttled.master.ok("config set repl-memory-limit 1gb");
    (0..9).for_each(|_| assert_eq!(writer.reply(), "OK"));
    wait_until(PATIENCE, "nobody to be slowed", || !is_throttled(&throttled.master));
    let master = throttled.heal();
    assert_eq!(info_field(&master, "stats", "sync_full"), "1");
}

#[test]
fn a_replica_that_stands_still_in_its_sync_is_given_up_in_time_and_writers_go_on() {
    let throttled = Throttled::new(&["--repl-timeout", "4"]);
    throttled.replica.pause();
    let mut writer = throttled.writer();
    throttled.master.wait_for_log("Disconnecting timedout replica (full sync)");
    (0..9).for_each(|_| assert_eq!(writer.reply(), "OK"));
    wait_until(PATIENCE, "nobody to be slowed", || !is_throttled(&throttled.master));
    throttled.replica.resume();
    throttled.heal();
}

/// Its stream is its master's, which does not wait for it.
#[test]
fn a_replica_is_not_slowed_for_the_sake_of_its_own() {
    let top = ours(&[]);
    fill_with_noise(&top, 30);
    let middle = replica_of(top.port, &[&IN_MEMORY[..], &["--repl-memory-limit", "8mb"]].concat());
    let proxy = FaultProxy::start(middle.port);
    proxy.limit_rate(Direction::ToClient, MB);
    let last = Server::start_replica(Kind::Understudy, proxy.port, &[]);
    middle.wait_for_log("Background RDB transfer started by pid ");
    proxy.stall(Direction::ToClient);
    let mut client = top.client();
    let value = "x".repeat(100_000);
    (0..60).for_each(|_| drop(client.cmd(&["set", "k", &value])));
    wait_equal_digests(&[&top, &middle]);
    assert!(number(&middle, "replication", "repl_backlog_histlen") > 5 * MB);
    assert!(!is_throttled(&middle) && middle.count_log("are slowed") == 0);
    proxy.heal();
    wait_equal_digests(&[&top, &middle, &last]);
}

/// An output limit that somebody has set is theirs.
#[test]
fn a_replica_over_an_output_limit_that_was_set_is_dropped_in_its_sync() {
    let args = ["--client-output-buffer-limit", "replica 3mb 0 0", "--repl-memory-limit", "1gb"];
    let master = ours(&args);
    fill_with_noise(&master, 30);
    let proxy = FaultProxy::start(master.port);
    proxy.limit_rate(Direction::ToClient, MB);
    let replica = Server::start_replica(Kind::Understudy, proxy.port, &[]);
    master.wait_for_log("Background RDB transfer started by pid ");
    let mut client = master.client();
    let value = "x".repeat(100_000);
    (0..35).for_each(|_| drop(client.cmd(&["set", "k", &value])));
    master.wait_for_log("for overcoming of output buffer limits.");
    proxy.heal();
    wait_equal_digests(&[&master, &replica]);
}
