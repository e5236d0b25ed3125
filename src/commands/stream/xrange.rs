//! `XRANGE key start end [COUNT count]`: entries from one ID to another, both included unless `(`
//! stands before it; `XREVRANGE key end start [COUNT count]`: the same, the last one first.

use super::id;
use super::reply::put_entries;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::stream::Stream;

pub const XRANGE: Command = Command::new("xrange", -4, |call| xrange(call, (2, 3)))
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Stream])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::Stream, "5.0.0", "Returns the entries of a stream within an interval of IDs.")
    .complexity("O(N) where N is the number of entries returned")
    .history(&[("6.2.0", "Added exclusive ranges.")])
    .arguments(&[
        Arg::KEY,
        Arg::string("start"),
        Arg::string("end"),
        Arg::integer("count").token("COUNT").optional(),
    ]);

pub const XREVRANGE: Command = XRANGE
    .sibling("xrevrange", |call| xrange(call, (3, 2)))
    .docs(
        Group::Stream,
        "5.0.0",
        "Returns the entries of a stream within an interval of IDs, the last one first.",
    )
    .arguments(&[
        Arg::KEY,
        Arg::string("end"),
        Arg::string("start"),
        Arg::integer("count").token("COUNT").optional(),
    ]);

/// Of which arguments the interval is made: the second one first in a range back.
fn xrange(call: &mut Call<'_>, (start_at, end_at): (usize, usize)) -> Outcome {
    let start = id::interval_start(call.args, start_at)?;
    let end = id::interval_end(call.args, end_at)?;
    let mut most = None;
    let mut i = 4;
    while i < call.argc() {
        if !call.arg(i).eq_ignore_ascii_case(b"count") || i + 1 == call.argc() {
            return Err(CommandError::Syntax);
        }
        most = Some(call.integer(i + 1)?.max(0));
        i += 2;
    }
    let Some(stream) = call.keys.read::<Stream>(call.args.get(1))? else {
        call.reply.empty_array();
        return Ok(());
    };
    if most == Some(0) {
        call.reply.null_array();
        return Ok(());
    }
    let most = most.map_or(usize::MAX, |most| most as usize);
    match start_at < end_at {
        true => put_entries(&mut call.reply, stream.log().range(start, end), most),
        false => put_entries(&mut call.reply, stream.log().range_back(start, end), most),
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn entries_come_within_an_interval_in_either_direction() {
        let mut server = TestServer::new();
        for line in ["XADD s 1-1 a 1", "XADD s 1-2 a 2", "XADD s 2-1 b x c y", "SET k v"] {
            server.run(line);
        }
        let (one, two) = ("[\"1-1\" [\"a\" \"1\"]]", "[\"1-2\" [\"a\" \"2\"]]");
        let three = "[\"2-1\" [\"b\" \"x\" \"c\" \"y\"]]";
        server.check(&[
            ("XRANGE s - +", &format!("[{one} {two} {three}]")),
            ("XREVRANGE s + -", &format!("[{three} {two} {one}]")),
            ("XRANGE s 1 1", &format!("[{one} {two}]")),
            ("XRANGE s (1-1 (2-1", &format!("[{two}]")),
            ("XREVRANGE s (2-1 (1-1", &format!("[{two}]")),
            ("XREVRANGE s + - COUNT 1", &format!("[{three}]")),
            ("XRANGE s - + count 1 count 2", &format!("[{one} {two}]")),
            ("XRANGE s 2 1", "[]"),
            ("XRANGE s - + COUNT 0", "nil"),
            ("XRANGE s - + COUNT -5", "nil"),
            ("XRANGE missing - + COUNT 0", "[]"),
            ("XRANGE s - + COUNT", "-ERR syntax error"),
            ("XRANGE s - + COUNT x", "-ERR value is not an integer or out of range"),
            ("XRANGE s (- +", "-ERR Invalid stream ID specified as stream command argument"),
            (
                "XRANGE s (18446744073709551615-18446744073709551615 +",
                "-ERR invalid start ID for the interval",
            ),
            ("XRANGE s - (0-0", "-ERR invalid end ID for the interval"),
            ("XRANGE k - +", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("XLEN s", "3"),
            ("XLEN missing", "0"),
        ]);
    }
}
