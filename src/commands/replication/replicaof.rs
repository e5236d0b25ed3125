//! `REPLICAOF host port [FORCE]`, `REPLICAOF NO ONE`, and the same by its old name.

use crate::clients::{Beside, list_line};
use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::effect::Action;
use crate::commands::error::{CommandError, Outcome};
use crate::replication::model::lines::{self, log_line};
use crate::resp::request::Args;
use crate::state::Server;
use crate::telemetry::logging;

const FLAGS: &[Flag] = &[
    Flag::Admin,
    Flag::NoScript,
    Flag::Stale,
    Flag::NoAsyncLoading,
    Flag::NotInStream,
    Flag::NamesMaster,
];

const ARGUMENTS: &[Arg] = &[Arg::one_of(
    "args",
    &[
        Arg::block(
            "host-port",
            &[Arg::string("host"), Arg::integer("port"), Arg::word("force", "FORCE").optional()],
        ),
        Arg::block("no-one", &[Arg::word("no", "NO"), Arg::word("one", "ONE")]),
    ],
)];

pub const REPLICAOF: Command = Command::new("replicaof", -3, replicaof)
    .flags(FLAGS)
    .docs(
        Group::Server,
        "5.0.0",
        "Configures a server as replica of another, or promotes it to a master.",
    )
    .arguments(ARGUMENTS);

pub const SLAVEOF: Command = REPLICAOF
    .sibling("slaveof", slaveof)
    .docs(
        Group::Server,
        "1.0.0",
        "Sets a Redis server as a replica of another, or promotes it to being a master.",
    )
    .doc_flags(&["deprecated"])
    .deprecated("5.0.0", "`REPLICAOF`");

fn replicaof(call: &mut Call<'_>) -> Outcome {
    settle("replicaof", call)
}

fn slaveof(call: &mut Call<'_>) -> Outcome {
    settle("slaveof", call)
}

fn settle(name: &'static str, call: &mut Call<'_>) -> Outcome {
    let (host, port) = (call.arg(1), call.arg(2));
    let is_forced = call.args.len() == 4 && call.arg(3).eq_ignore_ascii_case(b"force");
    if call.args.len() > 3 && !is_forced {
        return Err(CommandError::WrongArity(name));
    }
    if call.server.replication.failover.is_under_way() {
        return Err(CommandError::ReplicaofWhileFailingOver);
    }
    if is_promotion(call.args) {
        stop_following(call);
        return Ok(());
    }
    let port = crate::base::number::parse_i64(port).and_then(|port| u16::try_from(port).ok());
    let Some(port) = port else {
        return Err(CommandError::InvalidMasterPort);
    };
    let host = String::from_utf8_lossy(host).into_owned();
    let told = call.server.replication.told_master();
    if told.is_some_and(|told| told.is_at(&host, port)) && !is_forced {
        log_line(&lines::replica::already_replica_of());
        call.reply.simple("OK Already connected to specified master");
        return Ok(());
    }
    if !call.in_transaction {
        logging::set_role_letter(b'S');
    }
    log_line(&lines::replica::replica_of(&host, port, &asker(call)));
    call.server.config.replication.replicaof = Some((host.clone(), port));
    // A transaction ends as the master that it began as: what it writes goes to the stream whole,
    // also what comes after this.
    let now = call.now();
    let replication = &mut call.server.replication;
    (replication.takes_anything, replication.refused_syncs) = (is_forced, 0);
    if call.in_transaction {
        replication.name_master(host, port, now);
    } else {
        replication.begin_following(host, port, now).iter().for_each(log_line);
    }
    call.act(Action::SettleRole);
    call.reply.ok();
    Ok(())
}

/// The role and the stream's name change at once; the links follow in the keyspace.
fn stop_following(call: &mut Call<'_>) {
    if call.server.replication.is_replica() {
        let asker = asker(call);
        promote(call.server);
        log_line(&lines::master::master_mode(&asker));
    }
    call.server.config.replication.replicaof = None;
    call.server.replication.named_master = None;
    call.act(Action::SettleRole);
    call.reply.ok();
}

/// This replica is a master from here on.
pub fn promote(server: &mut Server) {
    server.config.replication.replicaof = None;
    logging::set_role_letter(b'M');
    let id = server.random_replid();
    log_line(&server.replication.promote(id));
}

