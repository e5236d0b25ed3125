//! `SETBIT key offset value`

use super::offset::{bit_offset, place};
use crate::base::number::parse_i64;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::Str;

pub const SETBIT: Command = Command::new("setbit", 4, setbit)
    .flags(&[Flag::Write, Flag::DenyOom])
    .categories(&[Category::Bitmap])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
    .docs(Group::Bitmap, "2.2.0", "Sets a bit of a string and returns what it was.")
    .arguments(&[Arg::KEY, Arg::integer("offset"), Arg::integer("value")]);

fn setbit(call: &mut Call<'_>) -> Outcome {
    let key = call.arg(1);
    let (index, mask) = place(bit_offset(call, 2)?);
    let set = match parse_i64(call.arg(3)) {
        Some(bit @ (0 | 1)) => bit == 1,
        _ => return Err(CommandError::BitNotZeroOrOne),
    };
    let mut string = call.keys.open::<Str>(key)?;
    let old = string.byte(index);
    let byte = old.unwrap_or(0);
    let new = if set { byte | mask } else { byte & !mask };
    if old == Some(new) {
        string.make_raw();
    } else {
        string.write_at(index, &[new]);
        string.changed("setbit");
    }
    call.reply.int(i64::from(byte & mask != 0));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::keyspace::testing::TestServer;

    #[test]
    fn setbit_answers_the_old_bit_and_fills_with_zeros() {
        let mut server = TestServer::new();
        server.check(&[("SETBIT a 1 1", "0"), ("GET a", "\"@\""), ("SETBIT a 1 1", "1")]);
        server.check(&[
            ("SETBIT a 23 1", "0"),
            ("GET a", "\"@\\x00\\x01\""),
            ("SETBIT a 1 0", "1"),
        ]);
        server.check(&[("EXPIRE a 9", "1"), ("SETBIT a 0 1", "0"), ("TTL a", "9")]);
        server.check(&[("SETBIT b 20 0", "0"), ("STRLEN b", "3")]);
    }

    #[test]
    fn only_a_bit_that_changes_goes_to_the_stream() {
        let mut server = TestServer::new();
        server.check(&[("SETBIT a 7 0", "0"), ("SETBIT a 7 0", "0"), ("SETBIT a 8 0", "0")]);
        server.check(&[("SETBIT a 3 1", "0"), ("SETBIT a 3 1", "1")]);
        let expected = ["SELECT 0", "SETBIT a 7 0", "SETBIT a 8 0", "SETBIT a 3 1"];
        assert_eq!(server.stream(), expected);
    }

    #[test]
    fn a_string_is_raw_from_then_on_even_if_nothing_changes() {
        let mut server = TestServer::new();
        for value in ["5", "abc"] {
            let set = format!("SET a {value}");
            server.check(&[(&set, "OK"), ("SETBIT a 0 0", "0"), ("OBJECT ENCODING a", "\"raw\"")]);
            server.check(&[("GET a", &format!("\"{value}\""))]);
        }
    }

    #[test]
    fn what_is_wrong_is_told_in_the_order_of_redis() {
        let mut server =
            TestServer::with(Config::with(|config| config.network.proto_max_bulk_len = 5));
        let offset = "-ERR bit offset is not an integer or out of range";
        let bit = "-ERR bit is not an integer or out of range";
        server.check(&[
            ("SETBIT a -1 2", offset),
            ("SETBIT a x 2", offset),
            ("SETBIT a 40 1", offset),
            ("SETBIT a 9223372036854775808 1", offset),
            ("SETBIT a 39 2", bit),
            ("SETBIT a 39 -1", bit),
            ("SETBIT a 39 x", bit),
            ("EXISTS a", "0"),
            ("SETBIT a 39 1", "0"),
            ("STRLEN a", "5"),
        ]);
    }

    #[test]
    fn the_last_bit_of_the_longest_string_takes_little_memory() {
        let mut server = TestServer::new();
        server.check(&[("SETBIT a 4294967295 1", "0"), ("SETBIT a 4294967295 0", "1")]);
        server.check(&[("SETBIT a 2000000000 1", "0"), ("GETBIT a 2000000000", "1")]);
        server.check(&[("STRLEN a", "536870912"), ("SETBIT a 1999999999 0", "0")]);
        let memory_bytes = server.executor.state.dataset[0].get(b"a").unwrap().memory_bytes();
        assert!(memory_bytes < 1_000_000, "{memory_bytes} bytes");
    }
}
