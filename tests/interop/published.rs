//! What is published on a master goes to its replicas, and to whoever listens there.

use crate::support::*;

/// A client of the replica that has said this, and heard that it was so.
fn listener(replica: &Server, subscribe: &str) -> Client {
    let mut client = replica.client();
    client.run(subscribe);
    client
}

fn what_is_published_on_the_master_is_heard_on_the_replica(master: Kind, replica: Kind) {
    let has_shards = !master.is_redis_six() && !replica.is_redis_six();
    let master = Server::start(master, &[]);
    let replica = Server::start_replica(replica, master.port, &[]);
    replica.wait_link_up();
    master.wait_online(1);
    let mut old = listener(&replica, "subscribe news");
    let mut by_pattern = listener(&replica, "psubscribe n*");
    let mut new = replica.client().hello3();
    new.run(if has_shards { "ssubscribe room" } else { "subscribe other" });
    assert_eq!(master.run("publish news one"), 0);
    if has_shards {
        assert_eq!(master.run("spublish room two"), 0);
        assert_eq!(master.run("spublish news three"), 0);
        assert_eq!(new.reply(), Value::Push(bulks(&["smessage", "room", "two"])));
    }
    assert_eq!(old.reply(), Value::Array(bulks(&["message", "news", "one"])));
    assert_eq!(by_pattern.reply(), Value::Array(bulks(&["pmessage", "n*", "news", "one"])));
    // Inside a transaction too, and nothing else in between.
    let mut client = master.client();
    for command in ["multi", "set k v", "publish news four", "exec"] {
        client.run(command);
    }
    assert_eq!(old.reply(), Value::Array(bulks(&["message", "news", "four"])));
    wait_equal_digests(&[&master, &replica]);
}
for_each_pair!(what_is_published_on_the_master_is_heard_on_the_replica);

fn bulks(words: &[&str]) -> Vec<Value> {
    words.iter().map(|word| Value::Bulk(word.as_bytes().to_vec())).collect()
}
