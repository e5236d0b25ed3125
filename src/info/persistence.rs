//! What is saved, and what is loaded.

use std::sync::atomic::Ordering;

use super::facts::Facts;
use super::row::{Row, Section};
use super::value::Value;
use crate::base::time::UnixMillis;
use crate::state::LogStatus;

pub(super) const SECTION: Section = Section {
    name: "persistence",
    title: "Persistence",
    rows: &[
        Row::Field("loading", |facts| facts.server.loading.is_some().into()),
        // The old data set serves while the master's is loaded.
        Row::Field("async_loading", |facts| {
            (facts.server.loading.is_none() && loading(facts).is_some()).into()
        }),
        Row::Field("current_cow_peak", |_| 0.into()),
        Row::Field("current_cow_size", |_| 0.into()),
        Row::Field("current_cow_size_age", |_| 0.into()),
        Row::Field("current_fork_perc", saved_percent),
        Row::Field("current_save_keys_processed", |facts| {
            facts.server.persistence.saved_keys.into()
        }),
        Row::Field("current_save_keys_total", |facts| facts.server.persistence.keys_to_save.into()),
        Row::Field("rdb_changes_since_last_save", |facts| facts.server.persistence.dirty.into()),
        // A full sync counts, as its child does in Redis.
        Row::Field("rdb_bgsave_in_progress", |facts| {
            let mut replicas = facts.server.replication.replicas.values();
            (facts.server.persistence.saving || replicas.any(|r| r.awaits_snapshot)).into()
        }),
        Row::Field("rdb_last_save_time", |facts| {
            (facts.server.persistence.last_save_at / 1000).into()
        }),
        Row::Field("rdb_last_bgsave_status", |facts| {
            if facts.server.persistence.last_save_ok { "ok" } else { "err" }.into()
        }),
        Row::Field("rdb_last_bgsave_time_sec", |facts| {
            facts.server.persistence.last_save_seconds.into()
        }),
        Row::Field("rdb_current_bgsave_time_sec", current_save_seconds),
        Row::Field("rdb_saves", |facts| facts.server.persistence.saves.into()),
        Row::Field("rdb_last_cow_size", |_| 0.into()),
        Row::Field("rdb_last_load_keys_expired", |facts| {
            facts.server.persistence.last_load_expired.into()
        }),
        Row::Field("rdb_last_load_keys_loaded", |facts| {
            facts.server.persistence.last_load_loaded.into()
        }),
        Row::Field("aof_enabled", |facts| log(facts).is_enabled().into()),
        Row::Field("aof_rewrite_in_progress", |facts| log(facts).rewriting.into()),
        Row::Field("aof_rewrite_scheduled", |facts| log(facts).rewrite_scheduled.into()),
        Row::Field("aof_last_rewrite_time_sec", |facts| log(facts).last_rewrite_seconds.into()),
        Row::Field("aof_current_rewrite_time_sec", current_rewrite_seconds),
        Row::Field("aof_last_bgrewrite_status", |facts| ok(log(facts).last_rewrite_ok)),
        Row::Field("aof_rewrites", |facts| log(facts).rewrites.into()),
        Row::Field("aof_rewrites_consecutive_failures", |facts| log(facts).rewrite_failures.into()),
        Row::Field("aof_last_write_status", |facts| ok(log(facts).why_it_fails().is_none())),
        Row::Field("aof_last_cow_size", |_| 0.into()),
        Row::Field("module_fork_in_progress", |_| 0.into()),
        Row::Field("module_fork_last_cow_size", |_| 0.into()),
        Row::Optional("aof_current_size", |facts| Some(enabled_log(facts)?.bytes.into())),
        Row::Optional("aof_base_size", |facts| Some(enabled_log(facts)?.base_bytes.into())),
        Row::Optional("aof_pending_rewrite", |facts| {
            Some(enabled_log(facts)?.rewrite_scheduled.into())
        }),
        Row::Optional("aof_buffer_length", |facts| {
            Some((enabled_log(facts)?.pending_bytes as u64).into())
        }),
        Row::Optional("aof_pending_bio_fsync", |facts| Some(enabled_log(facts)?.is_syncing.into())),
        Row::Optional("aof_delayed_fsync", |facts| Some(enabled_log(facts)?.delayed_syncs.into())),
        Row::Optional("loading_start_time", |facts| Some((loading(facts)?.began / 1000).into())),
        Row::Optional("loading_total_bytes", |facts| Some(loading(facts)?.total_bytes.into())),
        Row::Optional("loading_rdb_used_mem", |facts| Some(loading(facts)?.rdb_used_memory.into())),
        Row::Optional("loading_loaded_bytes", |facts| Some(loading(facts)?.loaded_bytes.into())),
        Row::Optional("loading_loaded_perc", |facts| Some(loading(facts)?.percent())),
        Row::Optional("loading_eta_seconds", |facts| {
            Some(loading(facts)?.eta_seconds(facts.now).into())
        }),
    ],
    ..Section::DEFAULT
};

