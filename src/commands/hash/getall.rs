//! `HGETALL key`, `HKEYS key`, `HVALS key`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::elements::ReplyElements;
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::hash::Hash;

pub const HGETALL: Command = Command::new("hgetall", 2, hgetall)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Hash])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .tips(&["nondeterministic_output_order"])
    .docs(Group::Hash, "2.0.0", "Returns all fields of a hash with their values.")
    .complexity("O(N) where N is the number of fields")
    .arguments(&[Arg::KEY]);

pub const HKEYS: Command =
    HGETALL.sibling("hkeys", hkeys).docs(Group::Hash, "2.0.0", "Returns all fields of a hash.");

pub const HVALS: Command = HGETALL.sibling("hvals", hvals).docs(
    Group::Hash,
    "2.0.0",
    "Returns the values of all fields of a hash.",
);

fn hgetall(call: &mut Call<'_>) -> Outcome {
    let Some(hash) = call.keys.read::<Hash>(call.args.get(1))? else {
        call.reply.map(0);
        return Ok(());
    };
    call.reply.map(hash.len());
    for (field, value) in hash.iter() {
        call.reply.element(field);
        call.reply.string(Some(value));
    }
    Ok(())
}

fn hkeys(call: &mut Call<'_>) -> Outcome {
    let Some(hash) = call.keys.read::<Hash>(call.args.get(1))? else {
        call.reply.empty_array();
        return Ok(());
    };
    call.reply.array(hash.len());
    hash.iter().for_each(|(field, _)| call.reply.element(field));
    Ok(())
}

fn hvals(call: &mut Call<'_>) -> Outcome {
    let Some(hash) = call.keys.read::<Hash>(call.args.get(1))? else {
        call.reply.empty_array();
        return Ok(());
    };
    call.reply.array(hash.len());
    hash.iter().for_each(|(_, value)| call.reply.string(Some(value)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn whole_hashes_are_maps_for_new_clients() {
        let mut server = TestServer::new();
        server.check(&[
            ("HSET h a 1 b x", "2"),
            ("HKEYS h", "[\"a\" \"b\"]"),
            ("HVALS h", "[\"1\" \"x\"]"),
            ("HGETALL h", "[\"a\" \"1\" \"b\" \"x\"]"),
            ("HGETALL none", "[]"),
            ("HKEYS none", "[]"),
            ("HVALS none", "[]"),
        ]);
        server.run("HELLO 3");
        server.check(&[
            ("HGETALL h", "{\"a\": \"1\", \"b\": \"x\"}"),
            ("HGETALL none", "{}"),
            ("HKEYS h", "[\"a\" \"b\"]"),
        ]);
    }
}
