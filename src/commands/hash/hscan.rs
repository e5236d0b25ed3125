//! `HSCAN key cursor [MATCH pattern] [COUNT count]`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::Group;
use crate::commands::elements::ReplyElements;
use crate::commands::error::Outcome;
use crate::commands::generic::scan::{ELEMENTS_ARGUMENTS, scan_elements};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::hash::Hash;

pub const HSCAN: Command = Command::new("hscan", -3, hscan)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Hash])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .tips(&["nondeterministic_output"])
    .docs(Group::Hash, "2.8.0", "Walks over the fields of a hash in steps.")
    .complexity("O(1) for every call, O(N) for a walk over all N fields")
    .arguments(ELEMENTS_ARGUMENTS);

fn hscan(call: &mut Call<'_>) -> Outcome {
    scan_elements::<Hash>(call, |hash, cursor, options, found| {
        hash.scan(cursor, options.count, |field, value| {
            if options.match_element(field) {
                found.reply.element(field);
                found.reply.string(Some(value));
                found.count += 2;
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn fields_are_walked_over() {
        let mut server = TestServer::new();
        server.check(&[
            ("HSET h aa 1 ab x b 2", "3"),
            ("HSCAN h 0", "[\"0\" [\"aa\" \"1\" \"ab\" \"x\" \"b\" \"2\"]]"),
            ("HSCAN h 0 MATCH a* COUNT 1", "[\"0\" [\"aa\" \"1\" \"ab\" \"x\"]]"),
            ("HSCAN none 0 foo", "[\"0\" []]"),
            ("HSCAN none x", "-ERR invalid cursor"),
            ("HSCAN h 0 COUNT 0", "-ERR syntax error"),
            ("HSCAN h 0 TYPE string", "-ERR syntax error"),
            ("SET s v", "OK"),
            ("HSCAN s 0 foo", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ]);
    }

    #[test]
    fn a_large_hash_is_walked_over_in_steps_and_each_field_seen_once() {
        let mut server = TestServer::new();
        (0..1000).for_each(|i| drop(server.run(&format!("HSET h field:{i} {i}"))));
        let (mut seen, mut steps) = (0, 0);
        let mut cursor = "0".to_owned();
        loop {
            let reply = server.run(&format!("HSCAN h {cursor} MATCH *1"));
            cursor = reply.split('"').nth(1).unwrap().to_owned();
            seen += reply.matches("field:").count();
            steps += 1;
            if cursor == "0" {
                break;
            }
        }
        assert_eq!(seen, 100);
        assert!(steps > 10, "{steps}");
    }
}
