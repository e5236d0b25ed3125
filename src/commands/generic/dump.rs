//! `DUMP key`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag, Flags, KeyFlag, KeySpec};
use crate::commands::docs::{Arg, Docs, Group};
use crate::commands::error::Outcome;
use crate::rdb;

pub const DUMP: Command = Command {
    name: "dump",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly]),
    categories: &[Category::Keyspace],
    keys: &[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])],
    tips: &["nondeterministic_output"],
    handler: dump,
    docs: Docs {
        summary: "Returns a serialized copy of a value.",
        since: "2.6.0",
        group: Group::Generic,
        complexity: "O(M) where M is the size of the value",
        arguments: &[Arg::key("key", 0)],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn dump(call: &mut Call<'_>) -> Outcome {
    let compress = call.server.config.rdbcompression;
    match call.keys.read(call.args.get(1)) {
        Some(entry) => call.reply.bulk(&rdb::dump::dump(&entry.value(), compress)),
        None => call.reply.null(),
    }
    Ok(())
}
