//! `COPY source destination [DB destination-db] [REPLACE]`

use crate::base::ids::DbIndex;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::EventClass;

pub const COPY: Command = Command::new("copy", -3, copy)
    .flags(&[Flag::Write, Flag::DenyOom])
    .categories(&[Category::Keyspace])
    .keys(&[
        KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access]),
        KeySpec::at(2, &[KeyFlag::Overwrite, KeyFlag::Update]),
    ])
    .docs(Group::Generic, "6.2.0", "Copies a value to another key.")
    .complexity("O(N) for a collection of N elements, O(1) for a string")
    .arguments(&[
        Arg::key("source", 0),
        Arg::key("destination", 1),
        Arg::integer("destination-db").token("DB").optional(),
        Arg::word("replace", "REPLACE").optional(),
    ]);

fn copy(call: &mut Call<'_>) -> Outcome {
    let (from, to) = (call.arg(1), call.arg(2));
    let (db, replace) = parse(call)?;
    if db == call.db() && from == to {
        return Err(CommandError::SameObject);
    }
    let fresh = call.keys.uses.clock.fresh();
    let Some(copied) = call.keys.read_entry(from).map(|entry| entry.renamed(to)) else {
        // Nobody has met what may be at the destination.
        call.reply.int(0);
        return Ok(());
    };
    let mut place = call.keys.open_in(db, to);
    let is_free = replace || !place.is_there();
    call.reply.int(i64::from(is_free));
    if is_free {
        copied.set_lru(fresh);
        place.put(copied);
        place.changed_as(EventClass::Generic, "copy_to");
    }
    Ok(())
}

/// The destination's database, and whether what is there is replaced.
fn parse(call: &Call<'_>) -> Result<(DbIndex, bool), CommandError> {
    let (mut db, mut replace) = (call.db(), false);
    let mut i = 3;
    while i < call.argc() {
        if call.arg(i).eq_ignore_ascii_case(b"replace") {
            replace = true;
        } else if call.arg(i).eq_ignore_ascii_case(b"db") && i + 1 < call.argc() {
            i += 1;
            db = call.db_index(i)?;
        } else {
            return Err(CommandError::Syntax);
        }
        i += 1;
    }
    Ok((db, replace))
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn an_expired_destination_is_met_only_when_there_is_a_source() {
        let mut server = TestServer::new();
        server.check(&[("SET b 1 PX 5", "OK")]);
        server.stream();
        server.now += 6;
        server.check(&[("COPY a b", "0")]);
        assert!(server.stream().is_empty());
    }

    #[test]
    fn a_copy_has_the_value_and_expiry_of_the_source() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1 EX 9", "OK"), ("COPY a b", "1"), ("COPY a b", "0")]);
        server.check(&[("TTL b", "9"), ("SET a 2", "OK"), ("GET b", "\"1\"")]);
        server.check(&[("COPY a b REPLACE", "1"), ("GET b", "\"2\""), ("TTL b", "-1")]);
        server.check(&[("COPY missing b REPLACE", "0"), ("EXISTS b", "1")]);
    }

    #[test]
    fn a_big_value_is_shared_until_one_changes() {
        let mut server = TestServer::new();
        server.check(&[("SETRANGE a 5000 x", "5001"), ("COPY a b", "1"), ("APPEND b y", "5002")]);
        server.check(&[("STRLEN a", "5001"), ("GETRANGE b 5000 -1", "\"xy\"")]);
    }

    #[test]
    fn a_copy_can_go_to_another_database() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1", "OK"), ("COPY a a DB 3", "1"), ("COPY a a DB 3", "0")]);
        assert_eq!(server.executor.state.dataset[3].len(), 1);
        server.session().db = 3;
        server.check(&[("GET a", "\"1\"")]);
        assert_eq!(server.stream(), ["SELECT 0", "SET a 1", "COPY a a DB 3"]);
    }

    #[test]
    fn copy_refuses_bad_options() {
        let mut server = TestServer::new();
        server.check(&[
            ("COPY a a", "-ERR source and destination objects are the same"),
            ("COPY a b DB x", "-ERR value is not an integer or out of range"),
            (
                "COPY a b DB 99999999999",
                "-ERR value is out of range, value must between -2147483648 and 2147483647",
            ),
            ("COPY a b DB 16", "-ERR DB index is out of range"),
            ("COPY a b DB -1", "-ERR DB index is out of range"),
            ("COPY a b DB", "-ERR syntax error"),
            ("COPY a b FOO", "-ERR syntax error"),
        ]);
    }
}
