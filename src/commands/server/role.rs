//! `ROLE`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::Group;
use crate::commands::error::Outcome;

pub const ROLE: Command = Command::new("role", 1, role)
    .flags(&[Flag::NoScript, Flag::Loading, Flag::Stale, Flag::Fast])
    .categories(&[Category::Admin, Category::Dangerous])
    .docs(Group::Server, "2.8.12", "Return the role of the instance in the context of replication");

/// ```text
/// master, offset, [[ip, port, acknowledged offset] of each replica that is online]
/// slave, master's host, its port, state of the link, offset (-1 while the link is down)
/// ```
fn role(call: &mut Call<'_>) -> Outcome {
    let replication = &call.server.replication;
    let reply = &mut call.reply;
    if let Some(master) = replication.told_master() {
        reply.array(5);
        reply.bulk(b"slave");
        reply.bulk(master.host.as_bytes());
        reply.int(i64::from(master.port));
        reply.bulk(master.link.state.role_name().as_bytes());
        reply.int(master.link.role_offset());
        return Ok(());
    }
    reply.array(3);
    reply.bulk(b"master");
    reply.int(replication.stream.offset());
    reply.array(replication.replicas.values().filter(|replica| replica.is_online()).count());
    for replica in replication.replicas.values().filter(|replica| replica.is_online()) {
        reply.array(3);
        reply.bulk(replica.about.ip.as_bytes());
        reply.bulk_int(i64::from(replica.about.port));
        reply.bulk_int(replica.offset);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;
    use crate::replication::model::status::{AboutReplica, ReplicaStatus};
    use std::sync::Arc;

    #[test]
    fn a_master_names_the_replicas_that_are_online() {
        let mut server = TestServer::new();
        assert_eq!(server.run("ROLE"), "[\"master\" 0 []]");
        for (port, state) in [(9001, "online"), (9002, "send_bulk")] {
            let about = AboutReplica { ip: "10.0.0.1".to_owned(), port, is_rdb_only: false };
            let replica = ReplicaStatus {
                about: Arc::new(about),
                state,
                offset: 42,
                fsynced: 0,
                lag_seconds: 0,
                awaits_snapshot: false,
                has_acknowledged: false,
                received: None,
                acked_at: 0,
                snapshot_bytes: 0,
                sync: None,
            };
            server.server().replication.replicas.insert(port.into(), replica);
        }
        assert_eq!(server.run("ROLE"), "[\"master\" 0 [[\"10.0.0.1\" \"9001\" \"42\"]]]");
    }

    #[test]
    fn a_replica_names_its_master_and_the_state_of_the_link() {
        let mut server = TestServer::new();
        server.become_replica();
        assert_eq!(server.run("ROLE"), "[\"slave\" \"127.0.0.1\" 6380 \"connect\" -1]");
    }
}
