//! `XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]`: entries behind these
//! IDs; `$` is that of the last one that there is now.

use super::id;
use super::reply::{IdText, put_entries};
use super::request::Request;
use super::streams_reply::StreamsReply;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::resp::request::OwnedCommand;
use crate::store::value::Value;
use crate::store::value::stream::{Stream, StreamId};
use crate::store::waiters::Wanted;

/// What both commands end with.
pub const STREAMS: Arg =
    Arg::block("streams", &[Arg::KEYS, Arg::string("id").multiple()]).token("STREAMS");
pub const COUNT: Arg = Arg::integer("count").token("COUNT").optional();
pub const BLOCK: Arg = Arg::integer("milliseconds").token("BLOCK").optional();

pub const XREAD: Command = Command::new("xread", -4, xread)
    .flags(&[Flag::ReadOnly, Flag::Blocking, Flag::MovableKeys])
    .categories(&[Category::Stream])
    .keys(&[KeySpec::half_behind("STREAMS", 1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(
        Group::Stream,
        "5.0.0",
        "Returns entries of streams behind given IDs, once there are some.",
    )
    .complexity(
        "O(N) where N is the number of entries returned; with `BLOCK`, XADD serves all who wait",
    )
    .arguments(&[COUNT, BLOCK, STREAMS]);

fn xread(call: &mut Call<'_>) -> Outcome {
    let request = Request::parse(call.args, call.now(), false)?;
    let mut after = Vec::with_capacity(request.keys.len());
    for key_at in request.keys.clone() {
        let stream = call.keys.read::<Stream>(call.args.get(key_at))?;
        after.push(match call.args.get(request.id_at(key_at)) {
            b"$" => stream.map_or(StreamId::MIN, |stream| stream.log().counters().last_id),
            b">" => return Err(CommandError::NewIdInXread),
            given => id::parse(given, 0)?,
        });
    }
    let mut streams = StreamsReply::default();
    for (key_at, &after) in request.keys.clone().zip(&after) {
        let key = call.args.get(key_at);
        let Some(stream) = call.keys.read::<Stream>(key)? else { continue };
        let has_more = stream.log().last().is_some_and(|last| last.id > after);
        if let Some(from) = after.next().filter(|_| has_more) {
            streams.stream(&mut call.reply, key);
            let entries = stream.log().range(from, StreamId::MAX);
            put_entries(&mut call.reply, entries, request.most);
        }
    }
    if streams.end(&mut call.reply) {
        return Ok(());
    }
    match request.waits {
        Some(deadline) if !call.in_transaction => {
            let again = resolved(call, &request, &after);
            let wanted = Wanted { value_type: Stream::TYPE, or_gone: false };
            call.wait_with(request.keys, wanted, deadline, Some(again));
        }
        _ => call.reply.null_array(),
    }
    Ok(())
}

/// The command with the IDs that `$` stands for now.
fn resolved(call: &Call<'_>, request: &Request<'_>, after: &[StreamId]) -> OwnedCommand {
    let ids: Vec<IdText> = after.iter().map(|&id| IdText::of(id)).collect();
    let mut args: Vec<&[u8]> = call.args.iter().collect();
    let places = args.get_mut(request.keys.end..).unwrap_or_default();
    places.iter_mut().zip(&ids).for_each(|(place, id)| *place = id.as_bytes());
    OwnedCommand::from_slices(&args)
}

#[cfg(test)]
mod tests {
    use crate::commands::effect::Block;
    use crate::keyspace::testing::{Flow, START, TestServer};

    #[test]
    fn entries_behind_the_ids_are_read_of_each_stream_that_has_some() {
        let mut server = TestServer::new();
        for line in ["XADD a 1-1 f 1", "XADD a 1-2 f 2", "XADD b 5 f 5", "XADD c 1 f v", "XDEL c 1"]
        {
            server.run(line);
        }
        let one = "[\"1-1\" [\"f\" \"1\"]]";
        let two = "[\"1-2\" [\"f\" \"2\"]]";
        server.check(&[
            ("XREAD STREAMS a b c 0 5 0", &format!("[[\"a\" [{one} {two}]]]")),
            ("XREAD COUNT 1 STREAMS a b 0 0", &format!("[[\"a\" [{one}]] [\"b\" [[\"5-0\" [\"f\" \"5\"]]]]]")),
            ("XREAD COUNT -1 STREAMS a 1-1", &format!("[[\"a\" [{two}]]]")),
            ("XREAD STREAMS a b $ 9", "nil"),
            ("XREAD STREAMS missing 0", "nil"),
            ("XREAD STREAMS a", "-ERR wrong number of arguments for 'xread' command"),
            ("XREAD STREAMS a b 1", "-ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified."),
            ("XREAD COUNT 5 STREAMS", "-ERR syntax error"),
            ("XREAD COUNT x STREAMS a 0", "-ERR value is not an integer or out of range"),
            ("XREAD BLOCK x STREAMS a 0", "-ERR timeout is not an integer or out of range"),
            ("XREAD BLOCK -1 STREAMS a 0", "-ERR timeout is negative"),
            ("XREAD BLOCK 9223372036854775807 STREAMS a 0", "-ERR timeout is out of range"),
            ("XREAD NOACK STREAMS a 0", "-ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."),
            ("XREAD GROUP g c STREAMS a 0", "-ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."),
            ("XREAD STREAMS a >", "-ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option."),
            ("XREAD STREAMS a -", "-ERR Invalid stream ID specified as stream command argument"),
            ("SET k v", "OK"),
            ("XREAD STREAMS a k 0 x", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("COMMAND GETKEYS XREAD COUNT 5 STREAMS a b 1 2", "[\"a\" \"b\"]"),
        ]);
        server.run("HELLO 3");
        server.check(&[
            ("XREAD STREAMS a b 1-1 5", &format!("{{\"a\": [{two}]}}")),
            ("XREAD STREAMS a $", "nil"),
        ]);
        assert_eq!(server.stream()[6..], ["SET k v"]);
    }

    #[test]
    fn who_finds_nothing_waits_for_what_comes_behind_the_last_entry_of_now() {
        let mut server = TestServer::new();
        server.run("XADD a 1-1 f 1");
        assert_eq!(server.run("XREAD BLOCK 1500 STREAMS a b $ $"), "");
        let Flow::Suspend(Block::Keys(awaited)) = &server.flow else { panic!("it waits") };
        assert_eq!(awaited.deadline, Some(START + 1500));
        assert!(!awaited.wanted.or_gone);
        let again = awaited.again.as_ref().expect("another command");
        let words: Vec<_> = again.args().iter().map(|arg| arg.escape_ascii().to_string()).collect();
        assert_eq!(words.join(" "), "XREAD BLOCK 1500 STREAMS a b 1-1 0-0");
        server.check(&[
            ("MULTI", "OK"),
            ("XREAD BLOCK 0 STREAMS a $", "QUEUED"),
            ("EXEC", "[nil]"),
        ]);
    }
}
