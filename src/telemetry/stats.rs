//! Counters that INFO prints and CONFIG RESETSTAT clears.

use std::collections::BTreeMap;

use super::histogram::Histogram;

/// Calls of one command.
#[derive(Clone, Debug, Default)]
pub struct CallStats {
    pub calls: u64,
    /// How long they took together.
    pub time_nanos: u64,
    /// Refused before they ran.
    pub rejected: u64,
    /// Answered with an error.
    pub failed: u64,
    /// Filled while `latency-tracking` is on.
    pub durations: Histogram,
}

impl CallStats {
    /// Whether there is something to tell.
    pub fn is_empty(&self) -> bool {
        self.calls == 0 && self.rejected == 0 && self.failed == 0
    }
}

/// Counters of look-ups and removals.
#[derive(Clone, Debug, Default)]
pub struct KeyspaceStats {
    pub hits: u64,
    pub misses: u64,
    pub expired: u64,
    pub evicted: u64,
    /// Times the expiry slice ran out of time.
    pub expire_time_cap_reached: u64,
    /// Microseconds spent in expiry slices, exposed as milliseconds.
    pub expire_cycle_micros: u64,
}

/// Everything else.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    pub connections_received: u64,
    pub rejected_connections: u64,
    pub commands_processed: u64,
    pub net_input_bytes: u64,
    pub net_output_bytes: u64,
    pub net_repl_input_bytes: u64,
    pub net_repl_output_bytes: u64,
    pub sync_full: u64,
    pub sync_partial_ok: u64,
    pub sync_partial_err: u64,
    pub snapshots: u64,
    pub latest_snapshot_micros: u64,
    pub total_error_replies: u64,
    /// Those to our master or to a replica, which have no use for one.
    pub unexpected_error_replies: u64,
    pub reads_processed: u64,
    pub writes_processed: u64,
    pub query_buffer_limit_disconnections: u64,
    pub output_buffer_limit_disconnections: u64,
    pub peak_memory_bytes: usize,
    /// Closed since clients took too much together.
    pub evicted_clients: u64,
    /// By index of the row.
    pub calls: Vec<CallStats>,
    /// What all `durations` take.
    pub duration_bytes: usize,
    /// Error replies by code.
    pub errors: BTreeMap<String, u64>,
    pub ops_per_second: Rate,
    pub input_per_second: Rate,
    pub output_per_second: Rate,
    pub repl_input_per_second: Rate,
    pub repl_output_per_second: Rate,
}

/// Different error codes that are counted one by one; the rest is lost, as in Redis.
const ERROR_CODES_MAX: usize = 128;

impl Stats {
    /// Counts an error reply by the first word of its text.
    pub fn count_error(&mut self, message: &[u8]) {
        self.total_error_replies += 1;
        let code = message.split(|&b| b == b' ').next().unwrap_or_default();
        let code = String::from_utf8_lossy(code);
        if let Some(count) = self.errors.get_mut(code.as_ref()) {
            *count += 1;
        } else if self.errors.len() < ERROR_CODES_MAX {
            self.errors.insert(code.into_owned(), 1);
        }
    }

    /// CONFIG RESETSTAT.
    pub fn reset(&mut self) {
        let calls = self.calls.len();
        *self = Stats {
            peak_memory_bytes: self.peak_memory_bytes,
            ops_per_second: Rate::default(),
            ..Stats::default()
        };
        self.calls.resize_with(calls, CallStats::default);
    }
}

/// Number of samples a rate is averaged over.
const RATE_SAMPLES: usize = 16;

/// A rate of a counter per second, averaged over the last samples.
#[derive(Clone, Debug, Default)]
pub struct Rate {
    samples: [u64; RATE_SAMPLES],
    next: usize,
    last_value: u64,
    last_millis: i64,
}

impl Rate {
    /// Takes the counter's value at a time; call about every 100 ms.
    pub fn sample(&mut self, value: u64, now_millis: i64) {
        let elapsed = now_millis - self.last_millis;
        if self.last_millis != 0 && elapsed > 0 {
            let delta = value.saturating_sub(self.last_value);
            self.samples[self.next] = delta * 1000 / elapsed as u64;
            self.next = (self.next + 1) % RATE_SAMPLES;
        }
        self.last_value = value;
        self.last_millis = now_millis;
    }

    pub fn per_second(&self) -> u64 {
        self.samples.iter().sum::<u64>() / RATE_SAMPLES as u64
    }
}
