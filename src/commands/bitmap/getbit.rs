//! `GETBIT key offset`

use super::offset::{bit_offset, place};
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::Str;

pub const GETBIT: Command = Command::new("getbit", 3, getbit)
    .flags(&[Flag::ReadOnly, Flag::Fast])
    .categories(&[Category::Bitmap])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::Bitmap, "2.2.0", "Returns a bit of a string.")
    .arguments(&[Arg::KEY, Arg::integer("offset")]);

fn getbit(call: &mut Call<'_>) -> Outcome {
    let (index, mask) = place(bit_offset(call, 2)?);
    let mut digits = itoa::Buffer::new();
    let value = call.keys.read::<Str>(call.args.get(1))?;
    let string = value.and_then(|value| value.as_str(&mut digits));
    let byte = string.and_then(|string| string.byte(index)).unwrap_or(0);
    call.reply.int(i64::from(byte & mask != 0));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn getbit_sees_text_and_digits_and_zeros_beyond() {
        let mut server = TestServer::new();
        server.check(&[("GETBIT a 0", "0"), ("SET a 1", "OK"), ("GETBIT a 7", "1")]);
        server.check(&[("GETBIT a 2", "1"), ("GETBIT a 1", "0"), ("GETBIT a 8", "0")]);
        server.check(&[("GETBIT a 4294967295", "0"), ("OBJECT ENCODING a", "\"int\"")]);
        let refused = "-ERR bit offset is not an integer or out of range";
        server.check(&[("GETBIT a 4294967296", refused), ("GETBIT a -1", refused)]);
    }
}
