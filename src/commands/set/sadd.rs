//! `SADD key member [member ...]`, `SREM key member [member ...]`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::state::limits;
use crate::store::value::set::Set;

const MANY_SINCE_2_4: &[(&str, &str)] = &[("2.4.0", "Accepts multiple `member` arguments.")];

pub const SADD: Command = Command::new("sadd", -3, sadd)
    .flags(&[Flag::Write, Flag::DenyOom, Flag::Fast])
    .categories(&[Category::Set])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Insert])])
    .docs(Group::Set, "1.0.0", "Adds members to a set.")
    .complexity("O(N) where N is the number of members given")
    .history(MANY_SINCE_2_4)
    .arguments(&[Arg::KEY, Arg::string("member").multiple()]);

pub const SREM: Command = Command::new("srem", -3, srem)
    .flags(&[Flag::Write, Flag::Fast])
    .categories(&[Category::Set])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Delete])])
    .docs(Group::Set, "1.0.0", "Takes members out of a set.")
    .complexity("O(N) where N is the number of members given")
    .history(MANY_SINCE_2_4)
    .arguments(&[Arg::KEY, Arg::string("member").multiple()]);

fn sadd(call: &mut Call<'_>) -> Outcome {
    let limit = limits(&call.server.config).set;
    let mut open = call.keys.open::<Set>(call.args.get(1))?;
    let set = open.get_or_create();
    let added = call.args.slice(2).iter().filter(|member| set.add(member, limit)).count();
    if added > 0 {
        open.changed_by(added as u64, "sadd");
    }
    call.reply.int(added as i64);
    Ok(())
}

fn srem(call: &mut Call<'_>) -> Outcome {
    let mut open = call.keys.open::<Set>(call.args.get(1))?;
    let removed = match open.get_mut() {
        Some(set) => call.args.slice(2).iter().filter(|member| set.remove(member)).count(),
        None => 0,
    };
    if removed > 0 {
        open.changed_by(removed as u64, "srem");
    }
    call.reply.int(removed as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn members_are_added_once_and_the_empty_set_goes() {
        let mut server = TestServer::new();
        server.check(&[
            ("SADD s 1 2 1", "2"),
            ("OBJECT ENCODING s", "\"intset\""),
            ("SADD s 2 x", "1"),
            ("OBJECT ENCODING s", "\"hashtable\""),
            ("SADD s x", "0"),
            ("SMEMBERS s", "[\"1\" \"2\" \"x\"]"),
            ("SREM s 1 none 1", "1"),
            ("SREM s none", "0"),
            ("SREM s 2 x", "2"),
            ("EXISTS s", "0"),
            ("SREM s x", "0"),
            ("SET str v", "OK"),
            ("SADD str x", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("SREM str x", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ]);
        assert_eq!(
            server.stream()[1..5],
            ["SADD s 1 2 1", "SADD s 2 x", "SREM s 1 none 1", "SREM s 2 x"]
        );
    }

    #[test]
    fn a_set_of_numbers_becomes_large_by_their_count() {
        let mut server = TestServer::new();
        server.check(&[
            ("CONFIG SET set-max-intset-entries 3", "OK"),
            ("SADD s 1 2 3 3", "3"),
            ("OBJECT ENCODING s", "\"intset\""),
            ("SADD s 4", "1"),
            ("OBJECT ENCODING s", "\"hashtable\""),
            ("SCARD s", "4"),
            ("SISMEMBER s 3", "1"),
        ]);
    }

    #[test]
    fn events_tell_of_what_happens_to_members() {
        let mut server = TestServer::new();
        let events = server.events(&[
            "SADD a 1 2 3",
            "SADD a 1",
            "SREM a 9",
            "SREM a 3",
            "SMOVE a b 2",
            "SMOVE a b 1",
            "SINTERSTORE c b b",
            "SUNIONSTORE c b",
            "SDIFFSTORE c b a",
            "SINTERSTORE c b a",
            "SPOP b",
            "SPOP b 1",
            "SADD d 1 2 3 4",
            "SPOP d 2",
            "SPOP d 2",
        ]);
        let expected = [
            "sadd a",
            "srem a",
            "srem a",
            "sadd b",
            "srem a",
            "del a",
            "sadd b",
            "sinterstore c",
            "sunionstore c",
            "sdiffstore c",
            "del c",
            "spop b",
            "spop b",
            "del b",
            "sadd d",
            "spop d",
            "spop d",
            "del d",
        ];
        assert_eq!(events, expected);
    }
}
