//! Whom we follow, who follows us, and where the stream stands.

use super::facts::Facts;
use super::row::{Row, Section};
use super::value::Value;
use crate::base::offset;
use crate::replication::model::lag;
use crate::replication::model::status::{MasterLinkStatus, ReplicaStatus, TransferStatus};
use crate::state::{Forwarding, Master, Replication};

pub(super) const SECTION: Section = Section {
    name: "replication",
    title: "Replication",
    rows: &[
        Row::Field("role", |facts| if master(facts).is_some() { "slave" } else { "master" }.into()),
        Row::Optional("master_host", |facts| master(facts).map(|m| m.host.clone().into())),
        Row::Optional("master_port", |facts| master(facts).map(|m| m.port.into())),
        Row::Optional("master_link_status", |facts| of_link(facts, |l, _| l.status_name().into())),
        Row::Optional("master_last_io_seconds_ago", |facts| {
            of_link(facts, |link, now| link.last_io_seconds_ago(now).into())
        }),
        Row::Optional("master_sync_in_progress", |facts| {
            of_link(facts, |link, _| link.sync_in_progress().into())
        }),
        Row::Optional("slave_read_repl_offset", |facts| {
            of_link(facts, |link, _| link.read_offset.into())
        }),
        Row::Optional("slave_repl_offset", |facts| {
            of_link(facts, |link, _| link.applied_offset.into())
        }),
        Row::Optional("master_sync_total_bytes", |facts| {
            of_transfer(facts, |transfer, _| transfer.total_bytes.into())
        }),
        Row::Optional("master_sync_read_bytes", |facts| {
            of_transfer(facts, |transfer, _| transfer.read_bytes.into())
        }),
        Row::Optional("master_sync_left_bytes", |facts| {
            of_transfer(facts, |transfer, _| transfer.left_bytes().into())
        }),
        Row::Optional("master_sync_perc", |facts| {
            of_transfer(facts, |transfer, _| transfer.percent().into())
        }),
        Row::Optional("master_sync_last_io_seconds_ago", |facts| {
            of_transfer(facts, |transfer, now| transfer.last_io_seconds_ago(now).into())
        }),
        Row::Optional("master_link_down_since_seconds", |facts| {
            link(facts)?.down_since_seconds(facts.now).map(Value::from)
        }),
        Row::Optional("slave_priority", |facts| {
            master(facts).map(|_| facts.server.config.replication.replica_priority.into())
        }),
        Row::Optional("slave_read_only", |facts| {
            master(facts).map(|_| facts.server.config.replication.replica_read_only.into())
        }),
        Row::Optional("replica_announced", |facts| {
            master(facts).map(|_| facts.server.config.replication.replica_announced.into())
        }),
        Row::Field("connected_slaves", |facts| replication(facts).replicas.len().into()),
        Row::Optional("min_slaves_good_slaves", good_replicas),
        Row::Several(replicas),
        Row::Field("master_failover_state", |facts| {
            replication(facts).failover.state_name().into()
        }),
        Row::Field("master_replid", |facts| {
            replication(facts).stream.history().id().to_string().into()
        }),
        Row::Field("master_replid2", |facts| {
            replication(facts).stream.history().second_id().to_string().into()
        }),
        Row::Field("master_repl_offset", |facts| {
            replication(facts).stream.history().offset().into()
        }),
        Row::Field("second_repl_offset", |facts| {
            replication(facts).stream.history().second_repl_offset().into()
        }),
        Row::Field("repl_backlog_active", |facts| replication(facts).stream.is_feeding().into()),
        Row::Field("repl_backlog_size", |facts| {
            facts.server.config.replication.repl_backlog_size.into()
        }),
        Row::Field("repl_backlog_first_byte_offset", |facts| {
            let held = replication(facts).backlog_start().map(offset::wanted_byte);
            held.unwrap_or(0).into()
        }),
        Row::Field("repl_backlog_histlen", backlog_bytes),
        // Of ours alone. A line that begins with `slave` and a digit is a replica to Sentinel.
        Row::Optional("repl_backlog_disk_first_byte_offset", |facts| {
            replication(facts).stored_start().map(|start| offset::wanted_byte(start).into())
        }),
        Row::Optional("repl_backlog_disk_histlen", |facts| {
            let start = replication(facts).stored_start()?;
            let end = replication(facts).stream.history().offset();
            Some(offset::bytes_between(start, end).into())
        }),
        Row::Optional("master_link_lag_bytes", |facts| Some(own_lag(facts)?.0.into())),
        Row::Optional("master_link_lag_ms", |facts| Some(own_lag(facts)?.1.into())),
        Row::Optional("master_sync_phase", |facts| {
            of_transfer(facts, |transfer, _| transfer.phase().into())
        }),
        Row::Optional("master_sync_estimated_total_bytes", |facts| {
            of_transfer(facts, |transfer, _| transfer.whole_bytes().into())
        }),
        Row::Optional("master_sync_estimated_perc", |facts| {
            of_transfer(facts, |transfer, _| {
                let done = transfer.read_bytes.unsigned_abs();
                Value::Ratio(lag::percent(done, transfer.whole_bytes()))
            })
        }),
        Row::Optional("master_sync_eta_seconds", |facts| {
            of_transfer(facts, |transfer, now| transfer.eta_seconds(now).into())
        }),
        Row::Several(lags),
        // Only when there is something to tell.
        Row::Optional("throttled_since_seconds", |facts| {
            let since = facts.server.throttle.since()?;
            Some(((facts.now - since).max(0) / 1000).into())
        }),
        Row::Optional("throttled_writes", |facts| of_throttle(facts, |(writes, _)| writes)),
        Row::Optional("throttled_total_ms", |facts| of_throttle(facts, |(_, millis)| millis)),
        Row::Optional("forwarded_writes", |facts| of_forwarding(facts, |f| f.sent)),
        Row::Optional("failed_forwards", |facts| of_forwarding(facts, |f| f.failed)),
        Row::Optional("started_without_data", |facts| {
            replication(facts).lost_data.as_ref().map(|_| 1_u64.into())
        }),
        Row::Optional("wipe_guard_refused_syncs", |facts| {
            let refused = master(facts).map(|_| replication(facts).refused_syncs);
            refused.filter(|&refused| refused > 0).map(Into::into)
        }),
    ],
    ..Section::DEFAULT
};

