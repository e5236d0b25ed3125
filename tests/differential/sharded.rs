//! Shard channels, to the byte: confirmations, messages, who listens, and what is refused.

use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

/// Who says what: 0 listens, 1 publishes and asks.
const WALK: &[(usize, &str)] = &[
    (0, "ssubscribe a b a"),
    (0, "ssubscribe"),
    (0, "sunsubscribe x"),
    (0, "sunsubscribe b"),
    (1, "spublish a hello"),
    (1, "spublish b nobody"),
    (1, "publish a nobody"),
    (0, "subscribe a"),
    (1, "publish a global"),
    (1, "spublish a sharded"),
    (1, "pubsub shardchannels"),
    (1, "pubsub shardchannels a*"),
    (1, "pubsub shardchannels x*"),
    (1, "pubsub shardchannels a b"),
    (1, "pubsub shardnumsub"),
    (1, "pubsub shardnumsub a b"),
    (1, "pubsub channels"),
    (1, "pubsub numsub a b"),
    (1, "pubsub numpat"),
    (0, "ping"),
    (0, "ping x"),
    (0, "sunsubscribe"),
    (0, "sunsubscribe"),
    (0, "unsubscribe"),
    (0, "get k"),
    (1, "multi"),
    (1, "spublish m"),
    (1, "exec"),
    (0, "ssubscribe z"),
    (0, "reset"),
    (1, "spublish z gone"),
    (1, "pubsub shardchannels"),
    (1, "sunsubscribe"),
    (1, "command getkeysandflags ssubscribe a b"),
];

/// The confirmations of RESP3 are parted from the array here, and stand in it in Redis.
const OLD_TRANSACTION: &[(usize, &str)] = &[
    (0, "multi"),
    (0, "ssubscribe m"),
    (0, "spublish m x"),
    (0, "sunsubscribe m"),
    (0, "exec"),
    (0, "spublish m nobody"),
];

/// What both clients are sent step by step.
fn heard(kind: Kind, is_new: bool, steps: &[(usize, &str)]) -> Vec<String> {
    let server = Server::start(kind, &[]);
    let mut clients = [server.client(), server.client()];
    if is_new {
        clients = clients.map(Client::hello3);
    }
    let mut heard = Vec::new();
    let mut queues = [false; 2];
    for (step, &(who, line)) in steps.iter().enumerate() {
        clients[who].send_cmd(&line.split(' ').collect::<Vec<_>>());
        queues[who] = line == "multi" || (queues[who] && line != "exec");
        // Who acts has its reply before the other looks for what follows from it.
        for i in [who, 1 - who] {
            let said = match queues[i] {
                // PING would be queued too.
                true if i == who => vec![format!("{:?}", clients[i].reply())],
                true => Vec::new(),
                false => said_to(&mut clients[i], &format!("mark{step}")),
            };
            heard.push(format!("{line} -> {i}: {}", said.join(" ")));
        }
    }
    heard
}

/// All that a client is sent up to the answer to a PING with this text, which says that it is all.
fn said_to(client: &mut Client, mark: &str) -> Vec<String> {
    client.send_cmd(&["ping", mark]);
    let mut said = Vec::new();
    loop {
        let reply = format!("{:?}", client.reply());
        let is_last = reply.contains(mark);
        said.push(reply);
        if is_last {
            return said;
        }
    }
}

fn assert_heard_alike(is_new: bool, steps: &[(usize, &str)]) {
    let (ours, theirs) = (heard(Understudy, is_new, steps), heard(RealRedis, is_new, steps));
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs);
    }
}

#[test]
fn shard_channels_are_as_in_redis_for_old_clients() {
    assert_heard_alike(false, WALK);
    assert_heard_alike(false, OLD_TRANSACTION);
}

#[test]
fn shard_channels_are_as_in_redis_for_new_clients() {
    assert_heard_alike(true, WALK);
}
