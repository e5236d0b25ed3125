//! Groups of streams, which no digest covers, in full syncs, streams, files and payloads: the same
//! is pending of the same consumers, and the groups have read as far.

use std::fs;

use crate::support::*;

const KEYS: u64 = 12;
const GROUPS: [&str; 2] = ["g", "group 2"];

fn words(line: &str) -> Vec<Vec<u8>> {
    line.split(' ').map(|word| word.replace('_', " ").into_bytes()).collect()
}

/// Streams with groups that have read nothing yet.
fn create(server: &Server) {
    let mut client = server.client();
    for key in 0..KEYS {
        for group in GROUPS {
            let group = group.replace(' ', "_");
            let reply = client.cmd(&words(&format!("xgroup create x:{key} {group} 0 mkstream")));
            assert_eq!(reply, "OK");
        }
    }
}

/// A change of a stream or of a group. `for_six`: only what Redis 6.0 knows too.
fn change(random: &mut Random, n: u64, for_six: bool) -> String {
    let key = format!("x:{}", random.below(KEYS));
    let group = GROUPS[random.below(2) as usize].replace(' ', "_");
    let consumer = format!("consumer-{}", random.below(4));
    let id = format!("{}-1", 1 + random.below(n.max(1)));
    match random.below(20) {
        // How far a group has read is told with how many entries that is, which 7.0 brought.
        8 | 12.. if for_six => format!("xadd {key} {}-1 field {n}", n + 1),
        0..=3 => format!("xadd {key} {}-1 field {n} other value", n + 1),
        4..=7 => format!("xreadgroup group {group} {consumer} count 3 streams {key} >"),
        8 => format!("xreadgroup group {group} {consumer} count 2 noack streams {key} >"),
        9 | 10 => format!("xack {key} {group} {id} {}-1", n / 2),
        11 => format!("xclaim {key} {group} {consumer} 0 {id} force retrycount {}", n % 9),
        12 | 13 => format!("xautoclaim {key} {group} {consumer} 0 {id} count 3 justid"),
        14 | 15 => format!("xdel {key} {id}"),
        16 => format!("xtrim {key} maxlen 30"),
        17 => format!("xgroup setid {key} {group} {id} entriesread {}", n % 50),
        18 => format!("xgroup createconsumer {key} {group} {consumer}"),
        _ if n.is_multiple_of(10) => format!("xgroup delconsumer {key} {group} {consumer}"),
        _ => format!("xclaim {key} {group} {consumer} 0 {id} idle 5000 justid"),
    }
}

fn write(server: &Server, from: u64, count: u64, for_six: bool) {
    let mut random = Random::from_environment("groups");
    let mut client = server.client();
    for n in from..from + count {
        let line = change(&mut random, n, for_six);
        let reply = client.cmd(&words(&line));
        assert!(!reply.is_error(), "{line}: {reply:?}");
    }
}

/// What is pending without how long it is, and how far the groups have read.
fn facts(server: &Server) -> Vec<String> {
    let mut client = server.client();
    let mut facts = Vec::new();
    for key in 0..KEYS {
        for group in GROUPS {
            let key = format!("x:{key}");
            let summary = client.cmd(&["xpending", &key, group]);
            facts.push(format!("{key} {group}: {summary:?}"));
            let all = client.cmd(&["xpending", &key, group, "-", "+", "100000"]);
            for pending in all.items() {
                let [id, consumer, _, count] = pending.items() else { panic!("{pending:?}") };
                facts.push(format!("{id:?} {consumer:?} {count:?}"));
            }
        }
        let groups = client.run(&format!("xinfo groups x:{key}"));
        for group in groups.items() {
            let fields = group.items();
            let at = fields.iter().position(|field| *field == "last-delivered-id");
            facts.push(format!("{:?}", fields[at.expect("a position") + 1]));
        }
    }
    facts
}

/// What is counted of entries and groups, which only our own files and syncs tell in full.
fn counts(server: &Server) -> Vec<String> {
    let mut client = server.client();
    let mut counts = Vec::new();
    for key in 0..KEYS {
        for command in ["stream", "groups"] {
            let reply = client.run(&format!("xinfo {command} x:{key}"));
            counts.push(format!("{reply:?}"));
        }
        for group in GROUPS {
            let consumers = client.cmd(&["xinfo", "consumers", &format!("x:{key}"), group]);
            let names = consumers.items().iter().map(|consumer| consumer.items()[1].text());
            counts.extend(names);
        }
    }
    counts
}

#[test]
fn our_own_files_and_syncs_leave_nothing_out() {
    let master = ours(&[]);
    create(&master);
    write(&master, 0, 1_500, false);
    let mut replica = replica_of(master.port, &[]);
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(counts(&replica), counts(&master));
    write(&master, 1_500, 300, false);
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(counts(&replica), counts(&master));
    replica.ok("replicaof no one");
    assert_eq!(replica.run("save"), "OK");
    replica.restart();
    assert_eq!(counts(&replica), counts(&master));
}

fn groups_replicate(master: Kind, replica: Kind) {
    let for_six = master.is_redis_six() || replica.is_redis_six();
    let master = Server::start(master, &[]);
    create(&master);
    write(&master, 0, 800, for_six);
    let replica = Server::start_replica(replica, master.port, &[]);
    write(&master, 800, 500, for_six);
    replica.wait_link_up();
    write(&master, 1300, 800, for_six);
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(facts(&replica), facts(&master));
}
for_each_pair!(groups_replicate);

fn groups_are_loaded_and_restored(writer: Kind, reader: Kind) {
    if reader.is_redis_six() {
        return;
    }
    let for_six = writer.is_redis_six();
    let writer = Server::start(writer, &[]);
    create(&writer);
    write(&writer, 0, 1_500, for_six);
    assert_eq!(writer.run("save"), "OK");
    let mut reader = Server::prepare(reader, &[]);
    fs::copy(writer.dir().join("dump.rdb"), reader.dir().join("dump.rdb")).expect("copy");
    reader.restart();
    assert_eq!(digest(&reader), digest(&writer));
    assert_eq!(facts(&reader), facts(&writer));
    reader.ok("flushall");
    let (mut client, mut other) = (writer.client(), reader.client());
    for key in 0..KEYS {
        let key = format!("x:{key}").into_bytes();
        let payload = client.cmd(&[b"dump", &key[..]]);
        assert_eq!(other.cmd(&[&b"restore"[..], &key, b"0", payload.bytes()]), "OK");
    }
    assert_eq!(facts(&reader), facts(&writer));
}
for_each_pair!(groups_are_loaded_and_restored);
