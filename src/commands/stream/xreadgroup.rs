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
    let request = Request::parse(call, true)?;
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
