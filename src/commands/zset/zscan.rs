//! `ZSCAN key cursor [MATCH pattern] [COUNT count]`

use crate::base::number::format_f64_17g;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::Group;
use crate::commands::elements::ReplyElements;
use crate::commands::error::Outcome;
use crate::commands::generic::scan::{ELEMENTS_ARGUMENTS, scan_elements};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::zset::{SortedSet, put_packed_score};

pub const ZSCAN: Command = Command::new("zscan", -3, zscan)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::SortedSet])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .tips(&["nondeterministic_output"])
    .docs(Group::SortedSet, "2.8.0", "Walks over the elements of a sorted set in steps.")
    .complexity("O(1) for every call, O(N) for a walk over all N elements")
    .arguments(ELEMENTS_ARGUMENTS);

/// Scores are texts of 17 digits here, or what stands in a pack, in RESP3 too.
fn zscan(call: &mut Call<'_>) -> Outcome {
    scan_elements::<SortedSet>(call, |zset, cursor, options, found| {
        let put_score = match zset.pack() {
            Some(_) => put_packed_score,
            None => format_f64_17g,
        };
        let mut text = Vec::new();
        zset.scan(cursor, options.count, |member, score| {
            if options.match_element(member) {
                found.reply.element(member);
                text.clear();
                put_score(score, &mut text);
                found.reply.bulk(&text);
                found.count += 2;
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn elements_are_walked_over() {
        let mut server = TestServer::new();
        server.check(&[
            ("ZADD z 1 aa 0.1 ab 1e17 b", "3"),
            (
                "ZSCAN z 0",
                "[\"0\" [\"ab\" \"0.10000000000000001\" \"aa\" \"1\" \"b\" \"100000000000000000\"]]",
            ),
            ("ZSCAN z 0 MATCH a* COUNT 1", "[\"0\" [\"ab\" \"0.10000000000000001\" \"aa\" \"1\"]]"),
            ("ZSCAN none 0 foo", "[\"0\" []]"),
            ("ZSCAN z x", "-ERR invalid cursor"),
            ("ZSCAN z 0 COUNT x", "-ERR value is not an integer or out of range"),
        ]);
        let long = "x".repeat(70);
        server.check(&[
            (&format!("ZADD y 1e17 {long}"), "1"),
            ("ZSCAN y 0", &format!("[\"0\" [\"{long}\" \"1e+17\"]]")),
        ]);
        server.run("HELLO 3");
        server.check(&[("ZSCAN z 0 MATCH aa", "[\"0\" [\"aa\" \"1\"]]")]);
    }
}
