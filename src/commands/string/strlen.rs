//! `STRLEN key`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag, Flags, KeyFlag, KeySpec};
use crate::commands::docs::{Arg, Docs, Group};
use crate::commands::error::{CommandError, Outcome};

pub const STRLEN: Command = Command {
    name: "strlen",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    categories: &[Category::String],
    keys: &[KeySpec::at(1, &[KeyFlag::ReadOnly])],
    handler: strlen,
    docs: Docs {
        summary: "Returns the length of a string value.",
        since: "2.2.0",
        group: Group::String,
        complexity: "O(1)",
        arguments: &[Arg::key("key", 0)],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn strlen(call: &mut Call<'_>) -> Outcome {
    let len = match call.keys.read(call.args.get(1)) {
        None => 0,
        Some(entry) => entry.value().str_len().ok_or(CommandError::WrongType)?,
    };
    call.reply.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn strlen_counts_bytes_of_text_and_digits() {
        let mut server = TestServer::new();
        server.check(&[("STRLEN a", "0"), ("SET a -123", "OK"), ("STRLEN a", "4")]);
        server.check(&[("SET a é", "OK"), ("STRLEN a", "2")]);
    }
}
