//! `RENAME key newkey` and `RENAMENX`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::EventClass;

pub const RENAME: Command = Command::new("rename", 3, rename)
    .flags(&[Flag::Write])
    .categories(&[Category::Keyspace])
    .keys(&[
        KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
        KeySpec::at(2, &[KeyFlag::Overwrite, KeyFlag::Update]),
    ])
    .docs(Group::Generic, "1.0.0", "Renames a key, over another one if need be.")
    .arguments(&[Arg::KEY, Arg::key("newkey", 1)]);

pub const RENAMENX: Command = RENAME
    .sibling("renamenx", renamenx)
    .flags(&[Flag::Write, Flag::Fast])
    .keys(&[
        KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
        KeySpec::at(2, &[KeyFlag::Overwrite, KeyFlag::Insert]),
    ])
    .docs(Group::Generic, "1.0.0", "Renames a key if the new name is not taken.")
    .history(&[(
        "3.2.0",
        "The command no longer returns an error when source and destination names are the same.",
    )]);

fn rename(call: &mut Call<'_>) -> Outcome {
    let (from, to) = (call.arg(1), call.arg(2));
    must_exist(call, from)?;
    if from != to {
        carry_over(call, from, to);
    }
    call.reply.ok();
    Ok(())
}

fn renamenx(call: &mut Call<'_>) -> Outcome {
    let (from, to) = (call.arg(1), call.arg(2));
    must_exist(call, from)?;
    let is_free = from != to && call.keys.peek(to).is_none();
    if is_free {
        carry_over(call, from, to);
    }
    call.reply.int(i64::from(is_free));
    Ok(())
}

fn must_exist(call: &mut Call<'_>, key: &[u8]) -> Result<(), CommandError> {
    if call.keys.peek(key).is_some() { Ok(()) } else { Err(CommandError::NoSuchKey) }
}

/// Puts the value, with its expiry and access time, in the other key's place.
fn carry_over(call: &mut Call<'_>, from: &[u8], to: &[u8]) {
    let Some(old) = call.keys.open_any(from).take_away() else { return };
    let entry = old.renamed(to);
    entry.set_lru(old.lru());
    let db = call.db();
    let mut place = call.keys.open_any(to);
    place.put_from(entry, (db, from), "rename_from");
    place.changed_as(EventClass::Generic, "rename_to");
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn a_renamed_key_keeps_its_value_and_expiry() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1 EX 9", "OK"), ("SET b 2", "OK"), ("RENAME a b", "OK")]);
        server.check(&[("GET b", "\"1\""), ("TTL b", "9"), ("EXISTS a", "0")]);
        server.check(&[
            ("APPEND b 2", "2"),
            ("RENAME b c", "OK"),
            ("OBJECT ENCODING c", "\"raw\""),
        ]);
        server.check(&[("SET d 1", "OK"), ("RENAME d c", "OK"), ("TTL c", "-1")]);
    }

    #[test]
    fn renamenx_does_not_overwrite() {
        let mut server = TestServer::new();
        server.check(&[("MSET a 1 b 2", "OK"), ("RENAMENX a b", "0"), ("RENAMENX a c", "1")]);
        server.check(&[("RENAMENX b b", "0"), ("RENAME b b", "OK"), ("GET c", "\"1\"")]);
        assert_eq!(server.stream(), ["SELECT 0", "MSET a 1 b 2", "RENAMENX a c"]);
        server.check(&[("RENAME x x", "-ERR no such key"), ("RENAMENX x y", "-ERR no such key")]);
    }

    #[test]
    fn both_names_count_as_changed_for_watch() {
        let mut server = TestServer::new();
        for watched in ["a", "b"] {
            server.check(&[("SET a 1", "OK"), (&format!("WATCH {watched}"), "OK")]);
            server.check(&[("RENAME a b", "OK"), ("MULTI", "OK"), ("EXEC", "nil")]);
        }
    }
}
