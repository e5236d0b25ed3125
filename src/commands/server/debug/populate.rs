//! `DEBUG POPULATE count [prefix] [size]`

use crate::commands::call::Call;
use crate::commands::error::{CommandError, Outcome};
use crate::store::value::NewValue;

/// Makes `prefix:0` to `prefix:<count - 1>`, those that are not there, with the values `value:<n>`;
/// of exactly `size` bytes when that is not 0. Neither counted nor replicated.
pub fn populate(call: &mut Call<'_>) -> Outcome {
    let count = natural(call, 2)?;
    let prefix = if call.argc() > 3 { call.arg(3) } else { b"key" };
    let size = if call.argc() > 4 { natural(call, 4)? } else { 0 };
    if size > call.server.config.network.proto_max_bulk_len {
        return Err(CommandError::StringTooLong);
    }
    let (mut key, mut value) = (Vec::new(), Vec::new());
    for n in 0..count {
        key.clear();
        key.extend_from_slice(prefix);
        key.extend_from_slice(format!(":{n}").as_bytes());
        let mut place = call.keys.open_any(&key);
        if place.is_there() {
            continue;
        }
        value.clear();
        value.extend_from_slice(format!("value:{n}").as_bytes());
        if size > 0 {
            value.resize(size, 0);
        }
        place.set(NewValue::Str(&value), None);
        place.changed_silently();
    }
    call.reply.ok();
    Ok(())
}

fn natural(call: &Call<'_>, i: usize) -> Result<usize, CommandError> {
    let number = crate::base::number::parse_i64(call.arg(i));
    number.and_then(|number| usize::try_from(number).ok()).ok_or(CommandError::NotPositive)
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn populate_makes_the_keys_that_are_not_there_and_tells_nobody() {
        let mut server = TestServer::new();
        server.enable_debug();
        server.check(&[("SET k:1 mine", "OK"), ("DEBUG POPULATE 3 k 4", "OK")]);
        assert_eq!(server.stream(), ["SELECT 0", "SET k:1 mine"]);
        server.check(&[
            ("GET k:0", "\"valu\""),
            ("GET k:1", "\"mine\""),
            ("DEBUG POPULATE 1", "OK"),
            ("GET key:0", "\"value:0\""),
            ("DEBUG POPULATE 1 long 9", "OK"),
            ("GET long:0", "\"value:0\\x00\\x00\""),
        ]);
        let refused = "-ERR value is out of range, must be positive";
        server.check(&[("DEBUG POPULATE -1", refused), ("DEBUG POPULATE 1 k x", refused)]);
    }
}
