//! `XGROUP`: consumer groups.

use super::id;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::Open;

use crate::store::value::stream::{self, Name, Stream, StreamId, UNKNOWN_READS};

pub const XGROUP: Command =
    Command::container("xgroup", &[CREATE, CREATECONSUMER, DELCONSUMER, DESTROY, HELP, SETID])
        .docs(Group::Stream, "5.0.0", "A container for commands on consumer groups.");

const NEW_ID: Arg = Arg::one_of("id", &[Arg::string("id"), Arg::word("new_id", "$")]);
const ENTRIES_READ: Arg = Arg::integer("entries_read").token("ENTRIESREAD").optional();

/// `XGROUP CREATE key group id | $ [MKSTREAM] [ENTRIESREAD entries-read]`
const CREATE: Command = Command::new("create", -5, create)
    .flags(&[Flag::Write, Flag::DenyOom])
    .categories(&[Category::Stream])
    .keys(&[KeySpec::at(2, &[KeyFlag::ReadWrite, KeyFlag::Insert])])
    .docs(Group::Stream, "5.0.0", "Creates a consumer group.")
    .history(&[("7.0.0", "Added the `entries_read` named argument.")])
    .arguments(&[
        Arg::KEY,
        Arg::string("groupname"),
        NEW_ID,
        Arg::word("mkstream", "MKSTREAM").optional(),
        ENTRIES_READ,
    ]);

