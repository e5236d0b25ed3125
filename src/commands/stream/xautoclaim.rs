//! `XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]`: what is pending from
//! an ID on becomes pending of a consumer, if it has been idle for long enough; gives where to go
//! on, what was claimed, and what was pending but is no entry any more.

use super::claiming::{Became, Terms};
use super::id;
use super::reply::{IdText, put_entry, put_id};
use super::told::Told;
use super::xclaim::XCLAIM;
use crate::base::number::parse_i64;
use crate::base::time::UnixMillis;
use crate::commands::call::Call;
use crate::commands::command::Command;
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::EventClass;
use crate::store::value::stream::{self, Log, Name, Stream, StreamId};

pub const XAUTOCLAIM: Command = XCLAIM
    .sibling("xautoclaim", xautoclaim)
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Delete])])
    .docs(Group::Stream, "6.2.0", "Makes what is pending in a group pending of one of its consumers.")
    .complexity("O(log N) for each entry looked at, ten times `COUNT` at most, where N is the number of entries pending in the group")
    .history(&[(
        "7.0.0",
        "Added an element to the reply array, containing deleted entries the command cleared from the PEL",
    )])
    .arguments(&[
        Arg::KEY,
        Arg::string("group"),
        Arg::string("consumer"),
        Arg::string("min-idle-time"),
        Arg::string("start"),
        Arg::integer("count").token("COUNT").optional(),
        Arg::word("justid", "JUSTID").optional(),
    ]);

const DEFAULT_COUNT: u64 = 100;
const COUNT_MAX: i64 = i64::MAX / 16;
/// Entries that are looked at for each one that may be claimed.
const LOOKED_AT_FOR_EACH: u64 = 10;

struct Claim {
    terms: Terms,
    start: StreamId,
    count: u64,
}

/// What was done.
#[derive(Default)]
struct Done {
    is_new_consumer: bool,
    claimed: Vec<StreamId>,
    gone: Vec<StreamId>,
    /// Where to go on.
    next: Option<StreamId>,
}

fn xautoclaim(call: &mut Call<'_>) -> Outcome {
    let claim = parse(call)?;
    let (key, name, consumer) = (call.args.get(1), call.args.get(2), call.args.get(3));
    let now = call.now();
    let mut told = Told::new(call, key, name);
    let mut open = call.keys.read_and_open::<Stream>(key)?;
    let no_group = || CommandError::NoKeyOrGroup((key.into(), name.into()));
    let stream = open.get_mut().ok_or_else(no_group)?;
    let done = stream.change_group(name, |log, group| {
        let (owner, is_new_consumer) = group.add_consumer(consumer, now);
        if is_new_consumer {
            told.consumer(consumer);
        }
        let done = claim_from(log, group, &claim, &owner, now, &mut told);
        group.note_consumer(&owner, now, !done.claimed.is_empty());
        Done { is_new_consumer, ..done }
    });
    let done = done.ok_or_else(no_group)?;
    let reply = &mut call.reply;
    reply.array(3);
    put_id(reply, done.next.unwrap_or(StreamId::MIN));
    reply.array(done.claimed.len());
    for &id in &done.claimed {
        match stream.log().get(id) {
            Some(entry) if !claim.terms.is_just_id => put_entry(reply, &entry),
            _ => put_id(reply, id),
        }
    }
    reply.array(done.gone.len());
    done.gone.iter().for_each(|&id| put_id(reply, id));
    let changes = done.claimed.len() + done.gone.len() + usize::from(done.is_new_consumer);
    open.altered_by(changes as u64, None);
    if done.is_new_consumer {
        call.keys.also(key, EventClass::Stream, "xgroup-createconsumer");
    }
    call.propagate_never();
    told.send(call);
    Ok(())
}

