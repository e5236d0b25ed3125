//! `HINCRBYFLOAT key field increment`

use crate::base::number::LongDouble;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::string::incrbyfloat::sum;
use crate::state::limits;
use crate::store::packed::Element;
use crate::store::value::ValueRef;
use crate::store::value::hash::Hash;

pub const HINCRBYFLOAT: Command = Command::new("hincrbyfloat", 4, hincrbyfloat)
    .flags(&[Flag::Write, Flag::DenyOom, Flag::Fast])
    .categories(&[Category::Hash])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
    .docs(Group::Hash, "2.6.0", "Adds to the floating point value of a field of a hash.")
    .arguments(&[Arg::KEY, Arg::string("field"), Arg::double("increment")]);

/// The sum is taken in 80 bits, as that of INCRBYFLOAT. Replicas and the log get the result, since
/// theirs might differ.
fn hincrbyfloat(call: &mut Call<'_>) -> Outcome {
    let increment = LongDouble::parse(call.arg(3)).ok_or(CommandError::NotFloat)?;
    if !increment.is_finite() {
        return Err(CommandError::IncrementNotFinite);
    }
    let limit = limits(&call.server.config).hash;
    let (key, field) = (call.args.get(1), call.args.get(2));
    let mut open = call.keys.open::<Hash>(key)?;
    let old = open.get().and_then(|hash| hash.get(field));
    let text = sum(old.map_or(Ok(LongDouble::from(0)), number)?, increment)?;
    let change = open.get_or_create().set(field, Element::Str(&text), limit);
    open.changed("hincrbyfloat");
    change.garbage.into_iter().for_each(|entry| call.keys.garbage.discard(entry));
    call.propagate_as(&[b"HSET", key, field, &text]);
    call.reply.bulk(&text);
    Ok(())
}

fn number(value: ValueRef<'_>) -> Result<LongDouble, CommandError> {
    value.as_long_double().ok_or(CommandError::FieldNotFloat)
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn fields_add_up_and_replicas_get_the_result() {
        let mut server = TestServer::new();
        server.check(&[
            ("HINCRBYFLOAT h a 0.1", "\"0.1\""),
            ("HINCRBYFLOAT h a 0.2", "\"0.3\""),
            ("HSET h b x c 5", "2"),
            ("HINCRBYFLOAT h c 1", "\"6\""),
            ("HINCRBYFLOAT h b 1", "-ERR hash value is not a float"),
            ("HINCRBYFLOAT h a x", "-ERR value is not a valid float"),
            ("HINCRBYFLOAT none a inf", "-ERR value is NaN or Infinity"),
            ("HSET h big 1e4932", "1"),
            ("HINCRBYFLOAT h big 1e4932", "-ERR increment would produce NaN or Infinity"),
            ("EXISTS none", "0"),
        ]);
        let stream = server.stream();
        assert_eq!(stream[1..3], ["HSET h a 0.1", "HSET h a 0.3"]);
        assert_eq!(stream[4..], ["HSET h c 6", "HSET h big 1e4932"]);
    }
}
