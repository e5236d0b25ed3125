//! `GETDEL key`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::elements::ReplyElements;
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::Str;

pub const GETDEL: Command = Command::new("getdel", 2, getdel)
    .flags(&[Flag::Write, Flag::Fast])
    .categories(&[Category::String])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete])])
    .docs(Group::String, "6.2.0", "Returns the string value of a key and deletes the key.")
    .arguments(&[Arg::KEY]);

fn getdel(call: &mut Call<'_>) -> Outcome {
    let key = call.arg(1);
    let string = call.keys.read_and_open::<Str>(key)?;
    call.reply.string(string.get());
    if string.is_there() {
        string.delete();
        call.propagate_as(&[b"DEL", key]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn getdel_takes_the_value_along_and_tells_replicas_del() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1", "OK"), ("GETDEL a", "\"1\""), ("GETDEL a", "nil")]);
        assert_eq!(server.stream(), ["SELECT 0", "SET a 1", "DEL a"]);
    }
}
