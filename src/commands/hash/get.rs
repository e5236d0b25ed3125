//! `HGET key field`, `HMGET key field [field ...]`, `HEXISTS key field`, `HSTRLEN key field`,
//! `HLEN key`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::elements::ReplyElements;
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::hash::Hash;

pub const HGET: Command = Command::new("hget", 3, hget)
    .flags(&[Flag::ReadOnly, Flag::Fast])
    .categories(&[Category::Hash])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::Hash, "2.0.0", "Returns the value of a field of a hash.")
    .arguments(&[Arg::KEY, Arg::string("field")]);

pub const HMGET: Command = HGET
    .sibling("hmget", hmget)
    .arity(-3)
    .docs(Group::Hash, "2.0.0", "Returns the values of fields of a hash.")
    .complexity("O(N) where N is the number of fields given")
    .arguments(&[Arg::KEY, Arg::string("field").multiple()]);

pub const HEXISTS: Command = HGET
    .sibling("hexists", hexists)
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly])])
    .docs(Group::Hash, "2.0.0", "Tells whether a hash has a field.");

pub const HSTRLEN: Command = HEXISTS.sibling("hstrlen", hstrlen).docs(
    Group::Hash,
    "3.2.0",
    "Returns the length of the value of a field of a hash.",
);

pub const HLEN: Command = HEXISTS
    .sibling("hlen", hlen)
    .arity(2)
    .docs(Group::Hash, "2.0.0", "Returns the number of fields of a hash.")
    .arguments(&[Arg::KEY]);

fn hget(call: &mut Call<'_>) -> Outcome {
    let hash = call.keys.read::<Hash>(call.args.get(1))?;
    call.reply.string(hash.and_then(|hash| hash.get(call.args.get(2))));
    Ok(())
}

fn hmget(call: &mut Call<'_>) -> Outcome {
    let hash = call.keys.read::<Hash>(call.args.get(1))?;
    let fields = call.args.slice(2);
    call.reply.array(fields.len());
    for field in fields.iter() {
        call.reply.string(hash.and_then(|hash| hash.get(field)));
    }
    Ok(())
}

fn hexists(call: &mut Call<'_>) -> Outcome {
    let hash = call.keys.read::<Hash>(call.args.get(1))?;
    let exists = hash.is_some_and(|hash| hash.contains(call.args.get(2)));
    call.reply.int(i64::from(exists));
    Ok(())
}

fn hstrlen(call: &mut Call<'_>) -> Outcome {
    let hash = call.keys.read::<Hash>(call.args.get(1))?;
    let len = hash.and_then(|hash| hash.get(call.args.get(2))?.str_len());
    call.reply.int(len.unwrap_or(0) as i64);
    Ok(())
}

fn hlen(call: &mut Call<'_>) -> Outcome {
    let len = call.keys.read::<Hash>(call.args.get(1))?.map_or(0, Hash::len);
    call.reply.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn fields_are_read_from_small_and_large_hashes() {
        let mut server = TestServer::new();
        let long = "y".repeat(2000);
        server
            .check(&[("HSET small a 1 b text c \"\"", "3"), ("HSET large a 1 b text c \"\"", "3")]);
        server.check(&[(&format!("HSET large long {long}"), "1")]);
        for key in ["small", "large"] {
            server.check(&[
                (&format!("HGET {key} a"), "\"1\""),
                (&format!("HGET {key} none"), "nil"),
                (&format!("HMGET {key} b none c"), "[\"text\" nil \"\"]"),
                (&format!("HEXISTS {key} c"), "1"),
                (&format!("HEXISTS {key} text"), "0"),
                (&format!("HSTRLEN {key} b"), "4"),
                (&format!("HSTRLEN {key} none"), "0"),
            ]);
        }
        server.check(&[
            ("HLEN small", "3"),
            ("HLEN large", "4"),
            ("HSTRLEN large long", "2000"),
            ("HGET large long", &format!("\"{long}\"")),
            ("HLEN none", "0"),
            ("HMGET none a b", "[nil nil]"),
            ("SET s v", "OK"),
            ("HGET s a", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("HMGET s a", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ]);
    }
}
