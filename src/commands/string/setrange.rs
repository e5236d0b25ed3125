//! `SETRANGE key offset value`

use super::{grown, string_max_bytes};
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag, Flags, KeyFlag, KeySpec};
use crate::commands::docs::{Arg, Docs, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::keys::EventClass;
use crate::store::tree::SetExpiry;
use crate::store::value::{BigString, INLINE_STRING_MAX_BYTES, NewValue, Object};

pub const SETRANGE: Command = Command {
    name: "setrange",
    arity: 4,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    categories: &[Category::String],
    keys: &[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Update])],
    handler: setrange,
    docs: Docs {
        summary: "Overwrites a part of a string value from an offset on.",
        since: "2.2.0",
        group: Group::String,
        complexity: "O(1) for short values, else O(M) where M is the length of the value",
        arguments: &[Arg::key("key", 0), Arg::integer("offset"), Arg::string("value")],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn setrange(call: &mut Call<'_>) -> Outcome {
    let (key, part) = (call.arg(1), call.arg(3));
    let offset = usize::try_from(call.integer(2)?).map_err(|_| CommandError::OffsetOutOfRange)?;
    let max_bytes = string_max_bytes(call);
    let len = call.keys.modify(key, |entry| {
        let len = entry.value().str_len().ok_or(CommandError::WrongType)?;
        if !part.is_empty() {
            let end = grown(offset, part.len(), max_bytes)?;
            let bytes = entry.str_mut(end).ok_or(CommandError::WrongType)?;
            bytes[offset..end].copy_from_slice(part);
            return Ok(bytes.len());
        }
        Ok(len)
    })?;
    let len = match len {
        Some(len) => len,
        None if part.is_empty() => 0,
        None => {
            let len = grown(offset, part.len(), max_bytes)?;
            let mut bytes = vec![0; offset];
            bytes.extend_from_slice(part);
            let value = if len > INLINE_STRING_MAX_BYTES {
                NewValue::Object(Object::String(BigString::from(bytes)))
            } else {
                NewValue::RawStr(&bytes)
            };
            call.keys.set(key, value, SetExpiry::To(None));
            len
        }
    };
    if !part.is_empty() {
        call.keys.changed(key, EventClass::String, "setrange");
    }
    call.reply.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::keyspace::testing::TestServer;

    #[test]
    fn setrange_writes_into_a_string_and_fills_with_zeros() {
        let mut server = TestServer::new();
        server.check(&[("SETRANGE a 2 xy", "4"), ("GET a", "\"\\x00\\x00xy\"")]);
        server.check(&[("SET a 1234", "OK"), ("SETRANGE a 1 00", "4"), ("GET a", "\"1004\"")]);
        server.check(&[("OBJECT ENCODING a", "\"raw\""), ("SETRANGE a 6 z", "7")]);
        server.check(&[("SETRANGE b 2000 z", "2001"), ("GETRANGE b 1999 -1", "\"\\x00z\"")]);
    }

    #[test]
    fn setrange_of_nothing_changes_nothing() {
        let mut server = TestServer::new();
        server.check(&[("SETRANGE a 5 \"\"", "0"), ("EXISTS a", "0"), ("SET a 12", "OK")]);
        server.stream();
        server.check(&[("SETRANGE a 5 \"\"", "2"), ("OBJECT ENCODING a", "\"int\"")]);
        assert!(server.stream().is_empty());
    }

    #[test]
    fn setrange_refuses_what_is_out_of_range() {
        let mut server = TestServer::with(Config { proto_max_bulk_len: 5, ..Config::default() });
        let too_long = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)";
        server.check(&[
            ("SETRANGE a -1 x", "-ERR offset is out of range"),
            ("SETRANGE a x x", "-ERR value is not an integer or out of range"),
            ("SETRANGE a 5 x", too_long),
            ("SETRANGE a 9223372036854775807 x", too_long),
            ("SETRANGE a 4 x", "5"),
            ("SETRANGE a 4 xy", too_long),
        ]);
    }
}
