//! `XINFO`: what is known of a stream, its groups and their consumers.

use super::reply::{put_entries, put_entry, put_id};
use crate::base::time::UnixMillis;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::resp::reply::Reply;
use crate::store::value::stream::{
    self, Consumer, Log, Stream, StreamEntry, StreamId, UNKNOWN_READS,
};

pub const XINFO: Command = Command::container("xinfo", &[CONSUMERS, GROUPS, HELP, STREAM]).docs(
    Group::Stream,
    "5.0.0",
    "A container for commands that tell what is known of a stream.",
);

/// `XINFO STREAM key [FULL [COUNT count]]`
const STREAM: Command = Command::new("stream", -3, about_stream)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Stream])
    .keys(&[KeySpec::at(2, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::Stream, "5.0.0", "Returns what is known of a stream.")
    .history(&[
        ("6.0.0", "Added the `FULL` modifier."),
        ("7.0.0", "Added the `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and `lag` fields"),
    ])
    .arguments(&[
        Arg::KEY,
        Arg::block("full", &[Arg::integer("count").token("COUNT").optional()])
            .token("FULL")
            .optional(),
    ]);

/// `XINFO GROUPS key`
const GROUPS: Command = STREAM
    .sibling("groups", about_groups)
    .arity(3)
    .docs(Group::Stream, "5.0.0", "Returns what is known of the groups of a stream.")
    .history(&[("7.0.0", "Added the `entries-read` and `lag` fields")])
    .arguments(&[Arg::KEY]);

/// `XINFO CONSUMERS key group`
const CONSUMERS: Command = STREAM
    .sibling("consumers", about_consumers)
    .arity(4)
    .tips(&["nondeterministic_output"])
    .docs(Group::Stream, "5.0.0", "Returns what is known of the consumers of a group.")
    .history(&[])
    .arguments(&[Arg::KEY, Arg::string("groupname")]);

const HELP: Command = Command::help(&[
    "CONSUMERS <key> <groupname>",
    "    What is known of the consumers of a group.",
    "GROUPS <key>",
    "    What is known of the groups of a stream.",
    "STREAM <key> [FULL [COUNT <count>]]",
    "    What is known of a stream.",
])
.categories(&[Category::Stream])
.docs(Group::Stream, "5.0.0", "Show helpful text about the different subcommands");

/// Entries, and those pending, that `FULL` shows if it is not told how many.
const DEFAULT_COUNT: usize = 10;
/// When a consumer got something that never did.
const NEVER: i64 = -1;

fn field(reply: &mut Reply<'_>, name: &str, number: impl TryInto<i64>) {
    reply.bulk(name.as_bytes());
    reply.int(number.try_into().unwrap_or(i64::MAX));
}

fn id_field(reply: &mut Reply<'_>, name: &str, id: StreamId) {
    reply.bulk(name.as_bytes());
    put_id(reply, id);
}

fn maybe_field(reply: &mut Reply<'_>, name: &str, number: Option<i64>) {
    reply.bulk(name.as_bytes());
    match number {
        Some(number) => reply.int(number),
        None => reply.null(),
    }
}

fn about_stream(call: &mut Call<'_>) -> Outcome {
    let key = call.args.get(2);
    let (argc, words) = (call.argc(), (call.args.slice(3), call.args.get(1)));
    let wrong = || CommandError::unknown_operation(words.1, "XINFO");
    let stream = call.keys.read::<Stream>(key)?.ok_or(CommandError::NoSuchKey)?;
    if argc == 3 {
        put_stream(&mut call.reply, stream);
        return Ok(());
    }
    let is = |i: usize, name: &[u8]| words.0.get(i).eq_ignore_ascii_case(name);
    if !(argc == 4 || argc == 6) || !is(0, b"full") || (argc == 6 && !is(1, b"count")) {
        return Err(wrong());
    }
    let most = match argc {
        4 => DEFAULT_COUNT,
        _ => match crate::commands::args::integer(call.args, 5)? {
            ..0 => DEFAULT_COUNT,
            0 => usize::MAX,
            count => usize::try_from(count).unwrap_or(usize::MAX),
        },
    };
    put_full(&mut call.reply, stream, most);
    Ok(())
}

/// What both forms begin with.
fn put_counters(reply: &mut Reply<'_>, log: &Log) {
    let counters = log.counters();
    field(reply, "length", log.len());
    field(reply, "radix-tree-keys", log.blocks().len());
    // There is no radix tree here: as many as one has with keys of one entry.
    field(reply, "radix-tree-nodes", log.blocks().len() + 1);
    id_field(reply, "last-generated-id", counters.last_id);
    id_field(reply, "max-deleted-entry-id", counters.max_deleted_id);
    field(reply, "entries-added", counters.entries_added as i64);
    id_field(reply, "recorded-first-entry-id", counters.first_id);
}

fn put_stream(reply: &mut Reply<'_>, stream: &Stream) {
    let log = stream.log();
    reply.map(10);
    put_counters(reply, log);
    field(reply, "groups", stream.groups().len());
    let mut entry = |name: &str, entry: Option<StreamEntry<'_>>| {
        reply.bulk(name.as_bytes());
        match entry {
            Some(entry) => put_entry(reply, &entry),
            None => reply.null(),
        }
    };
    entry("first-entry", log.first());
    entry("last-entry", log.last());
}

fn put_full(reply: &mut Reply<'_>, stream: &Stream, most: usize) {
    let log = stream.log();
    reply.map(9);
    put_counters(reply, log);
    reply.bulk(b"entries");
    put_entries(reply, log.range(StreamId::MIN, StreamId::MAX), most);
    reply.bulk(b"groups");
    reply.array(stream.groups().len() as usize);
    for group in stream.groups().iter() {
        reply.map(7);
        reply.bulk(b"name");
        reply.bulk(group.name());
        put_position(reply, log, group);
        field(reply, "pel-count", group.pending().len());
        reply.bulk(b"pending");
        reply.array(most.min(group.pending().len() as usize));
        for pending in group.pending().iter().take(most) {
            reply.array(4);
            put_id(reply, pending.id);
            reply.bulk(&pending.consumer);
            reply.int(pending.delivered_at);
            reply.int(pending.deliveries as i64);
        }
        reply.bulk(b"consumers");
        reply.array(group.consumers().len() as usize);
        group.consumers().iter().for_each(|consumer| put_consumer(reply, group, consumer, most));
    }
}

fn put_position(reply: &mut Reply<'_>, log: &Log, group: &stream::Group) {
    let read = Some(group.entries_read()).filter(|&read| read != UNKNOWN_READS);
    id_field(reply, "last-delivered-id", group.last_id());
    maybe_field(reply, "entries-read", read);
    maybe_field(reply, "lag", log.lag(group));
}

fn put_consumer(reply: &mut Reply<'_>, group: &stream::Group, consumer: &Consumer, most: usize) {
    reply.map(5);
    reply.bulk(b"name");
    reply.bulk(consumer.name());
    field(reply, "seen-time", consumer.seen_at());
    field(reply, "active-time", consumer.active_at().unwrap_or(NEVER));
    field(reply, "pel-count", consumer.pending().len());
    reply.bulk(b"pending");
    let array = reply.begin_array();
    let mut count = 0;
    let pending = consumer.pending().iter().filter_map(|&id| group.find_pending(id));
    for pending in pending.take(most) {
        reply.array(3);
        put_id(reply, pending.id);
        reply.int(pending.delivered_at);
        reply.int(pending.deliveries as i64);
        count += 1;
    }
    reply.end_array(array, count);
}

fn about_groups(call: &mut Call<'_>) -> Outcome {
    let stream = call.keys.read::<Stream>(call.args.get(2))?.ok_or(CommandError::NoSuchKey)?;
    let reply = &mut call.reply;
    reply.array(stream.groups().len() as usize);
    for group in stream.groups().iter() {
        reply.map(6);
        reply.bulk(b"name");
        reply.bulk(group.name());
        field(reply, "consumers", group.consumers().len());
        field(reply, "pending", group.pending().len());
        put_position(reply, stream.log(), group);
    }
    Ok(())
}

fn about_consumers(call: &mut Call<'_>) -> Outcome {
    let (key, name, now) = (call.args.get(2), call.args.get(3), call.now());
    let stream = call.keys.read::<Stream>(key)?.ok_or(CommandError::NoSuchKey)?;
    let group = stream.group(name);
    let group = group.ok_or_else(|| CommandError::NoGroup((name.into(), key.into())))?;
    let reply = &mut call.reply;
    reply.array(group.consumers().len() as usize);
    let since = |time: UnixMillis| now.wrapping_sub(time);
    for consumer in group.consumers().iter() {
        reply.map(4);
        reply.bulk(b"name");
        reply.bulk(consumer.name());
        field(reply, "pending", consumer.pending().len());
        field(reply, "idle", since(consumer.seen_at()).max(0));
        field(reply, "inactive", consumer.active_at().map_or(NEVER, since));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    fn server() -> TestServer {
        let mut server = TestServer::new();
        for line in [
            "XADD s 1-1 f 1",
            "XADD s 1-2 f 2",
            "XADD s 1-3 f 3",
            "XGROUP CREATE s g 0",
            "XREADGROUP GROUP g a COUNT 2 STREAMS s >",
            "XDEL s 1-1",
        ] {
            server.run(line);
        }
        server.now += 5;
        server.run("XREADGROUP GROUP g b NOACK COUNT 1 STREAMS s >");
        server.now += 7;
        server
    }

    const COUNTERS: &str = "\"length\" 2 \"radix-tree-keys\" 1 \"radix-tree-nodes\" 2 \"last-generated-id\" \"1-3\" \"max-deleted-entry-id\" \"1-1\" \"entries-added\" 3 \"recorded-first-entry-id\" \"1-2\"";

    #[test]
    fn a_stream_tells_what_is_counted_of_it() {
        let mut server = server();
        let entries = ["[\"1-2\" [\"f\" \"2\"]]", "[\"1-3\" [\"f\" \"3\"]]"];
        server.check(&[
            (
                "XINFO STREAM s",
                &format!("[{COUNTERS} \"groups\" 1 \"first-entry\" {} \"last-entry\" {}]", entries[0], entries[1]),
            ),
            ("XINFO STREAM missing", "-ERR no such key"),
            ("XINFO STREAM s FULL COUNT", "-ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP."),
            ("XINFO STREAM s FOO", "-ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP."),
            ("XINFO STREAM s FULL COUNT x", "-ERR value is not an integer or out of range"),
            ("SET k v", "OK"),
            ("XINFO STREAM k", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ]);
        let group = "\"name\" \"g\" \"last-delivered-id\" \"1-3\" \"entries-read\" 3 \"lag\" 0 \"pel-count\" 2";
        let pending = |count: usize| {
            let all = ["[\"1-1\" \"a\" 1700000000000 1]", "[\"1-2\" \"a\" 1700000000000 1]"];
            all[..count].join(" ")
        };
        let own = |count: usize| pending(count).replace(" \"a\"", "");
        let consumers = |count| {
            format!(
                "[[\"name\" \"a\" \"seen-time\" 1700000000000 \"active-time\" 1700000000000 \"pel-count\" 2 \"pending\" [{}]] [\"name\" \"b\" \"seen-time\" 1700000000005 \"active-time\" -1 \"pel-count\" 0 \"pending\" []]]",
                own(count)
            )
        };
        let full = |count: usize| {
            format!(
                "[{COUNTERS} \"entries\" [{}] \"groups\" [[{group} \"pending\" [{}] \"consumers\" {}]]]",
                entries[..count].join(" "),
                pending(count),
                consumers(count)
            )
        };
        server.check(&[
            ("XINFO STREAM s FULL", &full(2)),
            ("XINFO STREAM s full count 1", &full(1)),
            ("XINFO STREAM s FULL COUNT 0", &full(2)),
            ("XINFO STREAM s FULL COUNT -1", &full(2)),
        ]);
        server.check(&[("XDEL s 1-2 1-3", "2"), ("XTRIM s MAXLEN 0", "0")]);
        assert!(server.run("XINFO STREAM s").ends_with("\"first-entry\" nil \"last-entry\" nil]"));
    }

    #[test]
    fn groups_and_consumers_tell_what_is_pending_and_since_when() {
        let mut server = server();
        server.run("XGROUP CREATE s h 1-2");
        server.check(&[
            (
                "XINFO GROUPS s",
                "[[\"name\" \"g\" \"consumers\" 2 \"pending\" 2 \"last-delivered-id\" \"1-3\" \"entries-read\" 3 \"lag\" 0] [\"name\" \"h\" \"consumers\" 0 \"pending\" 0 \"last-delivered-id\" \"1-2\" \"entries-read\" nil \"lag\" 1]]",
            ),
            (
                "XINFO CONSUMERS s g",
                "[[\"name\" \"a\" \"pending\" 2 \"idle\" 12 \"inactive\" 12] [\"name\" \"b\" \"pending\" 0 \"idle\" 7 \"inactive\" -1]]",
            ),
            ("XINFO CONSUMERS s x", "-NOGROUP No such consumer group 'x' for key name 's'"),
            ("XINFO CONSUMERS x g", "-ERR no such key"),
            ("XINFO GROUPS x", "-ERR no such key"),
        ]);
        server.run("HELLO 3");
        assert!(server.run("XINFO CONSUMERS s g").starts_with("[{\"name\": \"a\", \"pending\": 2"));
        assert!(server.run("XINFO STREAM s").starts_with("{\"length\": 2"));
        assert!(server.run("XINFO HELP").starts_with("[XINFO <subcommand>"));
    }
}
