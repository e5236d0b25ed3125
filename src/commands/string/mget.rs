//! `MGET key [key ...]`

use super::bulk;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag, Flags, KeyFlag, KeySpec};
use crate::commands::docs::{Arg, Docs, Group};
use crate::commands::error::Outcome;

pub const MGET: Command = Command {
    name: "mget",
    arity: -2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    categories: &[Category::String],
    keys: &[KeySpec::range(1, -1, 1, &[KeyFlag::ReadOnly, KeyFlag::Access])],
    tips: &["request_policy:multi_shard"],
    handler: mget,
    docs: Docs {
        summary: "Returns the string values of several keys.",
        since: "1.0.0",
        group: Group::String,
        complexity: "O(N) where N is the number of keys to retrieve.",
        arguments: &[Arg::key("key", 0).multiple()],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

/// What is no string counts as absent.
fn mget(call: &mut Call<'_>) -> Outcome {
    call.reply.array(call.args.len() - 1);
    for key in call.args.iter().skip(1) {
        let mut digits = itoa::Buffer::new();
        match call.keys.read(key).and_then(|entry| entry.value().as_str(&mut digits)) {
            Some(value) => bulk(&mut call.reply, value),
            None => call.reply.null(),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn mget_answers_null_for_what_is_not_there() {
        let mut server = TestServer::new();
        server.check(&[("MSET a 1 b two", "OK"), ("MGET a c b a", "[\"1\" nil \"two\" \"1\"]")]);
    }
}
