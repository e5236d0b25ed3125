//! `GET key`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::elements::ReplyElements;
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::Str;

pub const GET: Command = Command::new("get", 2, get)
    .flags(&[Flag::ReadOnly, Flag::Fast])
    .categories(&[Category::String])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::String, "1.0.0", "Returns the string value of a key.")
    .arguments(&[Arg::KEY]);

fn get(call: &mut Call<'_>) -> Outcome {
    let value = call.keys.read::<Str>(call.args.get(1))?;
    call.reply.string(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn get_answers_text_numbers_and_null() {
        let mut server = TestServer::new();
        server.check(&[("GET a", "nil"), ("SET a -12", "OK"), ("GET a", "\"-12\"")]);
        server.check(&[("SET a 007", "OK"), ("GET a", "\"007\"")]);
        let stats = &server.executor.state.keyspace_stats;
        assert_eq!((stats.hits, stats.misses), (2, 1));
    }
}
