//! Strings of several megabytes, which we keep in chunks.

use crate::support::*;

const LEN: usize = 3_000_000;

fn long_strings_replicate(master: Kind, replica: Kind) {
    let copies = !master.is_redis_six() && !replica.is_redis_six();
    let master = Server::start(master, &[]);
    let mut client = master.client();
    let noise = Random::new(11).bytes(LEN);
    client.cmd(&[b"set", b"noise".as_slice(), &noise]);
    client.cmd(&[b"set", b"digits".as_slice(), &b"0123456789".repeat(LEN / 10)]);
    client.ok("setrange sparse 2999999 x");
    let replica = Server::start_replica(replica, master.port, &[]);
    replica.wait_link_up();
    wait_equal_digests(&[&master, &replica]);
    assert!(replica.client().cmd(&[b"get", b"noise".as_slice()]).bytes() == noise);

    client.ok("setrange noise 65530 across-an-edge");
    client.ok("setrange digits 4000000 beyond-the-end");
    client.ok("append sparse tail");
    client.cmd(&[b"append", b"short".as_slice(), &noise]);
    if copies {
        client.ok("copy noise copied");
        client.ok("setrange copied 1000000 only-here");
    }
    wait_equal_digests(&[&master, &replica]);
}
for_each_pair!(long_strings_replicate);
