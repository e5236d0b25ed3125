//! `REPLICATION DOCTOR`

use crate::base::time::UnixMillis;
use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::Group;
use crate::commands::error::Outcome;
use crate::replication::model::doctor::{self, Facts, MasterFacts, ReplicaFacts};
use crate::replication::model::lines::replica_name;
use crate::state::{Master, Server};

pub const DOCTOR: Command = Command::new("doctor", 2, doctor)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale])
    .tips(&["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"])
    .docs(Group::Server, "7.2.0", "What is wrong with replication, and what changes it.");

fn doctor(call: &mut Call<'_>) -> Outcome {
    let report = doctor::report(&facts(call.server, call.now()));
    call.reply.verbatim("txt", report.as_bytes());
    Ok(())
}

fn facts(server: &Server, now: UnixMillis) -> Facts<'_> {
    let (replication, config) = (&server.replication, &server.config.replication);
    let end = replication.stream.offset();
    let replicas = replication.replicas.values().filter(|replica| !replica.about.is_rdb_only);
    Facts {
        now,
        journal: &replication.journal,
        master: replication.master.as_ref().map(|master| of_master(server, master, now)),
        replicas: replicas
            .map(|replica| ReplicaFacts {
                name: replica_name(&replica.about.ip, replica.about.port),
                lag: replica.lag(&replication.times, end, now),
            })
            .collect(),
        backlog_bytes: config.repl_backlog_size,
        stream_bytes_per_second: replication.times.bytes_per_second(end, now),
        repl_timeout_seconds: config.repl_timeout,
        is_diskless: config.repl_diskless_sync,
        output_limit_bytes: server.config.network.client_output_buffer_limit.replica.hard_bytes,
        replicas_to_write: config.min_replicas_to_write,
        good_replicas: replication.good_replicas,
        max_lag_seconds: config.min_replicas_max_lag,
    }
}

fn of_master(server: &Server, master: &Master, now: UnixMillis) -> MasterFacts {
    let (replication, link) = (&server.replication, &master.link);
    let (lag_bytes, lag_millis) = replication.received.lag(link.applied_offset, now);
    MasterFacts {
        name: format!("{}:{}", master.host, master.port),
        is_up: link.is_up(),
        down_millis: link.down_since.map(|since| (now - since).max(0)),
        is_syncing: link.sync_in_progress(),
        is_read_only: server.config.replication.replica_read_only,
        refused_syncs: replication.refused_syncs,
        lag_bytes,
        lag_millis,
    }
}
