//! `TYPE key`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag, Flags, KeyFlag, KeySpec};
use crate::commands::docs::{Arg, Docs, Group};
use crate::commands::error::Outcome;

pub const TYPE: Command = Command {
    name: "type",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    categories: &[Category::Keyspace],
    keys: &[KeySpec::at(1, &[KeyFlag::ReadOnly])],
    handler: type_name,
    docs: Docs {
        summary: "Tells the type of a value.",
        since: "1.0.0",
        group: Group::Generic,
        complexity: "O(1)",
        arguments: &[Arg::key("key", 0)],
        ..Docs::DEFAULT
    },
    ..Command::DEFAULT
};

fn type_name(call: &mut Call<'_>) -> Outcome {
    let name = call.keys.look(call.args.get(1)).map_or("none", |entry| entry.value().type_name());
    call.reply.simple(name);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn type_names_what_a_key_holds() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1", "OK"), ("TYPE a", "string"), ("TYPE b", "none")]);
    }
}
