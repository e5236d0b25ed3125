//! `STRLEN key`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::Str;

pub const STRLEN: Command = Command::new("strlen", 2, strlen)
    .flags(&[Flag::ReadOnly, Flag::Fast])
    .categories(&[Category::String])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly])])
    .docs(Group::String, "2.2.0", "Returns the length of a string value.")
    .arguments(&[Arg::KEY]);

fn strlen(call: &mut Call<'_>) -> Outcome {
    let value = call.keys.read::<Str>(call.args.get(1))?;
    let len = value.and_then(|value| value.str_len()).unwrap_or(0);
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