fn claim_from(
    log: &Log,
    group: &mut stream::Group,
    claim: &Claim,
    owner: &Name,
    now: UnixMillis,
    told: &mut Told<'_>,
) -> Done {
    let mut done = Done::default();
    let mut looked_at = claim.count.saturating_mul(LOOKED_AT_FOR_EACH);
    let mut left = claim.count;
    let mut from = Some(claim.start);
    loop {
        let next = from.and_then(|from| group.pending_from(from).next().map(|next| next.id));
        let Some(id) = next.filter(|_| looked_at > 0 && left > 0) else {
            done.next = next;
            return done;
        };
        looked_at -= 1;
        from = id.next();
        let Some(became) = claim.terms.apply(log, group, owner, (id, now)) else { continue };
        left -= 1;
        let text = IdText::of(id);
        told.pending(text.as_bytes(), became.pending(), group.last_id());
        match became {
            Became::Claimed(_) => done.claimed.push(id),
            Became::Gone(_) => done.gone.push(id),
        }
    }
}

fn parse(call: &Call<'_>) -> Result<Claim, CommandError> {
    let min_idle = parse_i64(call.arg(4)).ok_or(CommandError::InvalidMinIdle("XAUTOCLAIM"))?;
    let start = id::interval_start(call.args, 5)?;
    let (mut count, mut is_just_id) = (DEFAULT_COUNT, false);
    let mut i = 6;
    while i < call.argc() {
        if call.arg(i).eq_ignore_ascii_case(b"count") && i + 1 < call.argc() {
            let number = parse_i64(call.arg(i + 1)).filter(|n| (1..=COUNT_MAX).contains(n));
            count = number.ok_or(CommandError::ClaimCountNotPositive)? as u64;
            i += 1;
        } else if call.arg(i).eq_ignore_ascii_case(b"justid") {
            is_just_id = true;
        } else {
            return Err(CommandError::Syntax);
        }
        i += 1;
    }
    let terms = Terms {
        min_idle_millis: min_idle.max(0),
        delivered_at: call.now(),
        deliveries: None,
        is_forced: false,
        is_just_id,
    };
    Ok(Claim { terms, start, count })
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn what_is_pending_is_claimed_in_steps_and_what_is_gone_is_told() {
        let mut server = TestServer::new();
        for i in 1..=5 {
            server.run(&format!("XADD s 1-{i} f {i}"));
        }
        server.run("XGROUP CREATE s g 0");
        server.run("XREADGROUP GROUP g a STREAMS s >");
        server.run("XDEL s 1-2 1-4");
        server.stream();
        server.now += 50;
        server.check(&[
            ("XAUTOCLAIM s g b 50 - COUNT 2", "[\"1-3\" [[\"1-1\" [\"f\" \"1\"]]] [\"1-2\"]]"),
            ("XAUTOCLAIM s g b 50 (1-3 COUNT 1 JUSTID", "[\"1-5\" [] [\"1-4\"]]"),
            ("XAUTOCLAIM s g b 50 1-3 JUSTID", "[\"0-0\" [\"1-3\" \"1-5\"] []]"),
            ("XAUTOCLAIM s g c 50 0", "[\"0-0\" [] []]"),
            (
                "XPENDING s g - + 10",
                "[[\"1-1\" \"b\" 0 2] [\"1-3\" \"b\" 0 1] [\"1-5\" \"b\" 0 1]]",
            ),
        ]);
        let told = |consumer, id, time, count| {
            format!(
                "XCLAIM s g {consumer} 0 {id} TIME {time} RETRYCOUNT {count} FORCE JUSTID LASTID 1-5"
            )
        };
        let (then, now) = (1_700_000_000_000i64, 1_700_000_000_050i64);
        let stream = [
            "MULTI".to_owned(),
            told("b", "1-1", now, 2),
            told("a", "1-2", then, 1),
            "EXEC".to_owned(),
            told("a", "1-4", then, 1),
            "MULTI".to_owned(),
            told("b", "1-3", now, 1),
            told("b", "1-5", now, 1),
            "EXEC".to_owned(),
            "XGROUP CREATECONSUMER s g c".to_owned(),
        ];
        assert_eq!(server.stream(), stream);
    }

    #[test]
    fn no_more_than_ten_are_looked_at_for_each_that_may_be_claimed() {
        let mut server = TestServer::new();
        server.run("XGROUP CREATE s g 0 MKSTREAM");
        (1..=25).for_each(|i| drop(server.run(&format!("XADD s 1-{i} f v"))));
        server.run("XREADGROUP GROUP g a STREAMS s >");
        server.check(&[("XAUTOCLAIM s g b 1000 0 COUNT 2 JUSTID", "[\"1-21\" [] []]")]);
    }
}
