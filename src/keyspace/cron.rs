//! What the keyspace does by the clock.

use std::time::{Duration, Instant};

use actix::prelude::*;

use super::actor::Keyspace;
use super::messages::ContinueExpiry;
use crate::commands::keys::{ExpiryRule, Keys};
use crate::state::State;
use crate::telemetry::memory;

/// Longest time that removing expired keys takes of one turn.
const EXPIRY_SLICE: Duration = Duration::from_millis(1);
/// Keys removed between two looks at that time.
const EXPIRY_KEYS_PER_CHECK: usize = 32;

impl Keyspace {
    /// Housekeeping, ten times a second, also under full load.
    pub(super) fn cron(&mut self, _ctx: &mut Context<Self>) {
        if self.executor.state.server.cron_is_paused {
            return;
        }
        self.sample_rates();
        self.tend_clients();
        self.end_pause_when_due();
        self.answer_all_waiting();
        self.replication_cron();
        self.persistence_cron();
        self.shutdown_cron();
    }

    fn sample_rates(&mut self) {
        let now = self.executor.now();
        let stats = &mut self.executor.state.server.stats;
        stats.ops_per_second.sample(stats.commands_processed, now);
        stats.input_per_second.sample(stats.net_input_bytes, now);
        stats.output_per_second.sample(stats.net_output_bytes, now);
        stats.repl_input_per_second.sample(stats.net_repl_input_bytes, now);
        stats.repl_output_per_second.sample(stats.net_repl_output_bytes, now);
        stats.peak_memory_bytes = stats.peak_memory_bytes.max(memory::used_bytes());
    }

    fn end_pause_when_due(&mut self) {
        let now = self.executor.now();
        let pause = &mut self.executor.state.server.pause;
        if pause.until.is_some_and(|until| until <= now) {
            *pause = Default::default();
            self.end_pause();
        }
    }

    /// Removes keys whose deadline has passed, for a slice of time; goes on after the messages
    /// that wait when there are more.
    pub(super) fn expire_slice(&mut self, ctx: &mut Context<Self>) {
        let server = &self.executor.state.server;
        if !server.active_expire || server.cron_is_paused {
            return;
        }
        self.executor.read_clock();
        if self.executor.expire_due(EXPIRY_SLICE) {
            ctx.notify(ContinueExpiry);
        }
        self.carry_out_actions();
    }
}

impl super::execute::Executor {
    /// Removes expired keys of all databases until none is left or `limit` is over. Whether some
    /// may be left.
    pub fn expire_due(&mut self, limit: Duration) -> bool {
        let now = self.now();
        let server = &self.state.server;
        if server.replication.is_replica() || server.loading.is_some() || server.holds_writes(now) {
            return false;
        }
        let began = Instant::now();
        let mut is_over = false;
        for db in 0..self.state.dataset.database_count() {
            while !is_over && self.state.dataset[db].next_deadline().is_some_and(|due| due < now) {
                self.expire_some(db, now);
                is_over = began.elapsed() >= limit;
            }
        }
        let stats = &mut self.state.keyspace_stats;
        stats.expire_time_cap_reached += u64::from(is_over);
        stats.expire_cycle_micros += began.elapsed().as_micros() as u64;
        is_over
    }

    fn expire_some(&mut self, db: usize, now: i64) {
        self.effects.reset();
        for _ in 0..EXPIRY_KEYS_PER_CHECK {
            let State { dataset, watches, keyspace_stats, garbage, server } = &mut self.state;
            let Some(entry) = dataset[db].pop_expired(now) else { break };
            let mut keys = Keys {
                dataset,
                db,
                now,
                rule: ExpiryRule::Delete,
                usage: server.usage_clock(now),
                lfu_log_factor: server.config.lfu_log_factor,
                touches: false,
                lazy_expire: server.config.lazyfree_lazy_expire,
                stats: keyspace_stats,
                watches,
                effects: &mut self.effects,
                garbage,
            };
            keys.after_expiry(db, entry);
            self.state.server.persistence.dirty += 1;
        }
        let removals: Vec<_> = self.effects.before.drain(..).collect();
        for removal in &removals {
            self.write_single(removal);
        }
    }
}

impl Handler<ContinueExpiry> for Keyspace {
    type Result = ();
    fn handle(&mut self, _: ContinueExpiry, ctx: &mut Self::Context) {
        self.expire_slice(ctx);
    }
}