fn replication<'a>(facts: &Facts<'a>) -> &'a Replication {
    &facts.server.replication
}

fn master<'a>(facts: &Facts<'a>) -> Option<&'a Master> {
    replication(facts).told_master()
}

fn link<'a>(facts: &Facts<'a>) -> Option<&'a MasterLinkStatus> {
    master(facts).map(|master| &master.link)
}

fn of_link(facts: &Facts<'_>, value: fn(&MasterLinkStatus, i64) -> Value) -> Option<Value> {
    link(facts).map(|link| value(link, facts.now))
}

/// A field that is shown while the RDB comes in.
fn of_transfer(facts: &Facts<'_>, value: fn(&TransferStatus, i64) -> Value) -> Option<Value> {
    let link = link(facts).filter(|link| link.sync_in_progress())?;
    let transfer = link.transfer.unwrap_or(TransferStatus::begun(facts.now));
    Some(value(&transfer, facts.now))
}

/// Once writes were slowed for a replica that lags.
fn of_throttle(facts: &Facts<'_>, value: fn((u64, u64)) -> u64) -> Option<Value> {
    let throttle = &facts.server.throttle;
    let delayed = throttle.delayed();
    (throttle.is_on() || delayed.0 > 0).then(|| value(delayed).into())
}

/// Once writes were sent on to a master.
fn of_forwarding(facts: &Facts<'_>, value: fn(&Forwarding) -> u64) -> Option<Value> {
    let forwarding = &replication(facts).forwarding;
    (forwarding.sent > 0).then(|| value(forwarding).into())
}

/// Shown when writes depend on it.
fn good_replicas(facts: &Facts<'_>) -> Option<Value> {
    let config = &facts.server.config;
    let is_asked =
        config.replication.min_replicas_to_write > 0 && config.replication.min_replicas_max_lag > 0;
    is_asked.then(|| replication(facts).good_replicas.into())
}

fn replicas(facts: &Facts<'_>, show: &mut dyn FnMut(&str, Value)) {
    for (index, replica) in replication(facts).replicas.values().enumerate() {
        show(&format!("slave{index}"), replica.info_value().into());
    }
}

/// How far each replica is behind, or how far its full sync is.
fn lags(facts: &Facts<'_>, show: &mut dyn FnMut(&str, Value)) {
    let Replication { replicas, times, stream, .. } = replication(facts);
    for (index, replica) in replicas.values().enumerate() {
        if let Some(lag) = replica.lag(times, stream.offset(), facts.now) {
            show(&format!("replica_lag_{index}"), ReplicaStatus::lag_value(lag).into());
        }
        if let Some(sync) = &replica.sync {
            show(&format!("replica_sync_{index}"), sync.info_value(facts.now).into());
        }
    }
}

/// What came from the master and is not applied, and for how long, while the stream flows.
fn own_lag(facts: &Facts<'_>) -> Option<(u64, i64)> {
    let link = link(facts).filter(|link| link.is_up())?;
    Some(replication(facts).received.lag(link.applied_offset, facts.now))
}

/// Up to our offset: what is on its way to the backlog counts.
fn backlog_bytes(facts: &Facts<'_>) -> Value {
    let replication = replication(facts);
    let end = replication.stream.offset();
    replication.backlog_start().map_or(0, |start| offset::bytes_between(start, end)).into()
}
