//! `XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...]
//! id [id ...]`: for `>` entries that the group has not read yet, which become pending of the
//! consumer; for an ID what is pending of it behind that.

use super::id;
use super::reply::{IdText, put_entry, put_id};
use super::request::Request;
use super::streams_reply::StreamsReply;
use super::told::Told;
use super::xread::{BLOCK, COUNT, STREAMS, XREAD};
use crate::base::time::UnixMillis;
use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::EventClass;
use crate::resp::reply::Reply;
use crate::store::value::Value;
use crate::store::value::stream::{self, Log, Name, Pending, Stream, StreamId};
use crate::store::waiters::Wanted;

pub const XREADGROUP: Command = XREAD
    .sibling("xreadgroup", xreadgroup)
    .arity(-7)
    .flags(&[Flag::Write, Flag::Blocking, Flag::MovableKeys])
    .keys(&[KeySpec::half_behind("STREAMS", 4, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(
        Group::Stream,
        "5.0.0",
        "Returns entries that a consumer group has not read yet, once there are some, or those that are pending of a consumer.",
    )
    .arguments(&[
        Arg::block("group_consumer", &[Arg::string("group"), Arg::string("consumer")])
            .token("GROUP"),
        COUNT,
        BLOCK,
        Arg::word("noack", "NOACK").optional(),
        STREAMS,
    ]);

/// What is read of a stream.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    /// What the group has not read yet.
    New,
    /// What is pending of the consumer behind an ID.
    Pending(StreamId),
}

fn xreadgroup(call: &mut Call<'_>) -> Outcome {
    let request = Request::parse(call.args, call.now(), true)?;
    let (name, consumer) = request.group.ok_or(CommandError::MissingGroup)?;
    let mut wanted = Vec::with_capacity(request.keys.len());
    for key_at in request.keys.clone() {
        let key = call.args.get(key_at);
        let stream = call.keys.read::<Stream>(key)?;
        if stream.and_then(|stream| stream.group(name)).is_none() {
            return Err(CommandError::NoKeyOrGroupToRead((key.into(), name.into())));
        }
        wanted.push(match call.args.get(request.id_at(key_at)) {
            b"$" => return Err(CommandError::LastIdInXreadgroup),
            b">" => From::New,
            given => match id::parse(given, 0)? {
                // What `>` stands for in Redis.
                StreamId::MAX => From::New,
                after => From::Pending(after),
            },
        });
    }
    call.propagate_never();
    let mut streams = StreamsReply::default();
    for (key_at, from) in request.keys.clone().zip(wanted) {
        let key = call.args.get(key_at);
        read_stream(call, &request, (key, name, consumer), from, &mut streams)?;
    }
    if streams.end(&mut call.reply) {
        return Ok(());
    }
    match request.waits {
        Some(deadline) if !call.in_transaction => {
            let wanted = Wanted { value_type: Stream::TYPE, or_gone: true };
            call.wait_for_keys(request.keys, wanted, deadline);
        }
        _ => call.reply.null_array(),
    }
    Ok(())
}

/// Reads one stream, and tells replicas what that has changed.
fn read_stream(
    call: &mut Call<'_>,
    request: &Request<'_>,
    (key, name, consumer): (&[u8], &[u8], &[u8]),
    from: From,
    streams: &mut StreamsReply,
) -> Outcome {
    let now = call.now();
    let mut told = Told::new(call, key, name);
    let mut open = call.keys.open::<Stream>(key)?;
    let reply = &mut call.reply;
    let reading = |log: &Log, group: &mut stream::Group| {
        let (owner, is_new) = group.add_consumer(consumer, now);
        if is_new {
            told.consumer(consumer);
        }
        let mut delivery = Delivery { log, owner: &owner, now, told: &mut told };
        let has_new = log.last().is_some_and(|last| last.id > group.last_id());
        let read = match from {
            From::New if !has_new => 0,
            From::New => {
                streams.stream(reply, key);
                delivery.new_entries(group, (request.most, request.is_noack), reply)
            }
            From::Pending(after) => {
                streams.stream(reply, key);
                delivery.pending_entries(group, (after, request.most), reply)
            }
        };
        let is_active = read > 0 && from == From::New && !request.is_noack;
        group.note_consumer(&owner, now, is_active);
        (u64::from(is_new) + u64::from(read > 0), is_new)
    };
    let (changes, is_new) = open.get_or_create().change_group(name, reading).unwrap_or_default();
    open.altered_by(changes, None);
    if is_new {
        call.keys.also(key, EventClass::Stream, "xgroup-createconsumer");
    }
    told.send(call);
    Ok(())
}

/// Entries on their way to a consumer.
struct Delivery<'d, 'a> {
    log: &'d Log,
    owner: &'d Name,
    now: UnixMillis,
    told: &'d mut Told<'a>,
}

impl Delivery<'_, '_> {
    /// Entries that the group has not read; gives how many.
    fn new_entries(
        &mut self,
        group: &mut stream::Group,
        (most, is_noack): (usize, bool),
        reply: &mut Reply<'_>,
    ) -> usize {
        let array = reply.begin_array();
        let mut count = 0;
        let from = group.last_id().next().unwrap_or(StreamId::MAX);
        for entry in self.log.range(from, StreamId::MAX).take(most) {
            group.advance(self.log, entry.id);
            put_entry(reply, &entry);
            count += 1;
            if !is_noack {
                let consumer = self.owner.clone();
                let pending =
                    Pending { id: entry.id, delivered_at: self.now, deliveries: 1, consumer };
                self.told.pending(IdText::of(entry.id).as_bytes(), &pending, group.last_id());
                group.assign(pending);
            }
        }
        if count > 0 {
            self.told.position(group);
        }
        reply.end_array(array, count);
        count
    }

    /// What is pending of the consumer behind an ID; gives how much. What is no entry any more has
    /// no fields.
    fn pending_entries(
        &self,
        group: &mut stream::Group,
        (after, most): (StreamId, usize),
        reply: &mut Reply<'_>,
    ) -> usize {
        let array = reply.begin_array();
        let from = after.next().unwrap_or(StreamId::MIN);
        let consumer = group.consumer(self.owner);
        let ids = consumer.map(|consumer| consumer.pending_from(from).take(most).collect());
        let ids: Vec<StreamId> = ids.unwrap_or_default();
        for &id in &ids {
            match self.log.get(id) {
                Some(entry) => {
                    put_entry(reply, &entry);
                    group.deliver_again(id, self.now);
                }
                None => {
                    reply.array(2);
                    put_id(reply, id);
                    reply.null_array();
                }
            }
        }
        reply.end_array(array, ids.len());
        ids.len()
    }
}

#[cfg(test)]
mod tests {
    use crate::commands::effect::Block;
    use crate::keyspace::testing::{Flow, TestServer};

    fn claim(consumer: &str, id: &str) -> String {
        format!(
            "XCLAIM s g {consumer} 0 {id} TIME 1700000000000 RETRYCOUNT 1 FORCE JUSTID LASTID {id}"
        )
    }

    /// A stream of three entries with a group that has read none.
    fn server() -> TestServer {
        let mut server = TestServer::new();
        server.check(&[
            ("XADD s 1-1 f 1", "\"1-1\""),
            ("XADD s 1-2 f 2", "\"1-2\""),
            ("XADD s 1-3 f 3", "\"1-3\""),
            ("XGROUP CREATE s g 0", "OK"),
        ]);
        server.stream();
        server
    }

    const ONE: &str = "[\"1-1\" [\"f\" \"1\"]]";
    const TWO: &str = "[\"1-2\" [\"f\" \"2\"]]";
    const THREE: &str = "[\"1-3\" [\"f\" \"3\"]]";

    #[test]
    fn new_entries_go_to_one_consumer_and_become_pending() {
        let mut server = server();
        server.check(&[
            ("XREADGROUP GROUP g a COUNT 2 STREAMS s >", &format!("[[\"s\" [{ONE} {TWO}]]]")),
            ("XREADGROUP GROUP g b STREAMS s >", &format!("[[\"s\" [{THREE}]]]")),
            ("XREADGROUP GROUP g c STREAMS s >", "nil"),
            ("XPENDING s g", "[3 \"1-1\" \"1-3\" [[\"a\" \"2\"] [\"b\" \"1\"]]]"),
        ]);
        let stream = [
            "MULTI".to_owned(),
            claim("a", "1-1"),
            claim("a", "1-2"),
            "XGROUP SETID s g 1-2 ENTRIESREAD 2".to_owned(),
            "EXEC".to_owned(),
            "MULTI".to_owned(),
            claim("b", "1-3"),
            "XGROUP SETID s g 1-3 ENTRIESREAD 3".to_owned(),
            "EXEC".to_owned(),
            "XGROUP CREATECONSUMER s g c".to_owned(),
        ];
        assert_eq!(server.stream(), stream);
    }

    #[test]
    fn what_needs_no_acknowledgement_is_told_by_consumer_and_position() {
        let mut server = server();
        server.check(&[
            ("XREADGROUP GROUP g a COUNT 2 NOACK STREAMS s >", &format!("[[\"s\" [{ONE} {TWO}]]]")),
            ("XPENDING s g", "[0 nil nil nil]"),
            ("XREADGROUP GROUP g a NOACK STREAMS s >", &format!("[[\"s\" [{THREE}]]]")),
        ]);
        let stream = [
            "MULTI",
            "XGROUP CREATECONSUMER s g a",
            "XGROUP SETID s g 1-2 ENTRIESREAD 2",
            "EXEC",
            "XGROUP SETID s g 1-3 ENTRIESREAD 3",
        ];
        assert_eq!(server.stream(), stream);
    }

    #[test]
    fn with_an_id_a_consumer_gets_what_is_pending_of_it_again() {
        let mut server = server();
        server.run("XREADGROUP GROUP g a STREAMS s >");
        server.run("XDEL s 1-2");
        server.stream();
        server.now += 7;
        server.check(&[
            (
                "XREADGROUP GROUP g a STREAMS s 0",
                &format!("[[\"s\" [{ONE} [\"1-2\" nil] {THREE}]]]"),
            ),
            ("XREADGROUP GROUP g a COUNT 1 STREAMS s 1-2", &format!("[[\"s\" [{THREE}]]]")),
            ("XREADGROUP GROUP g b STREAMS s 0", "[[\"s\" []]]"),
            ("XREADGROUP GROUP g a STREAMS s 18446744073709551615-18446744073709551615", "nil"),
            (
                "XPENDING s g - + 10",
                "[[\"1-1\" \"a\" 0 2] [\"1-2\" \"a\" 7 1] [\"1-3\" \"a\" 0 3]]",
            ),
        ]);
        assert_eq!(server.stream(), ["XGROUP CREATECONSUMER s g b"]);
    }

    #[test]
    fn what_is_wrong_is_told_before_anything_is_read() {
        let mut server = server();
        server.run("SET k v");
        let no_group = |key| {
            format!(
                "-NOGROUP No such key '{key}' or consumer group 'g' in XREADGROUP with GROUP option"
            )
        };
        server.check(&[
            ("XREADGROUP GROUP g a STREAMS s missing > >", &no_group("missing")),
            ("XREADGROUP GROUP g a STREAMS s k > >", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("XREADGROUP GROUP g a STREAMS s $", "-ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set."),
            ("XREADGROUP GROUP g a STREAMS s x", "-ERR Invalid stream ID specified as stream command argument"),
            ("XREADGROUP NOACK COUNT 1 STREAMS s s > >", "-ERR Missing GROUP option for XREADGROUP"),
            ("XREADGROUP GROUP g a STREAMS s s >", "-ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified."),
            ("XREADGROUP GROUP g a FOO STREAMS s >", "-ERR syntax error"),
            ("XINFO CONSUMERS s g", "[]"),
        ]);
        server.run("XGROUP CREATE s h $");
        assert_eq!(server.stream(), ["SET k v", "XGROUP CREATE s h $"]);
    }

    #[test]
    fn only_what_may_be_news_wakes_who_waits_for_a_group() {
        let mut server = server();
        server.run("XREADGROUP GROUP g a STREAMS s >");
        let client = server.client;
        assert_eq!(server.run("XREADGROUP GROUP g a BLOCK 0 STREAMS s >"), "");
        let Flow::Suspend(Block::Keys(awaited)) = &server.flow else { panic!("it waits") };
        assert!(awaited.wanted.or_gone && awaited.again.is_none());
        let wanted = awaited.wanted;
        server.executor.state.waiters.add((0, b"s"), wanted, (1, client));
        server.client = server.connect();
        for line in [
            "XACK s g 1-1",
            "XCLAIM s g b 0 1-2",
            "XDEL s 1-1",
            "XTRIM s MAXLEN 1",
            "XSETID s 9-9",
            "XGROUP CREATE s h $",
            "XGROUP SETID s h 0",
            "XREADGROUP GROUP h a STREAMS s >",
            "XADD t 1-1 f v",
        ] {
            server.run(line);
            assert!(!server.executor.state.waiters.has_ready(), "{line}");
        }
        for line in ["XADD s 10-1 f v", "XGROUP DESTROY s h", "SET s v", "DEL s"] {
            server.run(line);
            assert!(server.executor.state.waiters.pop_ready().is_some(), "{line}");
        }
    }

    #[test]
    fn in_a_transaction_nobody_waits() {
        let mut server = server();
        server.check(&[
            ("MULTI", "OK"),
            ("XREADGROUP GROUP g a BLOCK 0 STREAMS s >", "QUEUED"),
            ("XREADGROUP GROUP g a BLOCK 0 STREAMS s >", "QUEUED"),
            ("EXEC", &format!("[[[\"s\" [{ONE} {TWO} {THREE}]]] nil]")),
        ]);
    }

    #[test]
    fn nothing_is_told_while_nobody_is_fed() {
        let mut server = server();
        let id = server.server().random_replid();
        server.server().replication.stream.free(id);
        server.check(&[
            ("XREADGROUP GROUP g a COUNT 1 STREAMS s >", &format!("[[\"s\" [{ONE}]]]")),
            ("XREADGROUP GROUP g b STREAMS s 0", "[[\"s\" []]]"),
            ("XCLAIM s g c 0 9-9", "[]"),
            ("XAUTOCLAIM s g d 0 5", "[\"0-0\" [] []]"),
        ]);
        assert!(server.stream().is_empty());
    }
}
