//! `XADD key [NOMKSTREAM] [MAXLEN | MINID [= | ~] threshold [LIMIT count]] * | id field value
//! [field value ...]`: adds an entry; gives its ID.

use super::id::NewId;
use super::reply::{IdText, put_id};
use super::trimming::{self, Options};
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::EventClass;
use crate::state::limits;
use crate::store::value::stream::{Counters, Stream, StreamId};

pub const XADD: Command = Command::new("xadd", -5, xadd)
    .flags(&[Flag::Write, Flag::DenyOom, Flag::Fast])
    .categories(&[Category::Stream])
    .keys(&[KeySpec {
        notes: "UPDATE instead of INSERT because of the optional trimming feature",
        ..KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Update])
    }])
    .tips(&["nondeterministic_output"])
    .docs(
        Group::Stream,
        "5.0.0",
        "Adds an entry to a stream, which comes to be with the first one.",
    )
    .complexity("O(1), and O(N) where N is the number of entries that are trimmed")
    .history(&[
        (
            "6.2.0",
            "Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option.",
        ),
        ("7.0.0", "Added support for the `<ms>-*` explicit ID form."),
    ])
    .arguments(&[
        Arg::KEY,
        Arg::word("nomkstream", "NOMKSTREAM").since("6.2.0").optional(),
        Arg::block("trim", trimming::ARGUMENTS).optional(),
        Arg::one_of("id_or_auto", &[Arg::word("auto_id", "*"), Arg::string("id")]),
        Arg::block("field_value", &[Arg::string("field"), Arg::string("value")]).multiple(),
    ]);

fn xadd(call: &mut Call<'_>) -> Outcome {
    let options = trimming::parse(call, true)?;
    let pairs_at = options.id.map_or(call.argc(), |(_, id_at)| id_at + 1);
    let pairs: Vec<&[u8]> = call.args.slice(pairs_at).iter().collect();
    let Some((new_id, id_at)) = options.id.filter(|_| is_pairs(&pairs)) else {
        return Err(CommandError::WrongArity("xadd"));
    };
    if new_id == NewId::Given(StreamId::MIN) {
        return Err(CommandError::StreamIdZero);
    }
    let (key, now) = (call.args.get(1), call.now());
    let limit = limits(&call.server.config).stream;
    let mut open = call.keys.open::<Stream>(key)?;
    if options.no_mkstream && !open.is_there() {
        call.reply.null();
        return Ok(());
    }
    let id = next_id(new_id, open.get().map(|stream| stream.log().counters()), now as u64)?;
    let stream = open.get_or_create();
    stream.append(id, &pairs, limit).map_err(|_| CommandError::StreamEntryTooLarge)?;
    let trimmed = options.trimming.as_ref().map(|trimming| stream.trim(trimming.trim));
    let left = options.trimming.as_ref().and_then(|trimming| trimming.threshold_left(stream.log()));
    open.changed("xadd");
    if let Some((count, trimmed)) = trimmed {
        if count > 0 {
            call.keys.also(key, EventClass::Stream, "xtrim");
        }
        trimming::discard(call, trimmed);
    }
    propagate(call, &options, (id, id_at), left.as_deref());
    put_id(&mut call.reply, id);
    Ok(())
}

fn is_pairs(texts: &[&[u8]]) -> bool {
    !texts.is_empty() && texts.len().is_multiple_of(2)
}

/// The ID of an entry that is added now, to a stream that is there or not yet.
fn next_id(new_id: NewId, counters: Option<&Counters>, now: u64) -> Result<StreamId, CommandError> {
    let last = counters.map_or(StreamId::MIN, |counters| counters.last_id);
    let following = last.next().ok_or(CommandError::StreamExhausted)?;
    let id = match new_id {
        NewId::Given(id) => id,
        NewId::Auto if now > last.ms => StreamId::new(now, 0),
        NewId::Auto => following,
        NewId::Ms(ms) if ms == last.ms && following.ms > ms => last,
        NewId::Ms(ms) if ms == last.ms => following,
        NewId::Ms(ms) => StreamId::new(ms, 0),
    };
    if id > last { Ok(id) } else { Err(CommandError::StreamIdNotAbove) }
}

/// Replicas are told which ID it was, and what a trimming that was not exact has left.
fn propagate(
    call: &mut Call<'_>,
    options: &Options,
    (id, id_at): (StreamId, usize),
    left: Option<&[u8]>,
) {
    let is_given = matches!(options.id, Some((NewId::Given(_), _)));
    if is_given && left.is_none() {
        return;
    }
    let id = IdText::of(id);
    let mut args: Vec<&[u8]> = call.args.iter().collect();
    if let Some(place) = args.get_mut(id_at).filter(|_| !is_given) {
        *place = id.as_bytes();
    }
    if let (Some(left), Some(trimming)) = (left, &options.trimming) {
        trimming::rewrite(&mut args, trimming, left);
    }
    call.propagate_as(&args);
}

#[cfg(test)]
mod tests {
    use crate::commands::call::Origin;
    use crate::config::Config;
    use crate::keyspace::testing::TestServer;