/// `XGROUP SETID key group id | $ [ENTRIESREAD entries-read]`
const SETID: Command = CREATE
    .sibling("setid", set_id)
    .flags(&[Flag::Write])
    .keys(&[KeySpec::at(2, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .docs(Group::Stream, "5.0.0", "Sets how far a consumer group has read.")
    .history(&[("7.0.0", "Added the optional `entries_read` argument.")])
    .arguments(&[Arg::KEY, Arg::string("groupname"), NEW_ID, ENTRIES_READ]);

/// `XGROUP DESTROY key group`
const DESTROY: Command = Command::new("destroy", 4, destroy)
    .flags(&[Flag::Write])
    .categories(&[Category::Stream])
    .keys(&[KeySpec::at(2, &[KeyFlag::ReadWrite, KeyFlag::Delete])])
    .docs(Group::Stream, "5.0.0", "Deletes a consumer group with all that is pending in it.")
    .complexity("O(log N) where N is the number of groups, and what is dropped besides")
    .arguments(&[Arg::KEY, Arg::string("groupname")]);

const OF_CONSUMER: &[Arg] = &[Arg::KEY, Arg::string("groupname"), Arg::string("consumername")];

/// `XGROUP CREATECONSUMER key group consumer`
const CREATECONSUMER: Command = CREATE
    .sibling("createconsumer", create_consumer)
    .arity(5)
    .docs(Group::Stream, "6.2.0", "Creates a consumer in a group.")
    .history(&[])
    .arguments(OF_CONSUMER);

/// `XGROUP DELCONSUMER key group consumer`
const DELCONSUMER: Command = DESTROY
    .sibling("delconsumer", delete_consumer)
    .arity(5)
    .docs(Group::Stream, "5.0.0", "Deletes a consumer with all that is pending of it.")
    .complexity("O(N) where N is the number of entries that are pending of it")
    .arguments(OF_CONSUMER);

const HELP: Command = Command::help(&[
    "CREATE <key> <groupname> <id|$> [option]",
    "    Creates a group that has read up to an entry. Options:",
    "    * MKSTREAM",
    "      The stream comes to be if it is not there.",
    "    * ENTRIESREAD <entries-read>",
    "      How many entries that is (between servers).",
    "CREATECONSUMER <key> <groupname> <consumer>",
    "    Creates a consumer in a group.",
    "DELCONSUMER <key> <groupname> <consumer>",
    "    Deletes a consumer of a group.",
    "DESTROY <key> <groupname>",
    "    Deletes a group.",
    "SETID <key> <groupname> <id|$> [ENTRIESREAD <entries-read>]",
    "    Sets how far a group has read, and how many entries that is.",
])
.categories(&[Category::Stream])
.docs(Group::Stream, "5.0.0", "Show helpful text about the different subcommands");

/// What stands behind the ID.
struct Options {
    makes_stream: bool,
    entries_read: i64,
}

fn parse(call: &Call<'_>, is_create: bool) -> Result<Options, CommandError> {
    let mut options = Options { makes_stream: false, entries_read: UNKNOWN_READS };
    let mut i = 5;
    while i < call.argc() {
        if is_create && call.arg(i).eq_ignore_ascii_case(b"mkstream") {
            options.makes_stream = true;
            i += 1;
        } else if call.arg(i).eq_ignore_ascii_case(b"entriesread") && i + 1 < call.argc() {
            options.entries_read = call.integer(i + 1)?;
            if options.entries_read < 0 && options.entries_read != UNKNOWN_READS {
                return Err(CommandError::EntriesReadNegative);
            }
            i += 2;
        } else {
            return Err(unknown(call));
        }
    }
    Ok(options)
}

fn unknown(call: &Call<'_>) -> CommandError {
    CommandError::unknown_operation(call.arg(1), "XGROUP")
}

/// The stream, which must be there, and have the group if that is asked for.
fn stream_of<'o>(
    open: &'o mut Open<'_, Stream>,
    key: &[u8],
    group: Option<&[u8]>,
) -> Result<&'o mut Stream, CommandError> {
    let stream = open.get_mut().ok_or(CommandError::GroupWithoutKey)?;
    match group {
        Some(group) if stream.group(group).is_none() => {
            Err(CommandError::NoGroup((group.into(), key.into())))
        }
        _ => Ok(stream),
    }
}

fn create(call: &mut Call<'_>) -> Outcome {
    let options = parse(call, true)?;
    let (key, name, argc, given) = (call.args.get(2), call.args.get(3), call.argc(), call.arg(4));
    let too_many = unknown(call);
    let mut open = call.keys.open::<Stream>(key)?;
    let is_new = !open.is_there();
    if is_new && !options.makes_stream {
        return Err(CommandError::GroupWithoutKey);
    }
    if argc > 8 {
        return Err(too_many);
    }
    let last_id = || open.get().map_or(StreamId::MIN, |stream| stream.log().counters().last_id);
    let last_id = if given == b"$" { last_id() } else { id::parse(given, 0)? };
    let group = stream::Group::new(Name::from(name), last_id, options.entries_read);
    if !open.get_or_create().add_group(group) {
        return Err(CommandError::GroupExists);
    }
    match is_new {
        true => open.changed("xgroup-create"),
        false => open.altered_by(1, Some("xgroup-create")),
    }
    call.reply.ok();
    Ok(())
}

fn set_id(call: &mut Call<'_>) -> Outcome {
    let options = parse(call, false)?;
    let (key, name, argc, given) = (call.args.get(2), call.args.get(3), call.argc(), call.arg(4));
    let too_many = unknown(call);
    let mut open = call.keys.open::<Stream>(key)?;
    let stream = stream_of(&mut open, key, Some(name))?;
    if argc != 5 && argc != 7 {
        return Err(too_many);
    }
    let last_id = match given {
        b"$" => stream.log().counters().last_id,
        _ => id::parse_or_end(given, 0)?,
    };
    stream.change_group(name, |_, group| group.set_position(last_id, options.entries_read));
    open.altered_by(1, Some("xgroup-setid"));
    call.reply.ok();
    Ok(())
}

fn destroy(call: &mut Call<'_>) -> Outcome {
    let key = call.args.get(2);
    let mut open = call.keys.open::<Stream>(key)?;
    let group = stream_of(&mut open, key, None)?.remove_group(call.args.get(3));
    call.reply.int(group.is_some().into());
    if let Some(group) = group {
        // Who waits for it is told that it is gone.
        open.altered_for_waiters("xgroup-destroy");
        call.keys.garbage.drop_later(group, 0);
    }
    Ok(())
}

fn create_consumer(call: &mut Call<'_>) -> Outcome {
    let (key, name, consumer, now) = (call.args.get(2), call.args.get(3), call.arg(4), call.now());
    let mut open = call.keys.open::<Stream>(key)?;
    let stream = stream_of(&mut open, key, Some(name))?;
    let is_new = stream.change_group(name, |_, group| group.add_consumer(consumer, now).1);
    let is_new = is_new.unwrap_or(false);
    if is_new {
        open.altered_by(1, Some("xgroup-createconsumer"));
    }
    call.reply.int(is_new.into());
    Ok(())
}

fn delete_consumer(call: &mut Call<'_>) -> Outcome {
    let (key, name, consumer) = (call.args.get(2), call.args.get(3), call.arg(4));
    let mut open = call.keys.open::<Stream>(key)?;
    let stream = stream_of(&mut open, key, Some(name))?;
    let pending = stream.change_group(name, |_, group| group.remove_consumer(consumer)).flatten();
    if pending.is_some() {
        open.altered_by(1, Some("xgroup-delconsumer"));
    }
    call.reply.int(pending.unwrap_or(0) as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    const NO_KEY: &str = "-ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.";

    #[test]
    fn groups_and_consumers_come_and_go() {
        let mut server = TestServer::new();
        let no_group = "-NOGROUP No such consumer group 'x' for key name 's'";
        server.check(&[
            ("XGROUP CREATE s g $", NO_KEY),
            ("XGROUP SETID s g $", NO_KEY),
            ("XGROUP DESTROY s g", NO_KEY),
            ("XGROUP CREATE s g x MKSTREAM", "-ERR Invalid stream ID specified as stream command argument"),
            ("EXISTS s", "0"),
            ("XGROUP CREATE s g $ MKSTREAM", "OK"),
            ("XGROUP CREATE s g $ MKSTREAM", "-BUSYGROUP Consumer Group name already exists"),
            ("XGROUP CREATE s h 5 entriesread 3", "OK"),
            ("XGROUP CREATE s i 5 entriesread -2", "-ERR value for ENTRIESREAD must be positive or -1"),
            ("XGROUP CREATE s i 5 more", "-ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP."),
            ("XGROUP CREATE s i 5 mkstream mkstream entriesread 1", "-ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP."),
            ("XGROUP SETID s x 5", no_group),
            ("XGROUP SETID s g + ENTRIESREAD 7", "OK"),
            ("XGROUP CREATECONSUMER s x c", no_group),
            ("XGROUP CREATECONSUMER s g c", "1"),
            ("XGROUP CREATECONSUMER s g c", "0"),
            ("XGROUP DELCONSUMER s x c", no_group),
            ("XGROUP DELCONSUMER s g c", "0"),
            ("XGROUP DELCONSUMER s g c", "0"),
            ("XGROUP DESTROY s x", "0"),
            ("XGROUP DESTROY s g", "1"),
            ("SET k v", "OK"),
            ("XGROUP CREATE k g $ MKSTREAM", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ]);
        let stream = [
            "XGROUP CREATE s g $ MKSTREAM",
            "XGROUP CREATE s h 5 entriesread 3",
            "XGROUP SETID s g + ENTRIESREAD 7",
            "XGROUP CREATECONSUMER s g c",
            "XGROUP DELCONSUMER s g c",
            "XGROUP DESTROY s g",
            "SET k v",
        ];
        assert_eq!(server.stream()[1..], stream);
    }

    #[test]
    fn what_is_done_with_groups_is_told_and_spoils_no_transaction() {
        let mut server = TestServer::new();
        let events = server.events(&[
            "XGROUP CREATE s g $ MKSTREAM",
            "XGROUP CREATE s h $",
            "XGROUP SETID s g 5",
            "XGROUP CREATECONSUMER s g c",
            "XGROUP DELCONSUMER s g c",
            "XGROUP DESTROY s g",
        ]);
        let expected = ["create", "create", "setid", "createconsumer", "delconsumer", "destroy"];
        assert_eq!(events, expected.map(|event| format!("xgroup-{event} s")));
        let watcher = server.client;
        server.run("WATCH s");
        server.client = server.connect();
        server.check(&[("XGROUP CREATE s g $", "OK"), ("XACK s g 1", "0")]);
        server.client = watcher;
        server.check(&[("MULTI", "OK"), ("PING", "QUEUED"), ("EXEC", "[PONG]")]);
    }
}
