//! `XPENDING key group`: how much is pending, and of whom;
//! `XPENDING key group [IDLE min-idle-time] start end count [consumer]`: what is pending.

use super::id;
use super::reply::put_id;
use crate::base::time::UnixMillis;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::resp::reply::Reply;
use crate::store::value::stream::{self, Pending, Stream, StreamId};

pub const XPENDING: Command = Command::new("xpending", -3, xpending)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Stream])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .tips(&["nondeterministic_output"])
    .docs(Group::Stream, "5.0.0", "Returns what was delivered to a group and not acknowledged.")
    .complexity("O(N) where N is the number of consumers, or of entries looked at")
    .history(&[("6.2.0", "Added the `IDLE` option and exclusive range intervals.")])
    .arguments(&[
        Arg::KEY,
        Arg::string("group"),
        Arg::block(
            "filters",
            &[
                Arg::integer("min-idle-time").token("IDLE").since("6.2.0").optional(),
                Arg::string("start"),
                Arg::string("end"),
                Arg::integer("count"),
                Arg::string("consumer").optional(),
            ],
        )
        .optional(),
    ]);

/// Which of what is pending is asked for.
struct Filter<'a> {
    min_idle_millis: i64,
    start: StreamId,
    end: StreamId,
    count: usize,
    consumer: Option<&'a [u8]>,
}

fn xpending(call: &mut Call<'_>) -> Outcome {
    let argc = call.argc();
    if argc != 3 && !(6..=9).contains(&argc) {
        return Err(CommandError::Syntax);
    }
    let filter = if argc > 3 { Some(parse(call)?) } else { None };
    let (key, name, now) = (call.args.get(1), call.args.get(2), call.now());
    let stream = call.keys.read::<Stream>(key)?;
    let group = stream.and_then(|stream| stream.group(name));
    let group = group.ok_or_else(|| CommandError::NoKeyOrGroup((key.into(), name.into())))?;
    match filter {
        Some(filter) => put_pending(&mut call.reply, group, &filter, now),
        None => put_summary(&mut call.reply, group),
    }
    Ok(())
}

fn parse<'a>(call: &Call<'a>) -> Result<Filter<'a>, CommandError> {
    let has_idle = call.arg(3).eq_ignore_ascii_case(b"idle");
    let min_idle_millis = if has_idle { call.integer(4)? } else { 0 };
    if has_idle && call.argc() < 8 {
        return Err(CommandError::Syntax);
    }
    let at = if has_idle { 5 } else { 3 };
    let count = usize::try_from(call.integer(at + 2)?).unwrap_or(0);
    Ok(Filter {
        min_idle_millis,
        start: id::interval_start(call.args, at)?,
        end: id::interval_end(call.args, at + 1)?,
        count,
        consumer: (at + 3 < call.argc()).then(|| call.arg(at + 3)),
    })
}

fn put_summary(reply: &mut Reply<'_>, group: &stream::Group) {
    reply.array(4);
    reply.int(group.pending().len() as i64);
    let (Some(first), Some(last)) = (group.pending().first(), group.pending().last()) else {
        reply.null();
        reply.null();
        reply.null_array();
        return;
    };
    put_id(reply, first.id);
    put_id(reply, last.id);
    let array = reply.begin_array();
    let mut count = 0;
    for consumer in group.consumers().iter().filter(|consumer| !consumer.pending().is_empty()) {
        reply.array(2);
        reply.bulk(consumer.name());
        reply.bulk_int(consumer.pending().len() as i64);
        count += 1;
    }
    reply.end_array(array, count);
}

fn put_pending(reply: &mut Reply<'_>, group: &stream::Group, filter: &Filter<'_>, now: UnixMillis) {
    let array = reply.begin_array();
    let matches = |pending: &&Pending| {
        filter.min_idle_millis == 0 || pending.idle_millis(now) >= filter.min_idle_millis
    };
    let count = match filter.consumer.map(|name| group.consumer(name)) {
        None => {
            let pending = group.pending_from(filter.start);
            let within = pending.take_while(|pending| pending.id <= filter.end);
            put_each(reply, within.filter(matches).take(filter.count), now)
        }
        Some(Some(consumer)) => {
            let ids = consumer.pending_from(filter.start).take_while(|id| *id <= filter.end);
            let pending = ids.filter_map(|id| group.find_pending(id));
            put_each(reply, pending.filter(matches).take(filter.count), now)
        }
        Some(None) => 0,
    };
    reply.end_array(array, count);
}

fn put_each<'a>(
    reply: &mut Reply<'_>,
    all: impl Iterator<Item = &'a Pending>,
    now: UnixMillis,
) -> usize {
    let mut count = 0;
    for pending in all {
        reply.array(4);
        put_id(reply, pending.id);
        reply.bulk(&pending.consumer);
        reply.int(pending.idle_millis(now).max(0));
        reply.int(pending.deliveries as i64);
        count += 1;
    }
    count
}
