//! `MGET key [key ...]`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::elements::ReplyElements;
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::{KeyType, Str};

pub const MGET: Command = Command::new("mget", -2, mget)
    .flags(&[Flag::ReadOnly, Flag::Fast])
    .categories(&[Category::String])
    .keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .tips(&["request_policy:multi_shard"])
    .docs(Group::String, "1.0.0", "Returns the string values of several keys.")
    .complexity("O(N) where N is the number of keys to retrieve.")
    .arguments(&[Arg::KEYS]);

/// What is no string counts as absent.
fn mget(call: &mut Call<'_>) -> Outcome {
    call.reply.array(call.args.len() - 1);
    for key in call.args.iter().skip(1) {
        let value = call.keys.read_entry(key).and_then(Str::read);
        call.reply.string(value);
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
