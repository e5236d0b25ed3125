//! `INCR key`, `DECR key`, `INCRBY key increment`, `DECRBY key decrement`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::Str;
use crate::store::value::{NewValue, ValueRef};

pub const INCR: Command = Command::new("incr", 2, incr)
    .flags(&[Flag::Write, Flag::DenyOom, Flag::Fast])
    .categories(&[Category::String])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
    .docs(Group::String, "1.0.0", "Adds one to the integer value of a key.")
    .arguments(&[Arg::KEY]);

pub const DECR: Command = INCR.sibling("decr", decr).docs(
    Group::String,
    "1.0.0",
    "Subtracts one from the integer value of a key.",
);

pub const INCRBY: Command = Command::new("incrby", 3, incrby)
    .flags(&[Flag::Write, Flag::DenyOom, Flag::Fast])
    .categories(&[Category::String])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
    .docs(Group::String, "1.0.0", "Adds to the integer value of a key.")
    .arguments(&[Arg::KEY, Arg::integer("increment")]);

pub const DECRBY: Command = INCRBY
    .sibling("decrby", decrby)
    .docs(Group::String, "1.0.0", "Subtracts from the integer value of a key.")
    .arguments(&[Arg::KEY, Arg::integer("decrement")]);

fn incr(call: &mut Call<'_>) -> Outcome {
    add(call, 1)
}

fn decr(call: &mut Call<'_>) -> Outcome {
    add(call, -1)
}

fn incrby(call: &mut Call<'_>) -> Outcome {
    let increment = call.integer(2)?;
    add(call, increment)
}

fn decrby(call: &mut Call<'_>) -> Outcome {
    let decrement = call.integer(2)?;
    add(call, decrement.checked_neg().ok_or(CommandError::DecrementOverflow)?)
}

/// Adds to the integer, in place; what is not there is 0.
fn add(call: &mut Call<'_>, increment: i64) -> Outcome {
    let key = call.arg(1);
    let mut string = call.keys.open::<Str>(key)?;
    let old = string.get().map_or(Ok(0), integer)?;
    let sum = old.checked_add(increment).ok_or(CommandError::IncrementOverflow)?;
    string.set(NewValue::Int(sum));
    string.changed("incrby");
    call.reply.int(sum);
    Ok(())
}

fn integer(value: ValueRef<'_>) -> Result<i64, CommandError> {
    value.as_i64().ok_or(CommandError::NotInteger)
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn counters_count_up_and_down_and_keep_their_expiry() {
        let mut server = TestServer::new();
        server.check(&[("INCR a", "1"), ("INCRBY a 41", "42"), ("EXPIRE a 100", "1")]);
        server.check(&[("DECR a", "41"), ("DECRBY a 50", "-9"), ("TTL a", "100")]);
        assert_eq!(server.stream().last().unwrap(), "DECRBY a 50");
    }

    #[test]
    fn counters_stop_at_the_ends_of_their_range() {
        let mut server = TestServer::new();
        server.check(&[
            ("SET a 9223372036854775807", "OK"),
            ("INCR a", "-ERR increment or decrement would overflow"),
            ("DECRBY a -9223372036854775808", "-ERR decrement would overflow"),
            ("INCRBY a -9223372036854775808", "-1"),
            ("DECRBY a 9223372036854775807", "-9223372036854775808"),
            ("DECR a", "-ERR increment or decrement would overflow"),
        ]);
    }

    #[test]
    fn what_is_no_integer_is_left_as_it_is() {
        let mut server = TestServer::new();
        let error = "-ERR value is not an integer or out of range";
        for text in ["x", "01", "1.0", "9223372036854775808", "\"\""] {
            server.check(&[(&format!("SET a {text}"), "OK"), ("INCR a", error)]);
        }
        server.check(&[("INCRBY a 1.5", error), ("INCRBY missing x", error)]);
        server.check(&[("EXISTS missing", "0"), ("GET a", "\"\"")]);
    }

    #[test]
    fn an_expired_counter_begins_again_and_replicas_hear_of_it() {
        let mut server = TestServer::new();
        server.check(&[("SET a 5 PX 10", "OK")]);
        server.stream();
        server.now += 11;
        server.check(&[("INCR a", "1"), ("TTL a", "-1")]);
        assert_eq!(server.stream(), ["MULTI", "DEL a", "INCR a", "EXEC"]);
    }
}
