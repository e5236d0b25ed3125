//! `LMOVE source destination LEFT | RIGHT LEFT | RIGHT`, and `RPOPLPUSH source destination`, which
//! moves from the right to the left; `BLMOVE ... timeout` and `BRPOPLPUSH ... timeout` wait for an
//! element.

use super::side::{self, LEFT_OR_RIGHT, pop_event, push_event};
use crate::base::time::UnixMillis;
use crate::commands::args;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::EventClass;
use crate::commands::waiting::wait_for;
use crate::state::limits;
use crate::store::value::list::{List, Side};

const SOURCE: KeySpec = KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]);
const DESTINATION: KeySpec = KeySpec::at(2, &[KeyFlag::ReadWrite, KeyFlag::Insert]);
const TIMEOUT_IS_DOUBLE: &[(&str, &str)] =
    &[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")];

pub const LMOVE: Command = Command::new("lmove", 5, lmove)
    .flags(&[Flag::Write, Flag::DenyOom])
    .categories(&[Category::List])
    .keys(&[SOURCE, DESTINATION])
    .docs(
        Group::List,
        "6.2.0",
        "Takes an element from an end of a list and adds it to an end of another.",
    )
    .arguments(&[
        Arg::key("source", 0),
        Arg::key("destination", 1),
        Arg::one_of("wherefrom", LEFT_OR_RIGHT),
        Arg::one_of("whereto", LEFT_OR_RIGHT),
    ]);

pub const RPOPLPUSH: Command = LMOVE
    .sibling("rpoplpush", rpoplpush)
    .arity(3)
    .docs(
        Group::List,
        "1.2.0",
        "Takes the last element of a list and adds it before the first of another.",
    )
    .doc_flags(&["deprecated"])
    .deprecated("6.2.0", "`LMOVE` with the `RIGHT` and `LEFT` arguments")
    .arguments(&[Arg::key("source", 0), Arg::key("destination", 1)]);

pub const BLMOVE: Command = LMOVE
    .sibling("blmove", blmove)
    .arity(6)
    .and_flags(&[Flag::NoScript, Flag::Blocking])
    .docs(Group::List, "6.2.0", "Takes an element from an end of a list, once there is one, and adds it to an end of another.")
    .arguments(&[
        Arg::key("source", 0),
        Arg::key("destination", 1),
        Arg::one_of("wherefrom", LEFT_OR_RIGHT),
        Arg::one_of("whereto", LEFT_OR_RIGHT),
        Arg::double("timeout"),
    ]);

pub const BRPOPLPUSH: Command = BLMOVE
    .sibling("brpoplpush", brpoplpush)
    .arity(4)
    .docs(Group::List, "2.2.0", "Takes the last element of a list, once there is one, and adds it before the first of another.")
    .history(TIMEOUT_IS_DOUBLE)
    .doc_flags(&["deprecated"])
    .deprecated("6.2.0", "`BLMOVE` with the `RIGHT` and `LEFT` arguments")
    .arguments(&[Arg::key("source", 0), Arg::key("destination", 1), Arg::double("timeout")]);

fn lmove(call: &mut Call<'_>) -> Outcome {
    let sides = (side::parse(call.arg(3))?, side::parse(call.arg(4))?);
    move_now(call, sides)
}

fn rpoplpush(call: &mut Call<'_>) -> Outcome {
    move_now(call, (Side::Right, Side::Left))
}

fn blmove(call: &mut Call<'_>) -> Outcome {
    let sides = (side::parse(call.arg(3))?, side::parse(call.arg(4))?);
    let deadline = args::deadline(call.args, 5, call.now())?;
    let plain = [b"LMOVE", call.arg(1), call.arg(2), call.arg(3), call.arg(4)];
    move_or_wait(call, sides, deadline, &plain)
}

fn brpoplpush(call: &mut Call<'_>) -> Outcome {
    let deadline = args::deadline(call.args, 3, call.now())?;
    let plain = [b"RPOPLPUSH", call.arg(1), call.arg(2)];
    move_or_wait(call, (Side::Right, Side::Left), deadline, &plain)
}

fn move_now(call: &mut Call<'_>, sides: (Side, Side)) -> Outcome {
    match move_element(call, sides)? {
        Some(element) => call.reply.bulk(&element),
        None => call.reply.null(),
    }
    Ok(())
}

/// `plain`: the command that does the same without waiting, for the replicas.
fn move_or_wait(
    call: &mut Call<'_>,
    sides: (Side, Side),
    deadline: Option<UnixMillis>,
    plain: &[&[u8]],
) -> Outcome {
    match move_element(call, sides)? {
        Some(element) => {
            call.propagate_as(plain);
            call.reply.bulk(&element);
        }
        None if !wait_for::<List>(call, 1..2, deadline) => call.reply.null(),
        None => {}
    }
    Ok(())
}

/// Moves one element; `None`: there is none. The destination is told of before the source, as in
/// Redis.
fn move_element(
    call: &mut Call<'_>,
    (from, to): (Side, Side),
) -> Result<Option<Vec<u8>>, CommandError> {
    let limit = limits(&call.server.config).list;
    let (source, destination) = (call.args.get(1), call.args.get(2));
    let mut open = call.keys.open::<List>(source)?;
    let element = open.get().and_then(|list| list.end(from)).map(|element| element.to_vec());
    let Some(element) = element else { return Ok(None) };
    if source == destination {
        let list = open.get_or_create();
        list.pop(from, |_| ());
        list.make_room((1, element.len()), limit);
        list.push(to, &element);
        open.changed(push_event(to));
        call.keys.also(source, EventClass::List, pop_event(from));
        return Ok(Some(element));
    }
    drop(open);
    let mut open = call.keys.open::<List>(destination)?;
    let list = open.get_or_create();
    list.make_room((1, element.len()), limit);
    list.push(to, &element);
    open.changed_by(0, push_event(to));
    let mut open = call.keys.open::<List>(source)?;
    open.get_or_create().pop(from, |_| ());
    open.changed(pop_event(from));
    Ok(Some(element))
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn an_element_goes_from_an_end_to_an_end() {
        let mut server = TestServer::new();
        server.check(&[
            ("RPUSH a 1 2 3", "3"),
            ("LMOVE a b LEFT left", "\"1\""),
            ("RPOPLPUSH a b", "\"3\""),
            ("LRANGE b 0 -1", "[\"3\" \"1\"]"),
            ("LMOVE b b RIGHT LEFT", "\"1\""),
            ("LRANGE b 0 -1", "[\"1\" \"3\"]"),
            ("LMOVE a b RIGHT RIGHT", "\"2\""),
            ("EXISTS a", "0"),
            ("LMOVE a b RIGHT RIGHT", "nil"),
            ("RPOPLPUSH a b", "nil"),
            ("LMOVE a b up RIGHT", "-ERR syntax error"),
            ("SET s v", "OK"),
            (
                "LMOVE b s LEFT LEFT",
                "-WRONGTYPE Operation against a key holding the wrong kind of value",
            ),
            (
                "LMOVE s b LEFT LEFT",
                "-WRONGTYPE Operation against a key holding the wrong kind of value",
            ),
            ("LLEN b", "3"),
            ("LMOVE missing s LEFT LEFT", "nil"),
        ]);
        let stream = server.stream();
        assert_eq!(
            stream[2..],
            [
                "LMOVE a b LEFT left",
                "RPOPLPUSH a b",
                "LMOVE b b RIGHT LEFT",
                "LMOVE a b RIGHT RIGHT",
                "SET s v"
            ]
        );
    }

    #[test]
    fn what_need_not_wait_goes_to_replicas_as_the_command_that_cannot() {
        let mut server = TestServer::new();
        server.check(&[
            ("RPUSH a 1 2 3", "3"),
            ("BLMOVE a b LEFT RIGHT 0", "\"1\""),
            ("BRPOPLPUSH a b 0", "\"3\""),
        ]);
        assert_eq!(server.stream()[2..], ["LMOVE a b LEFT RIGHT", "RPOPLPUSH a b"]);
    }
}
