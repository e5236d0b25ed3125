//! `XDEL key id [id ...]`: deletes entries; gives how many of them there were. The stream stays,
//! empty or not.

use super::id;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::stream::Stream;

pub const XDEL: Command = Command::new("xdel", -3, xdel)
    .flags(&[Flag::Write, Flag::Fast])
    .categories(&[Category::Stream])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Delete])])
    .docs(Group::Stream, "5.0.0", "Deletes entries of a stream.")
    .complexity("O(log N) for each entry, where N is the number of blocks of the stream")
    .arguments(&[Arg::KEY, Arg::string("id").multiple()]);

fn xdel(call: &mut Call<'_>) -> Outcome {
    let mut open = call.keys.open::<Stream>(call.args.get(1))?;
    let Some(stream) = open.get_mut() else {
        call.reply.int(0);
        return Ok(());
    };
    let deleted = stream.delete(&id::parse_all(call.args, 2)?);
    if deleted > 0 {
        open.lessened_by(deleted, "xdel");
    }
    call.reply.int(deleted as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn entries_are_deleted_once_and_the_stream_stays() {
        let mut server = TestServer::new();
        server.check(&[
            ("XADD s 1-1 f v", "\"1-1\""),
            ("XADD s 1-2 f v", "\"1-2\""),
            ("XDEL s 1-1 1-1 9-9", "1"),
            ("XDEL s 1-1", "0"),
            ("XDEL s 1-2 x", "-ERR Invalid stream ID specified as stream command argument"),
            ("XDEL missing x", "0"),
            ("XDEL s 1-2", "1"),
            ("XLEN s", "0"),
            ("EXISTS s", "1"),
            (
                "XADD s 1-2 f v",
                "-ERR The ID specified in XADD is equal or smaller than the target stream top item",
            ),
        ]);
        assert_eq!(server.stream()[3..], ["XDEL s 1-1 1-1 9-9", "XDEL s 1-2"]);
        assert_eq!(server.events(&["XADD s 2 f v", "XDEL s 2 3"]), ["xadd s", "xdel s"]);
    }
}
