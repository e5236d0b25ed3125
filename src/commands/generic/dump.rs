//! `DUMP key`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::rdb;

pub const DUMP: Command = Command::new("dump", 2, dump)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Keyspace])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .tips(&["nondeterministic_output"])
    .docs(Group::Generic, "2.6.0", "Returns a serialized copy of a value.")
    .complexity("O(M) where M is the size of the value")
    .arguments(&[Arg::KEY]);

fn dump(call: &mut Call<'_>) -> Outcome {
    let compress = call.server.config.persistence.rdbcompression;
    match call.keys.read_entry(call.args.get(1)) {
        Some(entry) => call.reply.bulk(&rdb::dump::dump(&entry.value(), compress)),
        None => call.reply.null(),
    }
    Ok(())
}
