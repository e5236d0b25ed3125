//! `SET key value`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag, Flags, KeyFlag, KeySpec};
use crate::commands::docs::{Arg, Docs, Group};
use crate::commands::error::Outcome;
use crate::commands::keys::EventClass;
use crate::store::entry::Entry;
use crate::store::value::NewValue;

pub const SET: Command = Command {
    name: "set",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    categories: &[Category::String],
    keys: &[KeySpec::at(
        1,
        &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update, KeyFlag::VariableFlags],
    )],
    handler: set,
    docs: Docs {
        summary: "Sets the string value of a key, ignoring its type. The key is created if it doesn't exist.",
        since: "1.0.0",
        group: Group::String,
        complexity: "O(1)",
        arguments: &[Arg::key("key", 0), Arg::string("value")],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn set(call: &mut Call<'_>) -> Outcome {
    let (key, value) = (call.arg(1), call.arg(2));
    call.keys.drop_if_expired(key);
    let replaced = call.keys.insert(Entry::new(key, NewValue::Str(value), None));
    if let Some(replaced) = replaced {
        call.keys.discard(replaced);
    }
    call.keys.changed(key, EventClass::String, "set");
    call.reply.ok();
    Ok(())
}
