//! `HSET key field value [field value ...]`, `HMSET`, which answers OK, and
//! `HSETNX key field value`, only if the field is not there.

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::state::limits;
use crate::store::packed::Element;
use crate::store::value::hash::Hash;

const FIELD_VALUE: Arg = Arg::block("field_value", &[Arg::string("field"), Arg::string("value")]);

pub const HSET: Command = Command::new("hset", -4, hset)
    .flags(&[Flag::Write, Flag::DenyOom, Flag::Fast])
    .categories(&[Category::Hash])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .docs(Group::Hash, "2.0.0", "Sets fields of a hash to values.")
    .complexity("O(N) where N is the number of fields given")
    .history(&[("4.0.0", "Accepts multiple `field` and `value` arguments.")])
    .arguments(&[Arg::KEY, FIELD_VALUE.multiple()]);

pub const HMSET: Command = HSET
    .sibling("hmset", hmset)
    .history(&[])
    .docs(Group::Hash, "2.0.0", "Sets fields of a hash to values, and answers OK.")
    .doc_flags(&["deprecated"])
    .deprecated("4.0.0", "`HSET` with multiple field-value pairs");

pub const HSETNX: Command = Command::new("hsetnx", 4, hsetnx)
    .flags(&[Flag::Write, Flag::DenyOom, Flag::Fast])
    .categories(&[Category::Hash])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Insert])])
    .docs(Group::Hash, "2.0.0", "Sets a field of a hash to a value if it is not there.")
    .arguments(&[Arg::KEY, Arg::string("field"), Arg::string("value")]);

fn hset(call: &mut Call<'_>) -> Outcome {
    let added = set_all(call, "hset")?;
    call.reply.int(added);
    Ok(())
}

fn hmset(call: &mut Call<'_>) -> Outcome {
    set_all(call, "hmset")?;
    call.reply.ok();
    Ok(())
}

/// Gives how many fields are new.
fn set_all(call: &mut Call<'_>, name: &'static str) -> Result<i64, CommandError> {
    if !call.argc().is_multiple_of(2) {
        return Err(CommandError::WrongArity(name));
    }
    let limit = limits(&call.server.config).hash;
    let mut open = call.keys.open::<Hash>(call.args.get(1))?;
    let hash = open.get_or_create();
    let (mut added, mut garbage) = (0, Vec::new());
    for i in (2..call.args.len()).step_by(2) {
        let change = hash.set(call.args.get(i), Element::Str(call.args.get(i + 1)), limit);
        added += i64::from(change.is_new);
        garbage.extend(change.garbage);
    }
    let pairs = (call.args.len() - 2) / 2;
    open.changed_by(pairs as u64, "hset");
    garbage.into_iter().for_each(|entry| call.keys.garbage.discard(entry));
    Ok(added)
}

fn hsetnx(call: &mut Call<'_>) -> Outcome {
    let limit = limits(&call.server.config).hash;
    let mut open = call.keys.open::<Hash>(call.args.get(1))?;
    let (field, value) = (call.args.get(2), call.args.get(3));
    if open.get().is_some_and(|hash| hash.contains(field)) {
        call.reply.int(0);
        return Ok(());
    }
    // What is new replaces nothing.
    let _ = open.get_or_create().set(field, Element::Str(value), limit);
    open.changed("hset");
    call.reply.int(1);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn fields_are_set_and_only_new_ones_counted() {
        let mut server = TestServer::new();
        server.check(&[
            ("HSET h a 1 b 2 a 3", "2"),
            ("HSET h a 4 c 5", "1"),
            ("HMSET h a x d y", "OK"),
            ("HSETNX h d z", "0"),
            ("HSETNX h e z", "1"),
            ("HSETNX new f v", "1"),
            ("HGETALL h", "[\"a\" \"x\" \"b\" \"2\" \"c\" \"5\" \"d\" \"y\" \"e\" \"z\"]"),
            ("HSET h a", "-ERR wrong number of arguments for 'hset' command"),
            ("HSET h a 1 b", "-ERR wrong number of arguments for 'hset' command"),
            ("HMSET h a 1 b", "-ERR wrong number of arguments for 'hmset' command"),
            ("HSET none a 1 b", "-ERR wrong number of arguments for 'hset' command"),
            ("EXISTS none", "0"),
        ]);
        assert_eq!(
            server.stream()[1..],
            [
                "HSET h a 1 b 2 a 3",
                "HSET h a 4 c 5",
                "HMSET h a x d y",
                "HSETNX h e z",
                "HSETNX new f v"
            ]
        );
    }

    #[test]
    fn a_hash_becomes_large_by_its_fields_and_by_the_length_of_each() {
        let mut server = TestServer::new();
        let long = "x".repeat(65);
        server.check(&[("HSET h f 1", "1"), ("OBJECT ENCODING h", "\"listpack\"")]);
        server.check(&[(&format!("HSET h f {long}"), "0"), ("OBJECT ENCODING h", "\"hashtable\"")]);
        server.check(&[(&format!("HSETNX field {long} 1"), "1")]);
        server.check(&[("OBJECT ENCODING field", "\"hashtable\""), ("HGET field x", "nil")]);
        server.check(&[("CONFIG SET hash-max-ziplist-entries 3", "OK")]);
        server.check(&[("HSET many a 1 b 2 c 3", "3"), ("OBJECT ENCODING many", "\"listpack\"")]);
        server.check(&[("HSET many d 4", "1"), ("OBJECT ENCODING many", "\"hashtable\"")]);
        server.check(&[("HDEL many d c b", "3"), ("OBJECT ENCODING many", "\"hashtable\"")]);
        server.check(&[("HGETALL many", "[\"a\" \"1\"]")]);
        server
            .check(&[("HSET two a 1 b 2", "2"), ("CONFIG SET hash-max-listpack-entries 1", "OK")]);
        server.check(&[("OBJECT ENCODING two", "\"listpack\""), ("HINCRBY two a 1", "2")]);
        server.check(&[("OBJECT ENCODING two", "\"hashtable\"")]);
    }

    /// By the allocator's classes: a small hash is its entry and one pack, a large one has blocks of
    /// fields, whose texts take 137,780 bytes here.
    #[test]
    fn memory_usage_counts_every_field() {
        let mut server = TestServer::new();
        let usage = |server: &mut TestServer| -> usize {
            server.run("MEMORY USAGE h").parse().expect("a number")
        };
        server.run("HSET h f v");
        let one = usage(&mut server);
        for i in 0..100 {
            server.run(&format!("HSET h field:{i} {i}"));
        }
        let small = usage(&mut server);
        assert!((one + 1000..one + 2000).contains(&small), "{one} {small}");
        for i in 0..10_000 {
            server.run(&format!("HSET h field:{i} {i}"));
        }
        let large = usage(&mut server);
        assert!((160_000..240_000).contains(&large), "{large}");
        (0..10_000).for_each(|i| drop(server.run(&format!("HDEL h field:{i}"))));
        let left = usage(&mut server);
        assert!(left < 2_000, "{left}");
    }

    #[test]
    fn events_tell_of_fields_set_and_taken_out() {
        let mut server = TestServer::new();
        assert_eq!(
            server.events(&[
                "HSET h a 1 b 2",
                "HSETNX h a 1",
                "HINCRBY h a 1",
                "HINCRBYFLOAT h b 0.5",
                "HDEL h x",
                "HDEL h a",
                "HDEL h b"
            ]),
            ["hset h", "hincrby h", "hincrbyfloat h", "hdel h", "hdel h", "del h"]
        );
    }
}
