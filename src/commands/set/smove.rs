//! `SMOVE source destination member`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::state::limits;
use crate::store::value::set::Set;

pub const SMOVE: Command = Command::new("smove", 4, smove)
    .flags(&[Flag::Write, Flag::Fast])
    .categories(&[Category::Set])
    .keys(&[
        KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
        KeySpec::at(2, &[KeyFlag::ReadWrite, KeyFlag::Insert]),
    ])
    .docs(Group::Set, "1.0.0", "Takes a member out of a set and adds it to another.")
    .arguments(&[Arg::key("source", 0), Arg::key("destination", 1), Arg::string("member")]);

fn smove(call: &mut Call<'_>) -> Outcome {
    let moved = move_member(call)?;
    call.reply.int(i64::from(moved));
    Ok(())
}

fn move_member(call: &mut Call<'_>) -> Result<bool, CommandError> {
    let (from, to, member) = (call.arg(1), call.arg(2), call.arg(3));
    // Both are met, and so gone if they have expired, before anything else is said.
    let [source, destination] = [from, to].map(|key| {
        let entry = call.keys.peek(key)?;
        Some(entry.object::<Set>().is_some())
    });
    match (source, destination) {
        (None, _) => return Ok(false),
        (Some(false), _) | (_, Some(false)) => return Err(CommandError::WrongType),
        (Some(true), None | Some(true)) => {}
    }
    let mut source = call.keys.open::<Set>(from)?;
    if from == to {
        return Ok(source.get().is_some_and(|set| set.contains(member)));
    }
    if !source.get_mut().is_some_and(|set| set.remove(member)) {
        return Ok(false);
    }
    source.changed("srem");
    let limit = limits(&call.server.config).set;
    let mut destination = call.keys.open::<Set>(to)?;
    if destination.get_or_create().add(member, limit) {
        destination.changed("sadd");
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    const WRONG_TYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value";

    #[test]
    fn a_member_moves_from_one_set_to_another() {
        let mut server = TestServer::new();
        server.check(&[
            ("SADD a 1 x", "2"),
            ("SADD b 2 x", "2"),
            ("SMOVE a b 1", "1"),
            ("SMOVE a b 1", "0"),
            ("SMOVE a a x", "1"),
            ("SMOVE a a y", "0"),
            ("SMOVE a b x", "1"),
            ("EXISTS a", "0"),
            ("SCARD b", "3"),
            ("SMOVE b new 2", "1"),
            ("OBJECT ENCODING new", "\"intset\""),
            ("SET s v", "OK"),
            ("SMOVE none s x", "0"),
            ("SMOVE b s none", WRONG_TYPE),
            ("SMOVE s b x", WRONG_TYPE),
        ]);
        assert_eq!(
            server.stream()[3..],
            ["SMOVE a b 1", "SMOVE a b x", "SMOVE b new 2", "SET s v"]
        );
    }
}
