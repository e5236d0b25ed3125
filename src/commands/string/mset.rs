//! `MSET key value [key value ...]` and `MSETNX`, which sets all or none.

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::EventClass;
use crate::resp::request::Args;
use crate::store::value::NewValue;

pub const MSET: Command = Command::new("mset", -3, mset)
    .flags(&[Flag::Write, Flag::DenyOom])
    .categories(&[Category::String])
    .keys(&[KeySpec::range(1, -1, 2, &[KeyFlag::Overwrite, KeyFlag::Update])])
    .tips(&["request_policy:multi_shard", "response_policy:all_succeeded"])
    .docs(Group::String, "1.0.1", "Sets several keys to strings.")
    .complexity("O(N) where N is the number of keys to set.")
    .arguments(&[Arg::block("key_value", &[Arg::KEY, Arg::string("value")]).multiple()]);

pub const MSETNX: Command = MSET
    .sibling("msetnx", msetnx)
    .keys(&[KeySpec::range(1, -1, 2, &[KeyFlag::Overwrite, KeyFlag::Insert])])
    .tips(&["request_policy:multi_shard", "response_policy:agg_min"])
    .docs(Group::String, "1.0.1", "Sets several keys to strings if none of the keys exists.");

fn mset(call: &mut Call<'_>) -> Outcome {
    check_pairs(call.args, "mset")?;
    set_all(call);
    call.reply.ok();
    Ok(())
}

fn msetnx(call: &mut Call<'_>) -> Outcome {
    check_pairs(call.args, "msetnx")?;
    let mut keys = call.args.iter().skip(1).step_by(2);
    let is_any_there = keys.any(|key| call.keys.peek(key).is_some());
    if !is_any_there {
        set_all(call);
    }
    call.reply.int(i64::from(!is_any_there));
    Ok(())
}

fn check_pairs(args: Args<'_>, name: &'static str) -> Result<(), CommandError> {
    if args.len().is_multiple_of(2) { Err(CommandError::WrongArity(name)) } else { Ok(()) }
}

fn set_all(call: &mut Call<'_>) {
    for i in (1..call.argc()).step_by(2) {
        let (key, value) = (call.arg(i), call.arg(i + 1));
        let mut string = call.keys.open_any(key);
        string.set(NewValue::Str(value), None);
        string.changed_as(EventClass::String, "set");
    }
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn mset_sets_all_and_the_last_of_one_key_wins() {
        let mut server = TestServer::new();
        server.check(&[("SET a 0 EX 5", "OK"), ("MSET a 1 b 2 a 3", "OK"), ("TTL a", "-1")]);
        server.check(&[("MGET a b", "[\"3\" \"2\"]")]);
        server.check(&[("MSET a 1 b", "-ERR wrong number of arguments for 'mset' command")]);
        assert_eq!(server.stream().last().unwrap(), "MSET a 1 b 2 a 3");
    }

    #[test]
    fn msetnx_sets_all_or_none() {
        let mut server = TestServer::new();
        server.check(&[("MSETNX a 1 b 2", "1"), ("MSETNX c 3 b 4", "0"), ("EXISTS c", "0")]);
        server.check(&[("MSETNX a 1 b", "-ERR wrong number of arguments for 'msetnx' command")]);
        assert_eq!(server.stream(), ["SELECT 0", "MSETNX a 1 b 2"]);
    }
}