fn ok(is_ok: bool) -> Value {
    if is_ok { "ok" } else { "err" }.into()
}

fn log<'a>(facts: &'a Facts<'_>) -> &'a LogStatus {
    &facts.server.persistence.log
}

/// While there is one.
fn enabled_log<'a>(facts: &'a Facts<'_>) -> Option<&'a LogStatus> {
    Some(log(facts)).filter(|log| log.is_enabled())
}

fn current_rewrite_seconds(facts: &Facts<'_>) -> Value {
    match log(facts).rewriting {
        true => (facts.now / 1000 - log(facts).rewrite_started_at / 1000).into(),
        false => (-1).into(),
    }
}

/// Of the background save that runs.
fn saved_percent(facts: &Facts<'_>) -> Value {
    let persistence = &facts.server.persistence;
    let (saved, all) = (persistence.saved_keys, persistence.keys_to_save);
    Value::Ratio(saved as f64 * 100.0 / all.max(1) as f64)
}

fn current_save_seconds(facts: &Facts<'_>) -> Value {
    let persistence = &facts.server.persistence;
    if !persistence.saving {
        return (-1).into();
    }
    (facts.now / 1000 - persistence.save_started_at / 1000).into()
}

/// A load, of the file at start or of the master's data set.
struct Load {
    began: UnixMillis,
    /// 0 when nobody knows.
    total_bytes: u64,
    loaded_bytes: u64,
    /// What the writer of the file had in use; 0 when it does not say.
    rdb_used_memory: u64,
}

fn loading(facts: &Facts<'_>) -> Option<Load> {
    // The file at start; a sync's transfer has figures of its own.
    if let Some(load) = &facts.server.loading
        && !facts.server.replication.loads_in_place
    {
        return Some(Load {
            began: load.started_at,
            total_bytes: load.total_bytes,
            loaded_bytes: load.progress.bytes.load(Ordering::Relaxed),
            rdb_used_memory: load.progress.rdb_used_memory.load(Ordering::Relaxed),
        });
    }
    let transfer = facts.server.replication.master.as_ref()?.link.transfer?;
    transfer.is_loading().then_some(Load {
        began: transfer.begun_at,
        total_bytes: transfer.total_bytes.unsigned_abs(),
        loaded_bytes: transfer.read_bytes.unsigned_abs(),
        rdb_used_memory: transfer.master_memory_bytes,
    })
}

impl Load {
    /// 0 when nobody knows how much there is.
    fn percent(&self) -> Value {
        Value::Ratio(match self.total_bytes {
            0 => 0.0,
            total => self.loaded_bytes as f64 * 100.0 / total as f64,
        })
    }

    /// At the speed so far; 1 in the first second.
    fn eta_seconds(&self, now: UnixMillis) -> u64 {
        let elapsed = (now / 1000 - self.began / 1000).max(0) as u64;
        if elapsed == 0 {
            return 1;
        }
        let remaining = self.total_bytes.saturating_sub(self.loaded_bytes);
        elapsed.saturating_mul(remaining) / (self.loaded_bytes + 1)
    }
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;
    use crate::replication::model::status::TransferStatus;

    #[test]
    fn a_load_of_unknown_length_has_no_share() {
        let mut server = TestServer::new();
        server.become_replica();
        let mut shown = |total_bytes| {
            let now = server.now;
            let transfer =
                TransferStatus { total_bytes, read_bytes: 500, ..TransferStatus::begun(now) };
            server.server().replication.master.as_mut().expect("a master").link.transfer =
                Some(transfer);
            server.run("INFO persistence")
        };
        assert!(!shown(-1).contains("loading_loaded_perc"));
        assert!(shown(0).contains("loading_loaded_perc:0.00\\r"), "{}", shown(0));
        assert!(shown(2000).contains("loading_loaded_perc:25.00\\r"));
        assert!(shown(2000).contains("async_loading:1\\r"));
    }
}
