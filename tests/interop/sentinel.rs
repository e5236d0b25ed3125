//! Three real Sentinels watch our master and its two replicas; a client asks them where to write.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

/// How long the client waits for an answer of a server that may hang.
const CLIENT_PATIENCE: Duration = Duration::from_millis(500);

/// A server of ours that was started from a file with a user's lines in it.
fn server(master: Option<u16>) -> Server {
    let mut server = Server::prepare_exact(Understudy, |port, dir| {
        let file = dir.join("redis.conf");
        let mut lines = format!(
            "# A user's file.\nport {port}\nbind 127.0.0.1\ndir {}\nsave \"\"\n\
             enable-debug-command yes\n# Faster than the default:\nrepl-ping-replica-period 1\n",
            dir.display()
        );
        if let Some(port) = master {
            lines += &format!("replicaof 127.0.0.1 {port}\n");
        }
        fs::write(&file, lines).expect("write the file");
        (vec![file.display().to_string()], String::new())
    });
    server.restart();
    server
}

fn sentinel(master: u16) -> Server {
    let mut sentinel = Server::prepare_exact(RealRedis, |port, dir| {
        let file = dir.join("sentinel.conf");
        let lines = format!(
            "port {port}\nbind 127.0.0.1\ndir {}\nsentinel monitor heart 127.0.0.1 {master} 2\n\
             sentinel down-after-milliseconds heart 1000\nsentinel failover-timeout heart 10000\n\
             sentinel parallel-syncs heart 2\n",
            dir.display()
        );
        fs::write(&file, lines).expect("write the file");
        (vec![file.display().to_string(), "--sentinel".into()], String::new())
    });
    sentinel.restart();
    // It asks and tells less often by itself: a test would take half a minute.
    let hasty = "sentinel debug info-period 500 publish-period 500 ask-period 500";
    // Those before 7.0 refuse, and the test takes its time.
    let _ = sentinel.run(hasty);
    sentinel
}

/// Where the Sentinel says that the master is.
fn master_port(sentinel: &Server) -> u16 {
    let reply = sentinel.run("sentinel get-master-addr-by-name heart");
    reply.texts()[1].parse().expect("a port")
}

/// `num-slaves` and the like of what a Sentinel knows of the master.
fn told(sentinel: &Server, field: &str) -> String {
    let texts = sentinel.run("sentinel master heart").texts();
    let at = texts.iter().position(|text| text == field).expect("the field");
    texts[at + 1].clone()
}

struct World {
    servers: [Server; 3],
    sentinels: [Server; 3],
}

impl World {
    /// A master, two replicas and three Sentinels, each of which knows all others.
    fn start() -> World {
        let master = server(None);
        let replicas = [server(Some(master.port)), server(Some(master.port))];
        replicas.iter().for_each(Server::wait_link_up);
        master.write_through("set before 1", 2);
        let sentinels = [0; 3].map(|_| sentinel(master.port));
        for sentinel in &sentinels {
            for (field, wanted) in [("num-slaves", "2"), ("num-other-sentinels", "2")] {
                wait_for(PATIENCE, field, || match told(sentinel, field) {
                    known if known == wanted => Ok(()),
                    known => Err(known),
                });
            }
        }
        let [one, two] = replicas;
        World { servers: [master, one, two], sentinels }
    }

    /// Waits until all Sentinels name another master than the first; gives the new one and the other.
    fn wait_promoted(&self) -> (&Server, &Server) {
        let old = self.servers[0].port;
        let port = wait_for(PATIENCE, "a promotion of which all Sentinels know", || {
            let named = [0, 1, 2].map(|i| master_port(&self.sentinels[i]));
            let is_one = named.iter().all(|&port| port == named[0]);
            if is_one && named[0] != old { Ok(named[0]) } else { Err(format!("{named:?}")) }
        });
        let [_, one, two] = &self.servers;
        let (new, other) = if one.port == port { (one, two) } else { (two, one) };
        assert_eq!(new.port, port);
        wait_info(new, "replication", "role", "master");
        wait_info(other, "replication", "master_port", &new.port.to_string());
        other.wait_link_up();
        (new, other)
    }
}

