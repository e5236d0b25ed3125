//! `SISMEMBER key member`, `SMISMEMBER key member [member ...]`, `SCARD key`, `SMEMBERS key`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::elements::ReplyElements;
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::set::Set;

pub const SISMEMBER: Command = Command::new("sismember", 3, sismember)
    .flags(&[Flag::ReadOnly, Flag::Fast])
    .categories(&[Category::Set])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly])])
    .docs(Group::Set, "1.0.0", "Tells whether a set has a member.")
    .arguments(&[Arg::KEY, Arg::string("member")]);

pub const SMISMEMBER: Command = SISMEMBER
    .sibling("smismember", smismember)
    .arity(-3)
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::Set, "6.2.0", "Tells of several members whether a set has each.")
    .complexity("O(N) where N is the number of members given")
    .arguments(&[Arg::KEY, Arg::string("member").multiple()]);

pub const SCARD: Command = SISMEMBER
    .sibling("scard", scard)
    .arity(2)
    .docs(Group::Set, "1.0.0", "Returns the number of members of a set.")
    .arguments(&[Arg::KEY]);

pub const SMEMBERS: Command = Command::new("smembers", 2, smembers)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Set])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .tips(&["nondeterministic_output_order"])
    .docs(Group::Set, "1.0.0", "Returns all members of a set.")
    .complexity("O(N) where N is the number of members")
    .arguments(&[Arg::KEY]);

fn sismember(call: &mut Call<'_>) -> Outcome {
    let set = call.keys.read::<Set>(call.args.get(1))?;
    let is_member = set.is_some_and(|set| set.contains(call.args.get(2)));
    call.reply.int(i64::from(is_member));
    Ok(())
}

fn smismember(call: &mut Call<'_>) -> Outcome {
    let set = call.keys.read::<Set>(call.args.get(1))?;
    let members = call.args.slice(2);
    call.reply.array(members.len());
    for member in members.iter() {
        let is_member = set.is_some_and(|set| set.contains(member));
        call.reply.int(i64::from(is_member));
    }
    Ok(())
}

fn scard(call: &mut Call<'_>) -> Outcome {
    let len = call.keys.read::<Set>(call.args.get(1))?.map_or(0, Set::len);
    call.reply.int(len as i64);
    Ok(())
}

fn smembers(call: &mut Call<'_>) -> Outcome {
    let Some(set) = call.keys.read::<Set>(call.args.get(1))? else {
        call.reply.set(0);
        return Ok(());
    };
    call.reply.set(set.len());
    set.iter().for_each(|member| call.reply.element(member));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn members_are_told_of_in_all_forms() {
        let mut server = TestServer::new();
        let long = "x".repeat(70);
        server.check(&[("SADD ints 1 2", "2"), ("SADD pack 1 2 x", "3")]);
        server.check(&[(&format!("SADD table 1 2 {long}"), "3")]);
        for key in ["ints", "pack", "table"] {
            server.check(&[
                (&format!("SISMEMBER {key} 2"), "1"),
                (&format!("SISMEMBER {key} 02"), "0"),
                (&format!("SMISMEMBER {key} 1 y 2"), "[1 0 1]"),
            ]);
        }
        server.check(&[
            ("SCARD ints", "2"),
            ("SCARD pack", "3"),
            ("SCARD table", "3"),
            ("SISMEMBER pack x", "1"),
            (&format!("SISMEMBER table {long}"), "1"),
            ("SMEMBERS pack", "[\"1\" \"2\" \"x\"]"),
            ("SMEMBERS none", "[]"),
            ("SCARD none", "0"),
            ("SISMEMBER none x", "0"),
            ("SMISMEMBER none x y", "[0 0]"),
        ]);
        server.run("HELLO 3");
        server.check(&[("SMEMBERS ints", "{\"1\" \"2\"}"), ("SMEMBERS none", "{}")]);
        server.check(&[("SISMEMBER ints 1", "1"), ("SMISMEMBER ints 1 3", "[1 0]")]);
    }
}
