//! `SSCAN key cursor [MATCH pattern] [COUNT count]`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::Group;
use crate::commands::elements::ReplyElements;
use crate::commands::error::Outcome;
use crate::commands::generic::scan::{ELEMENTS_ARGUMENTS, scan_elements};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::set::Set;

pub const SSCAN: Command = Command::new("sscan", -3, sscan)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Set])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .tips(&["nondeterministic_output"])
    .docs(Group::Set, "2.8.0", "Walks over the members of a set in steps.")
    .complexity("O(1) for every call, O(N) for a walk over all N members")
    .arguments(ELEMENTS_ARGUMENTS);

fn sscan(call: &mut Call<'_>) -> Outcome {
    scan_elements::<Set>(call, |set, cursor, options, found| {
        set.scan(cursor, options.count, |member| {
            if options.match_element(member) {
                found.reply.element(member);
                found.count += 1;
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn members_are_walked_over() {
        let mut server = TestServer::new();
        server.check(&[
            ("SADD s 1 11 2", "3"),
            ("SSCAN s 0", "[\"0\" [\"1\" \"2\" \"11\"]]"),
            ("SSCAN s 0 MATCH 1* COUNT 1", "[\"0\" [\"1\" \"11\"]]"),
            ("SADD s x", "1"),
            ("SSCAN s 7 MATCH *", "[\"0\" [\"1\" \"2\" \"11\" \"x\"]]"),
            ("SSCAN none 0 foo", "[\"0\" []]"),
            ("SSCAN s x", "-ERR invalid cursor"),
            ("SSCAN s 0 COUNT x", "-ERR value is not an integer or out of range"),
            ("SSCAN s 0 TYPE string", "-ERR syntax error"),
        ]);
    }

    #[test]
    fn a_large_set_is_walked_over_in_steps_and_each_member_seen_once() {
        let mut server = TestServer::new();
        (0..1000).for_each(|i| drop(server.run(&format!("SADD s {i}"))));
        let (mut seen, mut steps, mut cursor) = (Vec::new(), 0, "0".to_owned());
        loop {
            let reply = server.run(&format!("SSCAN s {cursor} COUNT 20"));
            let mut words = reply.split('"').skip(1).step_by(2).map(str::to_owned);
            cursor = words.next().unwrap();
            seen.extend(words.map(|word| word.parse::<u32>().unwrap()));
            steps += 1;
            if cursor == "0" {
                break;
            }
        }
        seen.sort_unstable();
        assert!(seen.into_iter().eq(0..1000));
        assert!(steps > 10, "{steps}");
    }
}
