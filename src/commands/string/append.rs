//! `APPEND key value`

use super::growth::{grown, string_max_bytes};
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::Str;

pub const APPEND: Command = Command::new("append", 3, append)
    .flags(&[Flag::Write, Flag::DenyOom, Flag::Fast])
    .categories(&[Category::String])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Insert])])
    .docs(
        Group::String,
        "2.0.0",
        "Appends to the string value of a key, which is created if needed.",
    )
    .complexity("O(1) amortized, for short values")
    .arguments(&[Arg::KEY, Arg::string("value")]);

fn append(call: &mut Call<'_>) -> Outcome {
    let (key, tail) = (call.arg(1), call.arg(2));
    let max_bytes = string_max_bytes(call);
    let mut string = call.keys.open::<Str>(key)?;
    if string.is_there() {
        grown(string.str_len(), tail.len(), max_bytes)?;
    }
    let len = string.append(tail);
    string.changed("append");
    call.reply.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::keyspace::testing::TestServer;

    #[test]
    fn append_creates_and_grows_and_keeps_the_expiry() {
        let mut server = TestServer::new();
        server.check(&[("APPEND a 1", "1"), ("OBJECT ENCODING a", "\"int\""), ("EXPIRE a 9", "1")]);
        server.check(&[("APPEND a 23", "3"), ("GET a", "\"123\""), ("TTL a", "9")]);
        server.check(&[("OBJECT ENCODING a", "\"raw\""), ("INCR a", "124")]);
    }

    #[test]
    fn append_stops_at_the_longest_string() {
        let config = Config::with(|config| config.network.proto_max_bulk_len = 5);
        let mut server = TestServer::with(config);
        server.check(&[
            ("APPEND a 12345", "5"),
            ("APPEND a 6", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)"),
            ("GET a", "\"12345\""),
        ]);
    }
}
