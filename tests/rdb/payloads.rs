//! DUMP and RESTORE between redis-server and us.

use understudy::rdb::dump::{dump, restore};
use understudy::store::entry::Entry;
use understudy::store::value::{Limits, NewValue};

use crate::data::{strings, text};
use crate::support::{Kind, Server};

#[test]
fn redis_restores_what_we_dump_and_we_restore_what_it_dumps() {
    let server = Server::start(Kind::RealRedis, &[]);
    let mut client = server.client();
    for (n, string) in strings().iter().enumerate() {
        let entry = Entry::new(b"k", NewValue::Str(string), None);
        let payload = dump(&entry.value(), n % 2 == 0);
        client.cmd(&[b"restore", &b"k"[..], b"0", &payload, b"replace"]);
        let got = client.cmd(&[&b"get"[..], b"k"]);
        assert!(got.bytes() == string, "string {n}");

        let theirs = client.cmd(&[&b"dump"[..], b"k"]);
        let back =
            restore(theirs.bytes(), Limits::default(), |value| Entry::new(b"k", value, None));
        assert!(text(&back.unwrap()) == *string, "string {n}");
    }
}
