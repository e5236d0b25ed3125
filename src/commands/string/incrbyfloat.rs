//! `INCRBYFLOAT key increment`

use crate::base::number::LongDouble;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::Str;
use crate::store::value::{NewValue, ValueRef};

pub const INCRBYFLOAT: Command = Command::new("incrbyfloat", 3, incrbyfloat)
    .flags(&[Flag::Write, Flag::DenyOom, Flag::Fast])
    .categories(&[Category::String])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
    .docs(Group::String, "2.6.0", "Adds to the floating point value of a key.")
    .arguments(&[Arg::KEY, Arg::double("increment")]);

/// The sum is taken in 80 bits, as Redis does where `long double` has them. Replicas and the log
/// get the result, since theirs might differ.
fn incrbyfloat(call: &mut Call<'_>) -> Outcome {
    let (key, increment) = (call.arg(1), LongDouble::parse(call.arg(2)));
    let mut string = call.keys.open::<Str>(key)?;
    let old = string.get().map_or(Ok(LongDouble::from(0)), number)?;
    let text = sum(old, increment.ok_or(CommandError::NotFloat)?)?;
    string.set(NewValue::Text(&text));
    string.changed("incrbyfloat");
    call.propagate_as(&[b"SET", key, &text, b"KEEPTTL"]);
    call.reply.bulk(&text);
    Ok(())
}

fn number(value: ValueRef<'_>) -> Result<LongDouble, CommandError> {
    value.as_long_double().ok_or(CommandError::NotFloat)
}

/// The text of a sum.
///
/// # Errors
/// It is infinite or no number.
pub fn sum(old: LongDouble, increment: LongDouble) -> Result<Vec<u8>, CommandError> {
    let sum = old + increment;
    if !sum.is_finite() {
        return Err(CommandError::NotFinite);
    }
    let mut text = Vec::new();
    sum.format_human(&mut text);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn floats_add_up_as_text_and_replicas_get_the_result() {
        let mut server = TestServer::new();
        server.check(&[("INCRBYFLOAT a 0.1", "\"0.1\""), ("INCRBYFLOAT a 0.2", "\"0.3\"")]);
        server.check(&[("EXPIRE a 10", "1"), ("INCRBYFLOAT a -1.3e0", "\"-1\"")]);
        server.check(&[("TTL a", "10"), ("OBJECT ENCODING a", "\"embstr\"")]);
        server.check(&[("INCR a", "0"), ("OBJECT ENCODING a", "\"int\"")]);
        let stream = server.stream();
        assert_eq!(stream[..3], ["SELECT 0", "SET a 0.1 KEEPTTL", "SET a 0.3 KEEPTTL"]);
    }

    #[test]
    fn what_is_no_float_or_too_big_is_refused() {
        let mut server = TestServer::new();
        server.check(&[
            ("INCRBYFLOAT a x", "-ERR value is not a valid float"),
            ("INCRBYFLOAT a inf", "-ERR increment would produce NaN or Infinity"),
            ("EXISTS a", "0"),
            ("SET a x", "OK"),
            ("INCRBYFLOAT a 1", "-ERR value is not a valid float"),
            ("GET a", "\"x\""),
        ]);
    }
}
