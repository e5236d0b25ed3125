//! `TYPE key`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};

pub const TYPE: Command = Command::new("type", 2, type_name)
    .flags(&[Flag::ReadOnly, Flag::Fast])
    .categories(&[Category::Keyspace])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly])])
    .docs(Group::Generic, "1.0.0", "Tells the type of a value.")
    .arguments(&[Arg::KEY]);

fn type_name(call: &mut Call<'_>) -> Outcome {
    let name =
        call.keys.look(call.args.get(1)).map_or("none", |entry| entry.value().value_type().name);
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