/// Whether these are the arguments of `REPLICAOF NO ONE`. A transaction that says so is a master's
/// from its beginning: all that it writes goes to the stream, also what came before this.
pub fn is_promotion(args: Args<'_>) -> bool {
    let is = |i: usize, word: &[u8]| args.len() == 3 && args.get(i).eq_ignore_ascii_case(word);
    is(1, b"no") && is(2, b"one")
}

/// Who asked, as CLIENT LIST shows it.
pub(super) fn asker(call: &mut Call<'_>) -> String {
    let beside = Beside { argument_bytes: call.args.total_bytes(), ..Beside::default() };
    let now = call.now();
    String::from_utf8_lossy(&list_line(call.session(), now, beside)).into_owned()
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn what_a_transaction_writes_after_its_promotion_is_of_the_new_history() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1", "OK")]);
        server.become_replica();
        server.server().config.replication.replica_read_only = false;
        let before = server.server().replication.stream.history().clone();
        server.check(&[
            ("MULTI", "OK"),
            ("REPLICAOF NO ONE", "QUEUED"),
            ("SET b 1", "QUEUED"),
            ("EXEC", "[OK OK]"),
        ]);
        assert_eq!(server.stream(), ["SELECT 0", "SET a 1", "SELECT 0", "SET b 1"]);
        let history = server.server().replication.stream.history();
        assert_eq!(history.second_id(), before.id());
        assert_eq!(history.second_repl_offset(), before.offset() + 1);
        assert!(history.offset() > before.offset());
    }

    #[test]
    fn what_a_transaction_writes_before_and_after_it_leaves_its_role_goes_to_the_stream() {
        let mut server = TestServer::new();
        let exec = |server: &mut TestServer, role: &str| {
            server.check(&[
                ("MULTI", "OK"),
                ("SET a 1", "QUEUED"),
                (role, "QUEUED"),
                ("SET b 1", "QUEUED"),
                ("EXEC", "[OK OK OK]"),
            ]);
            server.stream()
        };
        let unit = ["MULTI", "SET a 1", "SET b 1", "EXEC"];
        assert_eq!(exec(&mut server, "REPLICAOF 127.0.0.1 1")[1..], unit);
        server.become_replica();
        server.server().config.replication.replica_read_only = false;
        let before = server.server().replication.stream.history().clone();
        assert_eq!(exec(&mut server, "REPLICAOF NO ONE")[1..], unit);
        let history = server.server().replication.stream.history();
        assert_eq!(history.second_repl_offset(), before.offset() + 1);
    }

    #[test]
    fn a_transaction_that_names_a_master_tells_of_it_and_stays_a_master_to_its_end() {
        let mut server = TestServer::new();
        server.check(&[("MULTI", "OK"), ("REPLICAOF 127.0.0.1 1", "QUEUED")]);
        server.check(&[("INFO replication", "QUEUED"), ("ROLE", "QUEUED"), ("SET a 1", "QUEUED")]);
        let replies = server.run("EXEC");
        assert!(replies.contains("role:slave"), "{replies}");
        assert!(replies.contains("master_link_status:down"), "{replies}");
        assert!(replies.contains("[\"slave\" \"127.0.0.1\" 1 \"connect\" -1] OK]"), "{replies}");
        assert_eq!(server.stream(), ["SELECT 0", "SET a 1"]);
    }

    #[test]
    fn a_new_replica_shows_the_offset_that_it_offers_and_keeps_it_when_pointed_elsewhere() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1", "OK")]);
        let offset = server.server().replication.stream.offset();
        for master in ["REPLICAOF 127.0.0.1 1", "REPLICAOF 127.0.0.1 2"] {
            server.check(&[(master, "OK")]);
            let link = &server.server().replication.master.as_ref().expect("a master").link;
            assert_eq!((link.read_offset, link.applied_offset), (offset, offset));
            assert_eq!(link.down_since, None);
        }
    }

    #[test]
    fn a_replica_pointed_elsewhere_is_down_since_then() {
        let mut server = TestServer::new();
        server.become_replica();
        let now = server.now;
        let master = server.server().replication.master.as_mut().expect("a master");
        master.link.state = crate::replication::model::status::LinkState::Connected;
        server.check(&[("REPLICAOF 127.0.0.1 1", "OK")]);
        server.now += 5000;
        server.check(&[("REPLICAOF 127.0.0.1 2", "OK")]);
        let link = &server.server().replication.master.as_ref().expect("a master").link;
        assert_eq!(link.down_since, Some(now));
    }
}
