//! `CLIENT ID`, `CLIENT INFO`, `CLIENT LIST [TYPE type] [ID id [id ...]]`

use super::words::kind_by_name;
use crate::base::ids::ClientId;
use crate::base::number::parse_i64;
use crate::clients::{Beside, Session, list_line};
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};

pub const ID: Command = Command::new("id", 2, id)
    .flags(&[Flag::NoScript, Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .docs(Group::Connection, "5.0.0", "Returns the client ID for the current connection");

pub const INFO: Command = ID.sibling("info", info).tips(&["nondeterministic_output"]).docs(
    Group::Connection,
    "6.2.0",
    "Returns information about the current client connection.",
);

pub const LIST: Command = Command::new("list", -2, list)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .tips(&["nondeterministic_output"])
    .docs(Group::Connection, "2.4.0", "Get the list of client connections")
    .complexity("O(N) where N is the number of client connections")
    .history(&[
        ("2.8.12", "Added unique client `id` field."),
        ("5.0.0", "Added optional `TYPE` filter."),
        ("6.0.0", "Added `user` field."),
        (
            "6.2.0",
            "Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional `ID` filter.",
        ),
        ("7.0.0", "Added `resp`, `multi-mem`, `rbs` and `rbp` fields."),
        ("7.0.3", "Added `ssub` field."),
    ])
    .arguments(&[
        Arg::one_of(
            "normal_master_replica_pubsub",
            &[
                Arg::word("normal", "NORMAL"),
                Arg::word("master", "MASTER"),
                Arg::word("replica", "REPLICA"),
                Arg::word("pubsub", "PUBSUB"),
            ],
        )
        .token("TYPE")
        .since("5.0.0")
        .optional(),
        Arg::block("id", &[Arg::integer("client-id").multiple()])
            .token("ID")
            .since("6.2.0")
            .optional(),
    ]);

fn id(call: &mut Call<'_>) -> Outcome {
    let id = call.session().key.id;
    call.reply.int(id as i64);
    Ok(())
}

fn info(call: &mut Call<'_>) -> Outcome {
    let own = call.client;
    write_lines(call, |session| session.key.slot == own);
    Ok(())
}

fn list(call: &mut Call<'_>) -> Outcome {
    let args = call.args;
    let is = |i: usize, word: &[u8]| args.get(i).eq_ignore_ascii_case(word);
    if args.len() == 2 {
        write_lines(call, |_| true);
    } else if args.len() == 4 && is(2, b"type") {
        let kind = kind_by_name(args.get(3))?;
        write_lines(call, |session| session.kind == kind);
    } else if args.len() > 3 && is(2, b"id") {
        list_by_id(call)?;
    } else {
        return Err(CommandError::Syntax);
    }
    Ok(())
}

/// In the order asked, each as often as asked; who is not there is left out.
fn list_by_id(call: &mut Call<'_>) -> Outcome {
    let mut text = Vec::new();
    for word in call.args.iter().skip(3) {
        let id = parse_i64(word).ok_or(CommandError::InvalidClientId)?;
        let session = ClientId::try_from(id).ok().and_then(|id| call.server.clients.by_id(id));
        if let Some(session) = session {
            push_line(&mut text, call, session);
        }
    }
    call.reply.verbatim("txt", &text);
    Ok(())
}

fn write_lines(call: &mut Call<'_>, wanted: impl Fn(&Session) -> bool) {
    let mut text = Vec::new();
    for session in call.server.clients.iter().filter(|session| wanted(session)) {
        push_line(&mut text, call, session);
    }
    call.reply.verbatim("txt", &text);
}

fn push_line(text: &mut Vec<u8>, call: &Call<'_>, session: &Session) {
    let slot = session.key.slot;
    let watches = &call.keys.observers.watches;
    let beside = Beside {
        is_spoilt: watches.has_change(slot),
        argument_bytes: if slot == call.client { call.args.total_bytes() } else { 0 },
        table_bytes: watches.memory_bytes(slot) + call.server.pubsub.memory_bytes(slot),
    };
    text.append(&mut list_line(session, call.now(), beside));
    text.push(b'\n');
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn a_line_names_every_field_in_order() {
        let mut server = TestServer::new();
        server.run("CLIENT SETNAME me");
        server.run("CLIENT SETINFO lib-name lib");
        let line = server.run("CLIENT INFO");
        let names: Vec<_> = line
            .trim_matches('"')
            .split(' ')
            .map(|field| field.split('=').next().unwrap())
            .collect();
        assert_eq!(
            names.join(" "),
            "id addr laddr fd name age idle flags db sub psub ssub multi qbuf qbuf-free argv-mem \
             multi-mem rbs rbp obl oll omem tot-mem events cmd user redir resp lib-name lib-ver"
        );
        assert!(line.contains(" name=me age=0 "), "{line}");
        assert!(line.contains(" cmd=client|info user=default "), "{line}");
    }

    #[test]
    fn a_command_that_was_refused_is_the_last_one_too() {
        let mut server = TestServer::new();
        let sender = server.client;
        let asker = server.connect();
        let mut last_after = |command: &str| {
            server.client = sender;
            server.now += 5000;
            server.run(command);
            server.client = asker;
            let line = server.run("CLIENT LIST ID 1");
            assert!(line.contains(" idle=0 "), "{command}: {line}");
            let (_, rest) = line.split_once(" cmd=").expect("a command");
            rest.split(' ').next().expect("its name").to_owned()
        };
        assert_eq!(last_after("GET"), "get");
        assert_eq!(last_after("NOSUCH a"), "NULL");
        assert_eq!(last_after("CONFIG GET"), "config|get");
        assert_eq!(last_after("CONFIG NOSUCH"), "NULL");
    }

    #[test]
    fn the_list_is_filtered_by_type_and_by_id() {
        let mut server = TestServer::new();
        server.connect();
        let lines = |reply: String| reply.matches("id=").count();
        assert_eq!(lines(server.run("CLIENT LIST")), 2);
        assert_eq!(lines(server.run("CLIENT LIST TYPE normal")), 2);
        assert_eq!(lines(server.run("CLIENT LIST TYPE replica")), 0);
        assert_eq!(lines(server.run("CLIENT LIST ID 2 9 1 1")), 3);
        server.check(&[
            ("CLIENT LIST TYPE wrong", "-ERR Unknown client type 'wrong'"),
            ("CLIENT LIST ID x", "-ERR Invalid client ID"),
            ("CLIENT LIST ID", "-ERR syntax error"),
            ("CLIENT LIST TYPE normal 1", "-ERR syntax error"),
        ]);
    }
}