/// A client that asks the Sentinels where to write, and writes.
struct Writer {
    over: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Writer {
    fn start(world: &World) -> Writer {
        let (over, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (end, count) = (over.clone(), answered.clone());
        let sentinels = [0, 1, 2].map(|i| world.sentinels[i].address());
        let thread = std::thread::spawn(move || {
            for turn in 0.. {
                let asked = Client::try_connect(sentinels[turn % 3])
                    .and_then(|mut c| c.try_run("sentinel get-master-addr-by-name heart"));
                let Ok(Value::Array(address)) = asked else { continue };
                let port: u16 = address[1].text().parse().expect("a port");
                let Ok(mut client) = Client::try_connect(("127.0.0.1", port)) else { continue };
                client.set_reply_deadline(CLIENT_PATIENCE);
                while let Ok(Value::Int(_)) = client.try_run("incr counter") {
                    count.fetch_add(1, Ordering::Relaxed);
                    if end.load(Ordering::Relaxed) {
                        return;
                    }
                }
            }
        });
        Writer { over, answered, thread }
    }

    fn wait_more(&self) {
        let before = self.answered.load(Ordering::Relaxed);
        wait_until(PATIENCE, "the client to write on", || {
            self.answered.load(Ordering::Relaxed) > before + 100
        });
    }

    fn stop(self) {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().expect("the client");
    }
}

/// The old master is a replica of the new one, and all have the same.
fn assert_settled(world: &World, new: &Server) {
    let [old, one, two] = &world.servers;
    wait_info(old, "replication", "role", "slave");
    wait_info(old, "replication", "master_port", &new.port.to_string());
    old.wait_link_up();
    wait_info(new, "replication", "connected_slaves", "2");
    new.ok("set after 1");
    wait_equal_digests(&[new, old, one, two]);
    for server in &world.servers {
        assert_eq!(server.run("exists before after"), 2);
    }
}

/// The user's lines are still there, and the one that Sentinel's CONFIG REWRITE is for is right.
fn assert_rewritten(server: &Server, follows: Option<u16>) {
    let text = fs::read_to_string(server.dir().join("redis.conf")).expect("read the file");
    assert!(text.starts_with("# A user's file.\nport "), "{text}");
    assert!(text.contains("# Faster than the default:\nrepl-ping-replica-period 1\n"), "{text}");
    let named: Vec<&str> = text.lines().filter(|line| line.starts_with("replicaof")).collect();
    let wanted: Vec<String> =
        follows.into_iter().map(|port| format!("replicaof 127.0.0.1 {port}")).collect();
    assert_eq!(named, wanted, "{text}");
}

#[test]
fn a_killed_master_is_replaced_and_comes_back_as_a_replica() {
    let mut world = World::start();
    let writer = Writer::start(&world);
    writer.wait_more();
    world.servers[0].kill9();
    let (new, other) = world.wait_promoted();
    assert_eq!(info_field(new, "stats", "sync_full"), "0", "the other continues");
    assert_eq!(info_field(new, "stats", "sync_partial_ok"), "1");
    assert_rewritten(new, None);
    assert_rewritten(other, Some(new.port));
    writer.wait_more();
    let new_port = new.port;
    world.servers[0].restart();
    let new = world.servers.iter().find(|server| server.port == new_port).expect("it is there");
    wait_info(&world.servers[0], "replication", "role", "slave");
    writer.wait_more();
    writer.stop();
    assert_settled(&world, new);
    assert_rewritten(&world.servers[0], Some(new_port));
    // Each starts from its file as what it is.
    let promoted = world.servers.iter().position(|server| server.port == new_port);
    let follower = 3 - promoted.expect("it is there");
    world.servers[follower].restart();
    world.servers[follower].wait_link_up();
    wait_info(&world.servers[follower], "replication", "master_port", &new_port.to_string());
}

#[test]
fn a_master_that_stands_still_is_replaced_and_follows_when_it_goes_on() {
    let world = World::start();
    let writer = Writer::start(&world);
    writer.wait_more();
    world.servers[0].pause();
    let (new, _) = world.wait_promoted();
    writer.wait_more();
    world.servers[0].resume();
    wait_info(&world.servers[0], "replication", "role", "slave");
    writer.wait_more();
    writer.stop();
    assert_settled(&world, new);
    assert_rewritten(&world.servers[0], Some(new.port));
}

#[test]
fn a_failover_that_somebody_asks_for_needs_no_data_set() {
    let world = World::start();
    let writer = Writer::start(&world);
    writer.wait_more();
    assert_eq!(world.sentinels[0].run("sentinel failover heart"), "OK");
    let (new, _) = world.wait_promoted();
    writer.wait_more();
    writer.stop();
    assert_settled(&world, new);
}