    #[test]
    fn ids_are_given_or_made_and_ascend() {
        let mut server = TestServer::new();
        server.check(&[
            ("XADD s 0-0 f v", "-ERR The ID specified in XADD must be greater than 0-0"),
            ("XADD s NOMKSTREAM 1-1 f v", "nil"),
            ("EXISTS s", "0"),
            ("XADD s 0-* f v", "\"0-1\""),
            ("XADD s 5 f v", "\"5-0\""),
            ("XADD s 5-* f v", "\"5-1\""),
            ("XADD s NOMKSTREAM 7-* f v", "\"7-0\""),
            (
                "XADD s 7 f v",
                "-ERR The ID specified in XADD is equal or smaller than the target stream top item",
            ),
            (
                "XADD s 6-* f v",
                "-ERR The ID specified in XADD is equal or smaller than the target stream top item",
            ),
            ("XADD s * f v", "\"1700000000000-0\""),
            ("XADD s * f v", "\"1700000000000-1\""),
            (
                "XADD s 1700000000001-18446744073709551615 f v",
                "\"1700000000001-18446744073709551615\"",
            ),
            (
                "XADD s 1700000000001-* f v",
                "-ERR The ID specified in XADD is equal or smaller than the target stream top item",
            ),
            ("XADD s * f v", "\"1700000000002-0\""),
            (
                "XADD s 18446744073709551615-18446744073709551615 f v",
                "\"18446744073709551615-18446744073709551615\"",
            ),
            (
                "XADD s * f v",
                "-ERR The stream has exhausted the last possible ID, unable to add more items",
            ),
            ("XLEN s", "9"),
        ]);
        assert_eq!(
            server.stream()[1..6],
            [
                "XADD s 0-1 f v",
                "XADD s 5 f v",
                "XADD s 5-1 f v",
                "XADD s NOMKSTREAM 7-0 f v",
                "XADD s 1700000000000-0 f v"
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_told_in_the_order_of_redis() {
        let mut server = TestServer::new();
        server.run("SET k v");
        let wrong_type = "-WRONGTYPE Operation against a key holding the wrong kind of value";
        let arity = "-ERR wrong number of arguments for 'xadd' command";
        server.check(&[
            ("XADD k 1-1 f v", wrong_type),
            ("XADD k 0-0 f v", "-ERR The ID specified in XADD must be greater than 0-0"),
            ("XADD k 1-1 f v g", arity),
            ("XADD k * f v g", arity),
            ("XADD k MAXLEN 5 NOMKSTREAM nomkstream", arity),
            ("XADD k x f v", "-ERR Invalid stream ID specified as stream command argument"),
            ("XADD k MAXLEN x 1-1 f v", "-ERR value is not an integer or out of range"),
            ("XADD k MAXLEN -1 1-1 f v", "-ERR The MAXLEN argument must be >= 0."),
            (
                "XADD k MAXLEN 1 MINID 1 1-1 f v",
                "-ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
            ),
            (
                "XADD k LIMIT 5 1-1 f v",
                "-ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
            ),
            (
                "XADD k MAXLEN = 1 LIMIT 5 1-1 f v",
                "-ERR syntax error, LIMIT cannot be used without the special ~ option",
            ),
            ("XADD k MAXLEN ~ 1 LIMIT -5 1-1 f v", "-ERR The LIMIT argument must be >= 0."),
            (
                "XADD k MINID - 1-1 f v",
                "-ERR Invalid stream ID specified as stream command argument",
            ),
        ]);
        assert_eq!(server.stream()[1..], ["SET k v"]);
    }

    #[test]
    fn trimming_by_whole_blocks_is_told_to_replicas_by_what_is_left() {
        let mut server =
            TestServer::with(Config::with(|config| config.types.stream_node_max_entries = 10));
        (1..=35).for_each(|i| drop(server.run(&format!("XADD s {i} f v"))));
        server.stream();
        server.check(&[
            ("XADD s MAXLEN ~ 20 LIMIT 10 36 f v", "\"36-0\""),
            ("XADD s MAXLEN 25 * f v", "\"1700000000000-0\""),
            ("XADD s MINID ~ 25 * f v", "\"1700000000000-1\""),
            ("XADD s MINID = 25 * f v", "\"1700000000000-2\""),
            ("XLEN s", "15"),
        ]);
        let stream = [
            "XADD s MAXLEN = 26 LIMIT 10 36 f v",
            "XADD s MAXLEN 25 1700000000000-0 f v",
            "XADD s MINID = 21-0 1700000000000-1 f v",
            "XADD s MINID = 25 1700000000000-2 f v",
        ];
        assert_eq!(server.stream(), stream);
        server.origin = Origin::Master;
        assert_eq!(server.run("XADD t MAXLEN = 26 LIMIT 10 36 f v"), "\"36-0\"");
    }

    #[test]
    fn events_tell_of_what_came_and_what_was_trimmed() {
        let mut server = TestServer::new();
        let events =
            server.events(&["XADD s 1 f v", "XADD s MAXLEN 1 2 f v", "XADD s MAXLEN 5 3 f v"]);
        assert_eq!(events, ["xadd s", "xadd s", "xtrim s", "xadd s"]);
    }
}
