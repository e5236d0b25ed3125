//! `GETSET key value`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::elements::ReplyElements;
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::Str;
use crate::store::value::NewValue;

pub const GETSET: Command = Command::new("getset", 3, getset)
    .flags(&[Flag::Write, Flag::DenyOom, Flag::Fast])
    .categories(&[Category::String])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
    .docs(Group::String, "1.0.0", "Sets a key to a string and returns its previous value.")
    .doc_flags(&["deprecated"])
    .deprecated("6.2.0", "`SET` with the `!GET` argument")
    .arguments(&[Arg::KEY, Arg::string("value")]);

fn getset(call: &mut Call<'_>) -> Outcome {
    let (key, value) = (call.arg(1), call.arg(2));
    let mut string = call.keys.read_and_open::<Str>(key)?;
    call.reply.string(string.get());
    string.set_expiry(None);
    string.set(NewValue::Str(value));
    string.changed("set");
    call.propagate_as(&[b"SET", key, value]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn getset_answers_the_old_value_and_drops_the_expiry() {
        let mut server = TestServer::new();
        server.check(&[("GETSET a 1", "nil"), ("EXPIRE a 10", "1"), ("GETSET a 2", "\"1\"")]);
        server.check(&[("TTL a", "-1"), ("GET a", "\"2\"")]);
        assert_eq!(server.stream()[1], "SET a 1");
    }
}
