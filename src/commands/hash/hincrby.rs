//! `HINCRBY key field increment`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::state::limits;
use crate::store::packed::Element;
use crate::store::value::ValueRef;
use crate::store::value::hash::Hash;

pub const HINCRBY: Command = Command::new("hincrby", 4, hincrby)
    .flags(&[Flag::Write, Flag::DenyOom, Flag::Fast])
    .categories(&[Category::Hash])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
    .docs(Group::Hash, "2.0.0", "Adds to the integer value of a field of a hash.")
    .arguments(&[Arg::KEY, Arg::string("field"), Arg::integer("increment")]);

/// What is not there is 0.
fn hincrby(call: &mut Call<'_>) -> Outcome {
    let increment = call.integer(3)?;
    let limit = limits(&call.server.config).hash;
    let mut open = call.keys.open::<Hash>(call.args.get(1))?;
    let field = call.args.get(2);
    let old = open.get().and_then(|hash| hash.get(field)).map_or(Ok(0), integer)?;
    let sum = old.checked_add(increment).ok_or(CommandError::IncrementOverflow)?;
    let change = open.get_or_create().set(field, Element::Int(sum), limit);
    open.changed("hincrby");
    change.garbage.into_iter().for_each(|entry| call.keys.garbage.discard(entry));
    call.reply.int(sum);
    Ok(())
}

fn integer(value: ValueRef<'_>) -> Result<i64, CommandError> {
    value.as_i64().ok_or(CommandError::FieldNotInteger)
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn fields_count_up_and_down_and_stop_at_the_ends_of_their_range() {
        let mut server = TestServer::new();
        server.check(&[
            ("HINCRBY h a 5", "5"),
            ("HINCRBY h a -7", "-2"),
            ("HSET h b x c 9223372036854775807 d 01", "3"),
            ("HINCRBY h b 1", "-ERR hash value is not an integer"),
            ("HINCRBY h d 1", "-ERR hash value is not an integer"),
            ("HINCRBY h c 1", "-ERR increment or decrement would overflow"),
            ("HINCRBY h c -9223372036854775808", "-1"),
            ("HINCRBY h a x", "-ERR value is not an integer or out of range"),
            ("HINCRBY none a x", "-ERR value is not an integer or out of range"),
            ("EXISTS none", "0"),
        ]);
        assert_eq!(server.stream().last().unwrap(), "HINCRBY h c -9223372036854775808");
        server.check(&[("CONFIG SET hash-max-listpack-value 3", "OK"), ("HINCRBY s a 999", "999")]);
        server.check(&[("OBJECT ENCODING s", "\"listpack\""), ("HINCRBY s a 1", "1000")]);
        server.check(&[("OBJECT ENCODING s", "\"hashtable\""), ("HINCRBY s a 1", "1001")]);
    }
}
