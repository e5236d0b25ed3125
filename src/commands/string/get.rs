//! `GET key`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag, Flags, KeyFlag, KeySpec};
use crate::commands::docs::{Arg, Docs, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::store::value::ValueRef;

pub const GET: Command = Command {
    name: "get",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    categories: &[Category::String],
    keys: &[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])],
    handler: get,
    docs: Docs {
        summary: "Returns the string value of a key.",
        since: "1.0.0",
        group: Group::String,
        complexity: "O(1)",
        arguments: &[Arg::key("key", 0)],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn get(call: &mut Call<'_>) -> Outcome {
    let key = call.arg(1);
    let Some(entry) = call.keys.read(key) else {
        call.reply.null();
        return Ok(());
    };
    match entry.value() {
        ValueRef::Int(number) => call.reply.bulk_int(number),
        value => {
            let mut buffer = itoa::Buffer::new();
            let bytes = value.as_str_bytes(&mut buffer).ok_or(CommandError::WrongType)?;
            call.reply.bulk(bytes);
        }
    }
    Ok(())
}
