//! Streams that came from outside, whatever is in them, under all commands.

use crate::base::random::Random;
use crate::keyspace::testing::TestServer;
use crate::rdb::value::testing::damaged;

/// A stream of several blocks with what is deleted, pending and trimmed of it.
fn sample(server: &mut TestServer) {
    for i in 1..=30 {
        server.run(&format!("XADD s {i}-1 temperature {i} place text-{i}"));
        server.run(&format!("XADD s {i}-2 other {}", i * 70_000));
    }
    for line in [
        "XGROUP CREATE s g 3 ENTRIESREAD 5",
        "XGROUP CREATE s 7 $",
        "XREADGROUP GROUP g alice COUNT 8 STREAMS s >",
        "XREADGROUP GROUP g bob COUNT 30 STREAMS s >",
        "XDEL s 7-1 12-1 30-2 1-1",
        "XTRIM s MINID 2",
    ] {
        server.run(line);
    }
}

const COMMANDS: &[&str] = &[
    "XLEN s",
    "XRANGE s - +",
    "XREVRANGE s + - COUNT 3",
    "XRANGE s (5-1 12",
    "XINFO STREAM s FULL COUNT 0",
    "XINFO GROUPS s",
    "XINFO CONSUMERS s g",
    "XPENDING s g",
    "XPENDING s g IDLE 1 - + 100",
    "XPENDING s g - + 100 alice",
    "XREADGROUP GROUP g alice STREAMS s 0",
    "XREADGROUP GROUP g carol COUNT 2 STREAMS s >",
    "XAUTOCLAIM s g bob 0 - COUNT 3",
    "XCLAIM s g bob 0 5-1 6-1 7-1 8-2 FORCE",
    "XACK s g 5-1 6-1 9-1",
    "XDEL s 5-1 6-2 9-9",
    "XTRIM s MAXLEN ~ 40",
    "XTRIM s MINID 6-2",
    "XADD s MAXLEN 20 * temperature 1 place 2",
    "XADD s * other 1",
    "XGROUP DELCONSUMER s g alice",
    "COPY s t",
    "XTRIM s MAXLEN 0",
    "XSETID s 18446744073709551615-0",
    "XADD s * f v",
    "XGROUP DESTROY s g",
    "XREAD STREAMS s t 0 0",
    "MEMORY USAGE t",
    "DEBUG DIGEST-VALUE s t",
    "DUMP t",
];

#[test]
fn whatever_is_restored_withstands_all_commands() {
    let seed = Random::from_entropy().next_u64();
    println!("seed {seed}");
    let mut random = Random::from_seed(seed);
    let mut server = TestServer::new();
    server.enable_debug();
    server.server().config.types.stream_node_max_entries = 10;
    sample(&mut server);
    let reply = server.run_args(&[b"DUMP", b"s"]);
    let start = reply.iter().position(|&byte| byte == b'\n').expect("a bulk string") + 1;
    let body = &reply[start..reply.len() - 12];
    let mut good = 0;
    for _ in 0..5000 {
        let payload = damaged(body, &mut random);
        server.run("FLUSHALL");
        if server.run_args(&[b"RESTORE", b"s", b"0", &payload]) != b"+OK\r\n" {
            continue;
        }
        good += 1;
        COMMANDS.iter().for_each(|line| drop(server.run(line)));
    }
    assert!(good > 100, "{good}");
}

#[test]
fn a_stream_is_told_of_as_any_value() {
    let mut server = TestServer::new();
    server.enable_debug();
    sample(&mut server);
    server.check(&[
        ("TYPE s", "stream"),
        ("OBJECT ENCODING s", "\"stream\""),
        ("SCAN 0 TYPE stream COUNT 10", "[\"0\" [\"s\"]]"),
        ("COPY s t", "1"),
        ("XDEL t 4-1", "1"),
        ("XACK t g 4-1", "1"),
        ("XLEN s", "55"),
        ("XLEN t", "54"),
    ]);
    let pending = |server: &mut TestServer, key: &str| server.run(&format!("XPENDING {key} g"));
    assert!(
        pending(&mut server, "s").starts_with("[38 ")
            && pending(&mut server, "t").starts_with("[37 ")
    );
    let bytes: i64 = server.run("MEMORY USAGE s").parse().expect("a number");
    assert!((2_000..12_000).contains(&bytes), "{bytes}");
    server.check(&[("XTRIM s MAXLEN 0", "55"), ("XGROUP DESTROY s g", "1"), ("EXISTS s", "1")]);
    let empty: i64 = server.run("MEMORY USAGE s").parse().expect("a number");
    assert!(empty < 700, "{empty}");
}
