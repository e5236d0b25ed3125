//! `repl-diskless-load`: what a replica's old data does while the new comes in, and when it does not.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, mpsc};

use crate::bad_payloads::{replid, snapshot_of};
use crate::support::*;

const KEEPING: [&str; 3] = ["disabled", "on-empty-db", "swapdb"];
const FLUSHING: &str = "flush-before-load";

/// What a master sends that has a thousand keys, `k:1` among them.
fn snapshot() -> Vec<u8> {
    let source = ours(&[]);
    (0..1000).for_each(|i| drop(source.ok(&format!("set k:{i} new{i}"))));
    snapshot_of(&source)
}

/// A replica with data of its own.
fn replica_with_data(mode: &str) -> Server {
    let replica = ours(&["--repl-diskless-load", mode, "--repl-timeout", "5"]);
    (0..10).for_each(|i| drop(replica.ok(&format!("set k:{i} old"))));
    replica
}

/// A master that stops in the middle of its snapshot until it is told to go on.
fn master_that_stops(rdb: Vec<u8>) -> (FakeMaster, mpsc::Sender<()>) {
    let (go_on, is_told) = mpsc::channel();
    let is_told = Mutex::new(is_told);
    let master = FakeMaster::start(move |_, link| {
        link.handshake()?;
        link.send(format!("+FULLRESYNC {} 0\r\n${}\r\n", replid(), rdb.len()))?;
        let (first, rest) = rdb.split_at(rdb.len() / 2);
        link.send(first)?;
        let _ = is_told.lock().expect("no test panics in it").recv();
        link.send(rest)?;
        link.drain()
    });
    (master, go_on)
}

fn loading(replica: &Server) -> (String, String) {
    let info = info(replica, "persistence");
    let field = |name| info.get(name).expect("the field").to_owned();
    (field("loading"), field("async_loading"))
}

fn is(loading: &str, async_loading: &str) -> (String, String) {
    (loading.to_owned(), async_loading.to_owned())
}

#[test]
fn old_data_serves_while_the_new_is_loaded() {
    let rdb = snapshot();
    for mode in KEEPING {
        let replica = replica_with_data(mode);
        let (master, go_on) = master_that_stops(rdb.clone());
        replica.replicaof(master.port);
        wait_until(PATIENCE, "the load", || loading(&replica) == is("0", "1"));
        assert_eq!((replica.run("get k:1"), replica.run("dbsize").int()), ("old".into(), 10));
        go_on.send(()).expect("it waits");
        wait_until(PATIENCE, "the new data", || replica.run("get k:1") == "new1");
        assert_eq!(loading(&replica), is("0", "0"), "{mode}");
        assert_eq!(replica.count_log("Flushing old data"), 0);
    }
}

#[test]
fn old_data_that_goes_first_leaves_clients_with_loading() {
    let replica = replica_with_data(FLUSHING);
    let (master, go_on) = master_that_stops(snapshot());
    replica.replicaof(master.port);
    wait_until(PATIENCE, "the load", || loading(&replica) == is("1", "0"));
    assert_eq!(replica.run("get k:1").error(), "LOADING Redis is loading the dataset in memory");
    let info = info(&replica, "persistence");
    assert!(info.get("loading_total_bytes").is_some_and(|bytes| bytes != "0"));
    replica.wait_for_log("MASTER <-> REPLICA sync: Flushing old data");
    go_on.send(()).expect("it waits");
    wait_until(PATIENCE, "the new data", || replica.run("get k:1") == "new1");
    assert_eq!(loading(&replica), is("0", "0"));
    assert_eq!(replica.run("dbsize"), 1000);
}

/// A master that sends a broken snapshot at first, or breaks off in its middle, and then a whole one
/// when it may. The PSYNCs that it got.
fn master_that_fails(is_cut: bool, may_send: &Arc<AtomicUsize>) -> (FakeMaster, Asked) {
    let asked = Asked::default();
    let rdb = snapshot();
    let (may_send, all) = (may_send.clone(), asked.clone());
    let master = FakeMaster::start(move |_, link| {
        let psync = link.handshake()?;
        all.lock().expect("no test panics in it").push(psync.join(" "));
        link.send(format!("+FULLRESYNC {} 0\r\n${}\r\n", replid(), rdb.len()))?;
        let mut sent = rdb.clone();
        if may_send.load(Relaxed) == 0 {
            let middle = sent.len() / 2;
            match is_cut {
                true => sent.truncate(middle),
                false => sent[middle] ^= 0xff,
            }
            link.send(&sent)?;
            return if is_cut { Ok(()) } else { link.drain() };
        }
        link.send(&sent)?;
        link.drain()
    });
    (master, asked)
}

