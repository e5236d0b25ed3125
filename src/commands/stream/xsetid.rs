//! `XSETID key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]`: sets what is
//! known of a stream beside its entries.

use super::id;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::stream::{Counters, Stream, StreamId};

pub const XSETID: Command = Command::new("xsetid", -3, xsetid)
    .flags(&[Flag::Write, Flag::DenyOom, Flag::Fast])
    .categories(&[Category::Stream])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .docs(
        Group::Stream,
        "5.0.0",
        "Sets the last ID of a stream, and what is counted of its entries.",
    )
    .history(&[("7.0.0", "Added the `entries_added` and `max_deleted_entry_id` arguments.")])
    .arguments(&[
        Arg::KEY,
        Arg::string("last-id"),
        Arg::integer("entries_added").token("ENTRIESADDED").since("7.0.0").optional(),
        Arg::string("max_deleted_entry_id").token("MAXDELETEDID").since("7.0.0").optional(),
    ]);

fn xsetid(call: &mut Call<'_>) -> Outcome {
    let last_id = id::parse(call.arg(2), 0)?;
    let (mut entries_added, mut max_deleted_id) = (None, StreamId::MIN);
    let mut i = 3;
    while i < call.argc() {
        let has_more = i + 1 < call.argc();
        if has_more && call.arg(i).eq_ignore_ascii_case(b"entriesadded") {
            let count = u64::try_from(call.integer(i + 1)?);
            entries_added = Some(count.map_err(|_| CommandError::EntriesAddedNegative)?);
        } else if has_more && call.arg(i).eq_ignore_ascii_case(b"maxdeletedid") {
            max_deleted_id = id::parse(call.arg(i + 1), 0)?;
            if last_id < max_deleted_id {
                return Err(CommandError::LastIdBelowDeleted);
            }
        } else {
            return Err(CommandError::Syntax);
        }
        i += 2;
    }
    let mut open = call.keys.open::<Stream>(call.args.get(1))?;
    let stream = open.get_mut().ok_or(CommandError::NoSuchKey)?;
    let log = stream.log();
    if log.last().is_some_and(|last| last_id < last.id) {
        return Err(CommandError::LastIdBelowTop);
    }
    if entries_added.is_some_and(|entries_added| log.len() > entries_added) {
        return Err(CommandError::EntriesAddedBelowLength);
    }
    let counters = *log.counters();
    stream.set_counters(Counters {
        last_id,
        entries_added: entries_added.unwrap_or(counters.entries_added),
        max_deleted_id: match max_deleted_id {
            StreamId::MIN => counters.max_deleted_id,
            given => given,
        },
        ..counters
    });
    open.altered_by(1, Some("xsetid"));
    call.reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn what_is_counted_is_set_and_never_below_what_is_there() {
        let mut server = TestServer::new();
        server.check(&[
            ("XSETID s 1-1", "-ERR no such key"),
            ("XADD s 1-1 f v", "\"1-1\""),
            ("XADD s 1-2 f v", "\"1-2\""),
            ("XSETID s 1-1", "-ERR The ID specified in XSETID is smaller than the target stream top item"),
            ("XSETID s 9-0", "OK"),
            ("XADD s 9-* f v", "\"9-1\""),
            ("XSETID s 9-9 ENTRIESADDED 2", "-ERR The entries_added specified in XSETID is smaller than the target stream length"),
            ("XSETID s 9-9 ENTRIESADDED -1", "-ERR entries_added must be positive"),
            ("XSETID s 9-9 MAXDELETEDID 9-10", "-ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"),
            ("XSETID s 9-9 entriesadded 30 MAXDELETEDID 5", "OK"),
            ("XSETID s 9-9 ENTRIESADDED", "-ERR syntax error"),
            ("XSETID s -", "-ERR Invalid stream ID specified as stream command argument"),
            ("SET k v", "OK"),
            ("XSETID k 1-1", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ]);
        let stream = server.stream();
        assert_eq!(stream[3], "XSETID s 9-0");
        assert_eq!(stream[5], "XSETID s 9-9 entriesadded 30 MAXDELETEDID 5");
        assert_eq!(server.events(&["XSETID s 9-9"]), ["xsetid s"]);
    }
}
