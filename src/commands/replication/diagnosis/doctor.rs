//! `REPLICATION DOCTOR`

use crate::base::time::UnixMillis;
use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Group, OUR_FIRST};
use crate::commands::error::Outcome;
use crate::replication::model::doctor::{
    self, Facts, ForwardingFacts, LostDataFacts, MasterFacts, MemoryFacts, QuorumFacts,
    ReplicaFacts, Slowed,
};
use crate::replication::model::flow::{FlowSettings, Pace};
use crate::replication::model::lines::replica_name;
use crate::replication::model::output_limit::OutputLimit;
use crate::replication::model::status::ReplicaStatus;
use crate::state::{Master, Server, replica_output_limit};
use crate::store::dataset::Dataset;

pub const DOCTOR: Command = Command::new("doctor", 2, doctor)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale])
    .tips(&["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"])
    .docs(Group::Server, OUR_FIRST, "What is wrong with replication, and what changes it.");

fn doctor(call: &mut Call<'_>) -> Outcome {
    let report = doctor::report(&facts(call.server, call.keys.dataset, call.now()));
    call.reply.verbatim("txt", report.as_bytes());
    Ok(())
}

fn facts<'a>(server: &'a Server, dataset: &Dataset, now: UnixMillis) -> Facts<'a> {
    let (replication, config) = (&server.replication, &server.config.replication);
    let end = replication.stream.offset();
    let replicas = replication.replicas.values().filter(|replica| !replica.about.is_rdb_only);
    let output_limit = replica_output_limit(&server.config);
    Facts {
        now,
        journal: &replication.journal,
        master: replication.master.as_ref().map(|master| of_master(server, master, now)),
        replicas: replicas
            .map(|replica| ReplicaFacts {
                name: name_of(replica),
                lag: replica.lag(&replication.times, end, now),
            })
            .collect(),
        backlog_bytes: config.repl_backlog_size,
        stream_bytes_per_second: replication.times.bytes_per_second(end, now),
        repl_timeout_seconds: config.repl_timeout,
        is_diskless: config.repl_diskless_sync,
        output_limit_bytes: output_limit.hard_bytes,
        is_output_limit_default: output_limit == OutputLimit::DEFAULT,
        memory: of_memory(server, dataset, now),
        quorum: of_quorum(server),
        forwarding: of_forwarding(server, now),
        lost_data: replication.lost_data.as_ref().map(|lost| LostDataFacts {
            replica: lost.replica.clone(),
            known_bytes: lost.known_bytes.unsigned_abs(),
            keys: dataset.key_count(),
        }),
        replicas_to_write: config.min_replicas_to_write,
        good_replicas: replication.good_replicas,
        max_lag_seconds: config.min_replicas_max_lag,
    }
}

fn of_memory(server: &Server, dataset: &Dataset, now: UnixMillis) -> MemoryFacts {
    let (replication, config) = (&server.replication, &server.config.replication);
    let settings =
        FlowSettings { limit_bytes: config.repl_memory_limit, throttles: config.repl_throttle };
    let data_bytes = dataset.entry_bytes() as u64;
    let name = |pace: &Pace| {
        let status = replication.replicas.get(&pace.client);
        status.map_or_else(|| "a replica".to_owned(), name_of)
    };
    let slowed = server.throttle.pace().map(|pace| Slowed {
        since_millis: server.throttle.since().map_or(0, |since| (now - since).max(0)),
        replica: name(&pace),
        lag_bytes: pace.lag_bytes,
        bytes_per_second: pace.bytes_per_second,
    });
    MemoryFacts {
        limit_bytes: settings.room(data_bytes, config.repl_backlog_size),
        throttles: settings.throttles,
        slowed,
    }
}

fn of_quorum(server: &Server) -> QuorumFacts {
    let replicas = server.replication.replicas.values();
    QuorumFacts {
        by_setting: server.config.replication.repl_ack_quorum,
        by_clients: server.clients.iter().filter_map(|client| client.quorum).max().unwrap_or(0),
        timeout_millis: server.config.replication.repl_ack_timeout,
        online: replicas.filter(|replica| replica.is_online()).count(),
        unconfirmed: server.stats.errors.get("NOQUORUM").copied().unwrap_or(0),
    }
}

fn of_forwarding(server: &Server, now: UnixMillis) -> Option<ForwardingFacts> {
    let (forwarding, config) = (&server.replication.forwarding, &server.config);
    let forwards = config.replication.replica_forward_writes && server.replication.is_replica();
    let last = forwarding.last_failure.clone();
    (forwards || forwarding.sent > 0).then(|| ForwardingFacts {
        sent: forwarding.sent,
        failed: forwarding.failed,
        last_failure: last.map(|(at, reason)| ((now - at).max(0), reason)),
        is_open: forwards && config.forwards_for_anybody(),
    })
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

fn name_of(replica: &ReplicaStatus) -> String {
    replica_name(&replica.about.ip, replica.about.port)
}
