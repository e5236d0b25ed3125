//! `SETRANGE key offset value`

use super::growth::{grown, string_max_bytes};
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::Str;

pub const SETRANGE: Command = Command::new("setrange", 4, setrange)
    .flags(&[Flag::Write, Flag::DenyOom])
    .categories(&[Category::String])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .docs(Group::String, "2.2.0", "Overwrites a part of a string value from an offset on.")
    .complexity("O(1) for short values, else O(M) where M is the length of the value")
    .arguments(&[Arg::KEY, Arg::integer("offset"), Arg::string("value")]);

fn setrange(call: &mut Call<'_>) -> Outcome {
    let (key, part) = (call.arg(1), call.arg(3));
    let offset = usize::try_from(call.integer(2)?).map_err(|_| CommandError::OffsetOutOfRange)?;
    let max_bytes = string_max_bytes(call);
    let mut string = call.keys.open::<Str>(key)?;
    let len = if part.is_empty() {
        string.str_len()
    } else {
        grown(offset, part.len(), max_bytes)?;
        let len = string.write_at(offset, part);
        string.changed("setrange");
        len
    };
    call.reply.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::keyspace::testing::TestServer;
    use crate::store::big_string::{CHUNK_BYTES, WHOLE_MAX_BYTES};

    #[test]
    fn setrange_writes_into_a_string_and_fills_with_zeros() {
        let mut server = TestServer::new();
        server.check(&[("SETRANGE a 2 xy", "4"), ("GET a", "\"\\x00\\x00xy\"")]);
        server.check(&[("SET a 1234", "OK"), ("SETRANGE a 1 00", "4"), ("GET a", "\"1004\"")]);
        server.check(&[("OBJECT ENCODING a", "\"raw\""), ("SETRANGE a 6 z", "7")]);
        server.check(&[("SETRANGE b 2000 z", "2001"), ("GETRANGE b 1999 -1", "\"\\x00z\"")]);
    }

    /// Lengths around the one from which on strings are kept in chunks, and edges of chunks.
    #[test]
    fn long_strings_read_and_change_as_short_ones_do() {
        let long = WHOLE_MAX_BYTES;
        for len in [long - 1, long, long + 1, long + CHUNK_BYTES, 2 * long + 3] {
            let mut server = TestServer::new();
            let mut value: Vec<u8> = (0..len).map(|i| b'a' + (i % 23) as u8).collect();
            assert_eq!(server.run_args(&[b"SET", b"a", &value]), b"+OK\r\n");
            server.check(&[("COPY a b", "1")]);
            for offset in [0, CHUNK_BYTES - 2, len - 2, len, len + CHUNK_BYTES - 1] {
                let part = [b'A'; 5];
                value.resize(value.len().max(offset + part.len()), 0);
                value[offset..][..part.len()].copy_from_slice(&part);
                let line = format!("SETRANGE a {offset} AAAAA");
                assert_eq!(server.run(&line), value.len().to_string());
            }
            for tail in [&b"tail"[..], &[b't'; CHUNK_BYTES]] {
                value.extend_from_slice(tail);
                let reply = server.run_args(&[b"APPEND", b"a", tail]);
                assert_eq!(reply, format!(":{}\r\n", value.len()).into_bytes());
            }
            assert_strings(&mut server, "a", &value);
            let copied: Vec<u8> = (0..len).map(|i| b'a' + (i % 23) as u8).collect();
            assert_strings(&mut server, "b", &copied);
        }
    }

    /// Everything that reads a string sees `value`.
    fn assert_strings(server: &mut TestServer, key: &str, value: &[u8]) {
        let bulk =
            |value: &[u8]| [format!("${}\r\n", value.len()).as_bytes(), value, b"\r\n"].concat();
        let len = value.len();
        assert_eq!(server.run(&format!("STRLEN {key}")), len.to_string());
        let ends = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, 3 * CHUNK_BYTES, len - 1, len];
        for start in ends {
            for end in ends.into_iter().filter(|end| *end >= start) {
                let [from, to] = [start, end].map(|number| number.to_string().into_bytes());
                let part = &value[start..(end + 1).min(len)];
                let reply = server.run_args(&[b"GETRANGE", key.as_bytes(), &from, &to]);
                assert!(reply == bulk(part), "{start} to {end} of {len}");
            }
        }
        server.check(&[
            (&format!("INCR {key}"), "-ERR value is not an integer or out of range"),
            (&format!("INCRBYFLOAT {key} 1"), "-ERR value is not a valid float"),
            (&format!("OBJECT ENCODING {key}"), "\"raw\""),
            ("SET short bcd", "OK"),
            (&format!("LCS short {key} LEN"), "3"),
        ]);
        let key = key.as_bytes();
        assert!(server.run_args(&[b"GET", key]) == bulk(value));
        assert!(server.run_args(&[b"MGET", key]) == [b"*1\r\n", &bulk(value)[..]].concat());
        assert!(server.run_args(&[b"GETEX", key, b"PERSIST"]) == bulk(value));
        assert!(server.run_args(&[b"SET", key, value, b"GET"]) == bulk(value));
        assert!(server.run_args(&[b"GETSET", key, value]) == bulk(value));
        assert!(server.run_args(&[b"GETDEL", key]) == bulk(value));
    }

    #[test]
    fn setrange_far_beyond_the_end_takes_little_memory() {
        let mut server = TestServer::new();
        server.check(&[("SETRANGE a 500000000 xyz", "500000003")]);
        server.check(&[("GETRANGE a 499999998 -2", "\"\\x00\\x00xy\"")]);
        server.check(&[("SETRANGE a 250000000 abc", "500000003")]);
        server.check(&[("GETRANGE a 249999999 250000003", "\"\\x00abc\\x00\"")]);
        server.check(&[("GETRANGE a 0 0", "\"\\x00\""), ("STRLEN a", "500000003")]);
        let memory_bytes = server.executor.state.dataset[0].get(b"a").unwrap().memory_bytes();
        assert!(memory_bytes < 1_000_000, "{memory_bytes} bytes");
    }

    #[test]
    fn setrange_of_nothing_changes_nothing() {
        let mut server = TestServer::new();
        server.check(&[("SETRANGE a 5 \"\"", "0"), ("EXISTS a", "0"), ("SET a 12", "OK")]);
        server.stream();
        server.check(&[("SETRANGE a 5 \"\"", "2"), ("OBJECT ENCODING a", "\"int\"")]);
        assert!(server.stream().is_empty());
    }

    #[test]
    fn setrange_refuses_what_is_out_of_range() {
        let mut server =
            TestServer::with(Config::with(|config| config.network.proto_max_bulk_len = 5));
        let too_long = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)";
        server.check(&[
            ("SETRANGE a -1 x", "-ERR offset is out of range"),
            ("SETRANGE a x x", "-ERR value is not an integer or out of range"),
            ("SETRANGE a 5 x", too_long),
            ("SETRANGE a 9223372036854775807 x", too_long),
            ("SETRANGE a 4 x", "5"),
            ("SETRANGE a 4 xy", too_long),
        ]);
    }
}
