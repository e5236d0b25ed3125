//! `REPLICAOF host port`, `REPLICAOF NO ONE`, and the same by its old name.

use crate::clients::list_line;
use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::effect::Action;
use crate::commands::error::{CommandError, Outcome};
use crate::replication::model::lines;
use crate::telemetry::logging;

const FLAGS: &[Flag] = &[Flag::Admin, Flag::NoScript, Flag::Stale, Flag::NoAsyncLoading];

const ARGUMENTS: &[Arg] = &[Arg::one_of(
    "args",
    &[
        Arg::block("host-port", &[Arg::string("host"), Arg::integer("port")]),
        Arg::block("no-one", &[Arg::word("no", "NO"), Arg::word("one", "ONE")]),
    ],
)];

pub const REPLICAOF: Command = Command::new("replicaof", 3, replicaof)
    .flags(FLAGS)
    .docs(
        Group::Server,
        "5.0.0",
        "Configures a server as replica of another, or promotes it to a master.",
    )
    .arguments(ARGUMENTS);

pub const SLAVEOF: Command = REPLICAOF
    .sibling("slaveof", replicaof)
    .docs(
        Group::Server,
        "1.0.0",
        "Sets a Redis server as a replica of another, or promotes it to being a master.",
    )
    .doc_flags(&["deprecated"])
    .deprecated("5.0.0", "`REPLICAOF`");

fn replicaof(call: &mut Call<'_>) -> Outcome {
    let (host, port) = (call.arg(1), call.arg(2));
    if host.eq_ignore_ascii_case(b"no") && port.eq_ignore_ascii_case(b"one") {
        stop_following(call);
        return Ok(());
    }
    let port = crate::base::number::parse_i64(port).and_then(|port| u16::try_from(port).ok());
    let Some(port) = port else {
        return Err(CommandError::text("ERR Invalid master port"));
    };
    let host = String::from_utf8_lossy(host).into_owned();
    if let Some(master) = &call.server.replication.master
        && master.host == host
        && master.port == port
    {
        let line = lines::replica::already_replica_of();
        log::log!(line.level, "{}", line.text);
        call.reply.simple("OK Already connected to specified master");
        return Ok(());
    }
    let asker = asker(call);
    logging::set_role_letter(b'S');
    let line = lines::replica::replica_of(&host, port, &asker);
    log::log!(line.level, "{}", line.text);
    let now = call.now();
    let replication = &mut call.server.replication;
    if replication.master.is_none() {
        replication.may_continue = true;
        let line = lines::replica::synthesizing_master();
        log::log!(line.level, "{}", line.text);
    }
    replication.set_master(host.clone(), port, now);
    call.server.config.replicaof = Some((host.clone(), port));
    call.act(Action::Follow { host, port });
    call.reply.ok();
    Ok(())
}

/// The role and the stream's name change at once; the links follow in the keyspace.
fn stop_following(call: &mut Call<'_>) {
    if call.server.replication.master.is_some() {
        let asker = asker(call);
        call.server.config.replicaof = None;
        logging::set_role_letter(b'M');
        let id = call.server.random_replid();
        let renamed = call.server.replication.promote(id);
        for line in [renamed, lines::master::master_mode(&asker)] {
            log::log!(line.level, "{}", line.text);
        }
        call.act(Action::StopFollowing);
    }
    call.reply.ok();
}

/// Who asked, as CLIENT LIST shows it.
fn asker(call: &mut Call<'_>) -> String {
    let (now, bytes) = (call.now(), call.args.total_bytes());
    String::from_utf8_lossy(&list_line(call.session(), now, false, bytes)).into_owned()
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn what_a_transaction_writes_after_its_promotion_is_of_the_new_history() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1", "OK")]);
        server.become_replica();
        server.server().config.replica_read_only = false;
        let before = server.server().replication.history.clone();
        server.check(&[
            ("MULTI", "OK"),
            ("REPLICAOF NO ONE", "QUEUED"),
            ("SET b 1", "QUEUED"),
            ("EXEC", "[OK OK]"),
        ]);
        assert_eq!(server.stream(), ["SELECT 0", "SET a 1", "SELECT 0", "SET b 1"]);
        let history = &server.server().replication.history;
        assert_eq!(history.second_id(), before.id());
        assert_eq!(history.second_repl_offset(), before.offset() + 1);
        assert!(history.offset() > before.offset());
    }

    #[test]
    fn a_new_replica_shows_the_offset_that_it_offers_and_keeps_it_when_pointed_elsewhere() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1", "OK")]);
        let offset = server.server().replication.history.offset();
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
