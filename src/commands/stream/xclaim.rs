//! `XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms] [TIME ms] [RETRYCOUNT count]
//! [FORCE] [JUSTID] [LASTID id]`: entries that are pending become pending of a consumer, if they
//! have been idle for long enough.

use super::id;
use super::reply::{put_entry, put_id};
use super::told::Told;
use crate::base::number::parse_i64;
use crate::base::time::UnixMillis;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::EventClass;
use crate::store::value::stream::{self, Log, Name, Pending, Stream, StreamId};

pub const XCLAIM: Command = Command::new("xclaim", -6, xclaim)
    .flags(&[Flag::Write, Flag::Fast])
    .categories(&[Category::Stream])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .tips(&["nondeterministic_output"])
    .docs(
        Group::Stream,
        "5.0.0",
        "Makes entries that are pending in a group pending of one of its consumers.",
    )
    .complexity("O(log N) for each entry, where N is the number of entries pending in the group")
    .arguments(&[
        Arg::KEY,
        Arg::string("group"),
        Arg::string("consumer"),
        Arg::string("min-idle-time"),
        Arg::string("id").multiple(),
        Arg::integer("ms").token("IDLE").optional(),
        Arg::unix_time("unix-time-milliseconds").token("TIME").optional(),
        Arg::integer("count").token("RETRYCOUNT").optional(),
        Arg::word("force", "FORCE").optional(),
        Arg::word("justid", "JUSTID").optional(),
        Arg::string("id").token("LASTID").optional(),
    ]);

/// What becomes of the entries.
struct Claim {
    min_idle_millis: i64,
    ids: Vec<StreamId>,
    delivered_at: UnixMillis,
    deliveries: Option<u64>,
    is_forced: bool,
    is_just_id: bool,
    last_id: StreamId,
}

fn xclaim(call: &mut Call<'_>) -> Outcome {
    let (key, name, consumer) = (call.args.get(1), call.args.get(2), call.args.get(3));
    let stream = call.keys.read::<Stream>(key)?;
    if stream.and_then(|stream| stream.group(name)).is_none() {
        return Err(CommandError::NoKeyOrGroup((key.into(), name.into())));
    }
    let claim = parse(call)?;
    let (args, now) = (call.args, call.now());
    let mut told = Told::new(call, key, name);
    let mut open = call.keys.open::<Stream>(key)?;
    let reply = &mut call.reply;
    let claiming = |log: &Log, group: &mut stream::Group| {
        let mut changes = 0;
        let moves = claim.last_id > group.last_id();
        if moves {
            group.set_position(claim.last_id, group.entries_read());
        }
        let (owner, is_new) = group.add_consumer(consumer, now);
        if is_new {
            told.consumer(consumer);
            changes += 1;
        }
        let array = reply.begin_array();
        let mut claimed = 0;
        for (i, &id) in claim.ids.iter().enumerate() {
            let Some(became) = claim_one(log, group, &claim, &owner, (id, now)) else { continue };
            told.pending(args.get(5 + i), became.pending(), group.last_id());
            changes += 1;
            if let (Became::Claimed(_), Some(entry)) = (&became, log.get(id)) {
                claimed += 1;
                match claim.is_just_id {
                    true => put_id(reply, id),
                    false => put_entry(reply, &entry),
                }
            }
        }
        reply.end_array(array, claimed);
        if moves && changes == u64::from(is_new) {
            told.position(group);
            changes += 1;
        }
        group.note_consumer(&owner, now, claimed > 0);
        (changes, is_new)
    };
    let (changes, is_new) = open.get_or_create().change_group(name, claiming).unwrap_or_default();
    open.altered_by(changes, None);
    if is_new {
        call.keys.also(key, EventClass::Stream, "xgroup-createconsumer");
    }
    call.propagate_never();
    told.send(call);
    Ok(())
}

/// What became of an entry that is or was pending.
pub enum Became {
    Claimed(Pending),
    /// It was pending, but is no entry any more: it is pending no more either.
    Gone(Pending),
}

impl Became {
    pub fn pending(&self) -> &Pending {
        match self {
            Became::Claimed(pending) | Became::Gone(pending) => pending,
        }
    }
}

/// `None`: it is left as it is.
fn claim_one(
    log: &Log,
    group: &mut stream::Group,
    claim: &Claim,
    owner: &Name,
    (id, now): (StreamId, UnixMillis),
) -> Option<Became> {
    if !log.contains(id) {
        return group.acknowledge(id).map(Became::Gone);
    }
    let before = group.find_pending(id);
    let deliveries = match before {
        Some(before) if before.is_fresher_than(claim.min_idle_millis, now) => return None,
        Some(before) => before.deliveries,
        None if claim.is_forced => 1,
        None => return None,
    };
    let deliveries = claim.deliveries.unwrap_or(match claim.is_just_id {
        true => deliveries,
        false => deliveries.wrapping_add(1),
    });
    let delivered_at = claim.delivered_at;
    let pending = Pending { id, delivered_at, deliveries, consumer: owner.clone() };
    group.assign(pending.clone());
    Some(Became::Claimed(pending))
}

fn parse(call: &Call<'_>) -> Result<Claim, CommandError> {
    let number = |i: usize, error: CommandError| parse_i64(call.arg(i)).ok_or(error);
    let min_idle_millis = number(4, CommandError::InvalidMinIdle("XCLAIM"))?.max(0);
    let ids = (5..call.argc()).map_while(|i| id::parse(call.arg(i), 0).ok());
    let ids: Vec<StreamId> = ids.collect();
    let now = call.now();
    let (mut delivered_at, mut deliveries, mut last_id) = (None, None, StreamId::MIN);
    let (mut is_forced, mut is_just_id) = (false, false);
    let mut i = 5 + ids.len();
    while i < call.argc() {
        let is = |name: &[u8]| call.arg(i).eq_ignore_ascii_case(name);
        let has_more = i + 1 < call.argc();
        if is(b"force") {
            is_forced = true;
        } else if is(b"justid") {
            is_just_id = true;
        } else if has_more && is(b"idle") {
            let idle = number(i + 1, CommandError::InvalidClaimOption("IDLE"))?;
            delivered_at = Some(now.wrapping_sub(idle));
            i += 1;
        } else if has_more && is(b"time") {
            delivered_at = Some(number(i + 1, CommandError::InvalidClaimOption("TIME"))?);
            i += 1;
        } else if has_more && is(b"retrycount") {
            let count = number(i + 1, CommandError::InvalidClaimOption("RETRYCOUNT"))?;
            deliveries = u64::try_from(count).ok();
            i += 1;
        } else if has_more && is(b"lastid") {
            last_id = id::parse(call.arg(i + 1), 0)?;
            i += 1;
        } else {
            return Err(CommandError::UnknownClaimOption(call.arg(i).into()));
        }
        i += 1;
    }
    // A time to come, or before 1970, is a mistake of somebody's clock.
    let delivered_at = delivered_at.filter(|time| (0..=now).contains(time)).unwrap_or(now);
    Ok(Claim { min_idle_millis, ids, delivered_at, deliveries, is_forced, is_just_id, last_id })
}