type Asked = Arc<Mutex<Vec<String>>>;

#[test]
fn a_transfer_that_fails_leaves_old_data_serving_unless_it_went_first() {
    for mode in KEEPING.into_iter().chain([FLUSHING]) {
        for is_cut in [false, true] {
            let replica = replica_with_data(mode);
            let may_send = Arc::new(AtomicUsize::new(0));
            let (master, asked) = master_that_fails(is_cut, &may_send);
            replica.replicaof(master.port);
            wait_until(PATIENCE, "another try", || master.connections() > 1);
            let is_left = || loading(&replica) == is("0", "0");
            wait_until(PATIENCE, "the load to be given up", is_left);
            // Between two tries.
            match mode {
                FLUSHING => assert_ne!(replica.run("get k:1"), "old"),
                _ => assert_eq!(replica.run("get k:1"), "old", "{mode} {is_cut}"),
            }
            may_send.store(1, Relaxed);
            let is_new = || replica.run("get k:1") == "new1";
            wait_until(2 * PATIENCE, "the new data", is_new);
            assert_eq!(replica.run("dbsize"), 1000);
            let asked = asked.lock().expect("no test panics in it");
            // There is nothing to go on from once it is gone.
            let is_fresh = |line: &String| line.starts_with("psync ? -1");
            assert!(mode != FLUSHING || asked.iter().skip(1).all(is_fresh), "{asked:?}");
        }
    }
}

#[test]
fn old_data_goes_first_when_memory_has_no_room_for_both() {
    let master = ours(&[]);
    let mut client = master.client();
    let value = "x".repeat(1 << 20);
    (0..20).for_each(|i| drop(client.cmd(&["set", &format!("k:{i}"), &value])));
    for (ignores, goes_first) in [("yes", false), ("no", true)] {
        let args = ["--maxmemory", "40mb", "--replica-ignore-maxmemory", ignores];
        let replica = ours(&args);
        let mut client = replica.client();
        (0..25).for_each(|i| drop(client.cmd(&["set", &format!("old:{i}"), &value])));
        replica.replicaof(master.port);
        replica.wait_link_up();
        wait_equal_digests(&[&master, &replica]);
        let said = replica.count_log("the old data goes before the new is loaded");
        assert_eq!(said, usize::from(goes_first), "replica-ignore-maxmemory {ignores}");
        assert_eq!(replica.count_log("Flushing old data"), usize::from(goes_first));
        assert_eq!(loading(&replica), is("0", "0"));
    }
}

#[test]
fn the_mode_is_set_at_run_time() {
    let master = ours(&[]);
    master.ok("set k v");
    let replica = replica_of(master.port, &[]);
    for (mode, flushes) in [("swapdb", 0), (FLUSHING, 1), ("disabled", 1)] {
        replica.ok(&format!("config set repl-diskless-load {mode}"));
        assert_eq!(replica.run("config get repl-diskless-load").texts()[1], mode);
        replica.ok("replicaof no one");
        replica.ok("set mine 1");
        replica.replicaof(master.port);
        wait_equal_digests(&[&master, &replica]);
        assert_eq!(replica.count_log("Flushing old data"), flushes, "{mode}");
    }
    assert_eq!(
        replica.run("config set repl-diskless-load never").error(),
        "ERR CONFIG SET failed (possibly related to argument 'repl-diskless-load') - argument(s) must be one of the following: disabled, on-empty-db, swapdb"
    );
}

/// Nobody may take it for a replica that has what it had, and its file may be the last that does.
#[test]
fn a_replica_that_was_emptied_for_nothing_shows_no_offset_and_keeps_its_file() {
    let (master, mut replica) =
        super::pair(&["--save", "3600 1", "--repl-diskless-load", "flush-before-load"]);
    master.write_through("set key 1", 1);
    assert_eq!(replica.run("save"), "OK");
    let file = replica.dir().join("dump.rdb");
    let saved = std::fs::read(&file).expect("its file");
    let fake = FakeMaster::start(|_, link| {
        link.handshake()?;
        link.send(format!("+FULLRESYNC {} 7000\r\n$1000\r\nREDIS0009", "a".repeat(40)))
    });
    replica.replicaof(fake.port);
    wait_until(PATIENCE, "nothing left", || replica.run("dbsize") == 0);
    assert_eq!(info_field(&replica, "replication", "slave_repl_offset"), "1");
    assert!(replica.terminate().success());
    assert_eq!(std::fs::read(&file).expect("its file"), saved);
}
