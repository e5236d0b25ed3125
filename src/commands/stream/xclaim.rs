//! `XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms] [TIME ms] [RETRYCOUNT count]
//! [FORCE] [JUSTID] [LASTID id]`: entries that are pending become pending of a consumer, if they
//! have been idle for long enough.

use super::claiming::{Became, Terms};
use super::id;
use super::reply::{put_entry, put_id};
use super::told::Told;
use crate::base::number::parse_i64;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::EventClass;
use crate::store::value::stream::{self, Log, Stream, StreamId};

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

struct Claim {
    ids: Vec<StreamId>,
    terms: Terms,
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
            let Some(became) = claim.terms.apply(log, group, &owner, (id, now)) else { continue };
            told.pending(args.get(5 + i), became.pending(), group.last_id());
            changes += 1;
            if let (Became::Claimed(_), Some(entry)) = (&became, log.get(id)) {
                claimed += 1;
                match claim.terms.is_just_id {
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
    let terms = Terms { min_idle_millis, delivered_at, deliveries, is_forced, is_just_id };
    Ok(Claim { ids, terms, last_id })
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    /// Two entries that are pending of `a`, one that was deleted, and one that nobody has read.
    fn server() -> TestServer {
        let mut server = TestServer::new();
        for i in 1..=4 {
            server.run(&format!("XADD s 1-{i} f {i}"));
        }
        server.run("XGROUP CREATE s g 0");
        server.run("XREADGROUP GROUP g a COUNT 3 STREAMS s >");
        server.run("XDEL s 1-3");
        server.stream();
        server.now += 1000;
        server
    }

    #[test]
    fn what_is_idle_for_long_enough_changes_hands() {
        let mut server = server();
        server.check(&[
            ("XCLAIM s g b 1001 1-1 1-2", "[]"),
            ("XCLAIM s g b 1000 1-1 9-9", "[[\"1-1\" [\"f\" \"1\"]]]"),
            ("XCLAIM s g b 1000 1-1 1-2 JUSTID", "[\"1-2\"]"),
            (
                "XPENDING s g - + 10",
                "[[\"1-1\" \"b\" 0 2] [\"1-2\" \"b\" 0 1] [\"1-3\" \"a\" 1000 1]]",
            ),
            ("XCLAIM s g a 0 1-1 IDLE 300 RETRYCOUNT 9", "[[\"1-1\" [\"f\" \"1\"]]]"),
            ("XCLAIM s g a 0 1-2 TIME 1700000000400 JUSTID", "[\"1-2\"]"),
            ("XPENDING s g 1-1 1-2 10 a", "[[\"1-1\" \"a\" 300 9] [\"1-2\" \"a\" 600 1]]"),
            ("XPENDING s g IDLE 500 - + 10", "[[\"1-2\" \"a\" 600 1] [\"1-3\" \"a\" 1000 1]]"),
        ]);
        let told = |consumer, id, time, count| {
            format!(
                "XCLAIM s g {consumer} 0 {id} TIME {time} RETRYCOUNT {count} FORCE JUSTID LASTID 1-3"
            )
        };
        let stream = [
            "XGROUP CREATECONSUMER s g b".to_owned(),
            told("b", "1-1", 1_700_000_001_000i64, 2),
            told("b", "1-2", 1_700_000_001_000, 1),
            told("a", "1-1", 1_700_000_000_700, 9),
            told("a", "1-2", 1_700_000_000_400, 1),
        ];
        assert_eq!(server.stream(), stream);
    }

    #[test]
    fn what_is_no_entry_any_more_is_pending_no_more_and_force_makes_pending() {
        let mut server = server();
        server.check(&[
            ("XCLAIM s g b 0 1-3 1-4", "[]"),
            ("XCLAIM s g b 0 1-3 1-4 FORCE JUSTID", "[\"1-4\"]"),
            ("XPENDING s g", "[3 \"1-1\" \"1-4\" [[\"a\" \"2\"] [\"b\" \"1\"]]]"),
            ("XCLAIM s g b 0 9-9 LASTID 1-4", "[]"),
            ("XCLAIM s g b 0 9-9 LASTID 1-2", "[]"),
        ]);
        let stream = [
            "MULTI",
            "XGROUP CREATECONSUMER s g b",
            "XCLAIM s g a 0 1-3 TIME 1700000000000 RETRYCOUNT 1 FORCE JUSTID LASTID 1-3",
            "EXEC",
            "XCLAIM s g b 0 1-4 TIME 1700000001000 RETRYCOUNT 1 FORCE JUSTID LASTID 1-3",
            "XGROUP SETID s g 1-4 ENTRIESREAD 3",
        ];
        assert_eq!(server.stream(), stream);
    }

    #[test]
    fn what_is_wrong_is_told_in_the_order_of_redis() {
        let mut server = server();
        server.run("SET k v");
        server.check(&[
            (
                "XCLAIM k x b y 1-1",
                "-WRONGTYPE Operation against a key holding the wrong kind of value",
            ),
            ("XCLAIM s x b y 1-1", "-NOGROUP No such key 's' or consumer group 'x'"),
            ("XCLAIM s g b y 1-1", "-ERR Invalid min-idle-time argument for XCLAIM"),
            ("XCLAIM s g b 0 1-1 IDLE y", "-ERR Invalid IDLE option argument for XCLAIM"),
            ("XCLAIM s g b 0 1-1 TIME y", "-ERR Invalid TIME option argument for XCLAIM"),
            (
                "XCLAIM s g b 0 1-1 RETRYCOUNT y",
                "-ERR Invalid RETRYCOUNT option argument for XCLAIM",
            ),
            (
                "XCLAIM s g b 0 1-1 LASTID y",
                "-ERR Invalid stream ID specified as stream command argument",
            ),
            ("XCLAIM s g b 0 1-1 TIME", "-ERR Unrecognized XCLAIM option 'TIME'"),
            ("XCLAIM s g b 0 1-1 FORCE 1-2", "-ERR Unrecognized XCLAIM option '1-2'"),
            ("XAUTOCLAIM k x b y 0", "-ERR Invalid min-idle-time argument for XAUTOCLAIM"),
            ("XAUTOCLAIM k x b 0 0 COUNT 0", "-ERR COUNT must be > 0"),
            ("XAUTOCLAIM k x b 0 0 COUNT 576460752303423488", "-ERR COUNT must be > 0"),
            ("XAUTOCLAIM k x b 0 0 FOO", "-ERR syntax error"),
            (
                "XAUTOCLAIM k x b 0 0",
                "-WRONGTYPE Operation against a key holding the wrong kind of value",
            ),
            ("XAUTOCLAIM s x b 0 0", "-NOGROUP No such key 's' or consumer group 'x'"),
            ("XACK s x y", "0"),
            ("XACK s g 1-1 y", "-ERR Invalid stream ID specified as stream command argument"),
            ("XPENDING s x", "-NOGROUP No such key 's' or consumer group 'x'"),
            ("XPENDING s g - +", "-ERR syntax error"),
            ("XPENDING s g IDLE 5 - +", "-ERR syntax error"),
            ("XPENDING s g - + x", "-ERR value is not an integer or out of range"),
            ("XPENDING s g - + 5 nobody", "[]"),
        ]);
        assert_eq!(server.stream(), ["SET k v"]);
    }

    #[test]
    fn an_acknowledgement_counts_what_was_pending() {
        let mut server = server();
        server.check(&[
            ("XACK s g 1-1 1-1 1-3 9-9", "2"),
            ("XACK s g 1-1", "0"),
            ("XACK x g 1-1", "0"),
        ]);
        server.check(&[("XPENDING s g", "[1 \"1-2\" \"1-2\" [[\"a\" \"1\"]]]")]);
        assert_eq!(server.stream(), ["XACK s g 1-1 1-1 1-3 9-9"]);
    }
}
