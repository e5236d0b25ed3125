//! `MEMORY USAGE key [SAMPLES count]`

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::database::NODE_BYTES_PER_KEY;

pub const USAGE: Command = Command::new("usage", -3, usage)
    .flags(&[Flag::ReadOnly])
    .keys(&[KeySpec::at(2, &[KeyFlag::ReadOnly])])
    .docs(Group::Server, "4.0.0", "Estimate the memory usage of a key")
    .complexity("O(N) where N is the number of samples.")
    .arguments(&[Arg::KEY, Arg::integer("count").token("SAMPLES").optional()]);

/// Of strings all is known: there is nothing to sample.
fn usage(call: &mut Call<'_>) -> Outcome {
    let mut i = 3;
    while i < call.argc() {
        if !call.arg(i).eq_ignore_ascii_case(b"samples") || i + 1 == call.argc() {
            return Err(CommandError::Syntax);
        }
        if call.integer(i + 1)? < 0 {
            return Err(CommandError::Syntax);
        }
        i += 2;
    }
    match call.keys.database().get(call.arg(2)) {
        Some(entry) => call.reply.int((entry.memory_bytes() + NODE_BYTES_PER_KEY) as i64),
        None => call.reply.null(),
    }
    Ok(())
}
