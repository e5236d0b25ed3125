//! What was done so far.

use super::facts::Facts;
use super::row::{Row, Section};
use super::value::Value;
use crate::pubsub::Kind;
use crate::telemetry::stats::{Rate, Stats};

pub(super) const SECTION: Section = Section {
    name: "stats",
    title: "Stats",
    rows: &[
        Row::Field("total_connections_received", |facts| stats(facts).connections_received.into()),
        Row::Field("total_commands_processed", |facts| stats(facts).commands_processed.into()),
        Row::Field("instantaneous_ops_per_sec", |facts| {
            stats(facts).ops_per_second.per_second().into()
        }),
        Row::Field("total_net_input_bytes", |facts| {
            (stats(facts).net_input_bytes + stats(facts).net_repl_input_bytes).into()
        }),
        Row::Field("total_net_output_bytes", |facts| {
            (stats(facts).net_output_bytes + stats(facts).net_repl_output_bytes).into()
        }),
        Row::Field("total_net_repl_input_bytes", |facts| stats(facts).net_repl_input_bytes.into()),
        Row::Field("total_net_repl_output_bytes", |facts| {
            stats(facts).net_repl_output_bytes.into()
        }),
        Row::Field("instantaneous_input_kbps", |facts| kilobytes(&stats(facts).input_per_second)),
        Row::Field("instantaneous_output_kbps", |facts| kilobytes(&stats(facts).output_per_second)),
        Row::Field("instantaneous_input_repl_kbps", |facts| {
            kilobytes(&stats(facts).repl_input_per_second)
        }),
        Row::Field("instantaneous_output_repl_kbps", |facts| {
            kilobytes(&stats(facts).repl_output_per_second)
        }),
        Row::Field("rejected_connections", |facts| stats(facts).rejected_connections.into()),
        Row::Field("sync_full", |facts| stats(facts).sync_full.into()),
        Row::Field("sync_partial_ok", |facts| stats(facts).sync_partial_ok.into()),
        Row::Field("sync_partial_err", |facts| stats(facts).sync_partial_err.into()),
        Row::Field("expired_keys", |facts| facts.keyspace.expired.into()),
        Row::Field("expired_stale_perc", |_| Value::Ratio(0.0)),
        Row::Field("expired_time_cap_reached_count", |facts| {
            facts.keyspace.expire_time_cap_reached.into()
        }),
        Row::Field("expire_cycle_cpu_milliseconds", |facts| {
            (facts.keyspace.expire_cycle_micros / 1000).into()
        }),
        Row::Field("evicted_keys", |facts| facts.keyspace.evicted.into()),
        Row::Field("evicted_clients", |facts| stats(facts).evicted_clients.into()),
        Row::Field("total_eviction_exceeded_time", |facts| {
            (facts.server.pressure.total_over_micros(facts.now_micros) / 1000).into()
        }),
        Row::Field("current_eviction_exceeded_time", |facts| {
            (facts.server.pressure.current_over_micros(facts.now_micros) / 1000).into()
        }),
        Row::Field("keyspace_hits", |facts| facts.keyspace.hits.into()),
        Row::Field("keyspace_misses", |facts| facts.keyspace.misses.into()),
        Row::Field("pubsub_channels", |facts| topics(facts, Kind::Channel)),
        Row::Field("pubsub_patterns", |facts| topics(facts, Kind::Pattern)),
        Row::Field("pubsubshard_channels", |facts| topics(facts, Kind::Shard)),
        Row::Field("latest_fork_usec", |facts| stats(facts).latest_snapshot_micros.into()),
        Row::Field("total_forks", |facts| stats(facts).snapshots.into()),
        Row::Field("migrate_cached_sockets", |facts| facts.server.migrating.links.into()),
        Row::Field("slave_expires_tracked_keys", |facts| facts.own_keys.into()),
        Row::Field("active_defrag_hits", |_| 0.into()),
        Row::Field("active_defrag_misses", |_| 0.into()),
        Row::Field("active_defrag_key_hits", |_| 0.into()),
        Row::Field("active_defrag_key_misses", |_| 0.into()),
        Row::Field("total_active_defrag_time", |_| 0.into()),
        Row::Field("current_active_defrag_time", |_| 0.into()),
        Row::Field("tracking_total_keys", |_| 0.into()),
        Row::Field("tracking_total_items", |_| 0.into()),
        Row::Field("tracking_total_prefixes", |_| 0.into()),
        Row::Field("unexpected_error_replies", |facts| {
            stats(facts).unexpected_error_replies.into()
        }),
        Row::Field("total_error_replies", |facts| stats(facts).total_error_replies.into()),
        Row::Field("dump_payload_sanitizations", |_| 0.into()),
        Row::Field("total_reads_processed", |facts| stats(facts).reads_processed.into()),
        Row::Field("total_writes_processed", |facts| stats(facts).writes_processed.into()),
        Row::Field("io_threaded_reads_processed", |_| 0.into()),
        Row::Field("io_threaded_writes_processed", |_| 0.into()),
        // Of Redis 7.2.
        Row::Field("client_query_buffer_limit_disconnections", |facts| {
            stats(facts).query_buffer_limit_disconnections.into()
        }),
        Row::Field("client_output_buffer_limit_disconnections", |facts| {
            stats(facts).output_buffer_limit_disconnections.into()
        }),
        Row::Field("reply_buffer_shrinks", |_| 0.into()),
        Row::Field("reply_buffer_expands", |_| 0.into()),
    ],
    ..Section::DEFAULT
};

fn stats<'a>(facts: &'a Facts<'_>) -> &'a Stats {
    &facts.server.stats
}

fn topics(facts: &Facts<'_>, kind: Kind) -> Value {
    facts.server.pubsub.topics(kind).len().into()
}

fn kilobytes(rate: &Rate) -> Value {
    Value::Ratio(rate.per_second() as f64 / 1024.0)
}
