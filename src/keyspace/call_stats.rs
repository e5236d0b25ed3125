//! What is noted of every call: counters, the slow log, latency.

use std::time::Duration;

use super::execute::Executor;
use crate::clients::ClientSlot;
use crate::commands::command::Flag;
use crate::resp::request::{Args, OwnedCommand};

impl Executor {
    /// The command as the slow log and MONITOR show it, when that is not as it came.
    pub(super) fn without_secrets(&self, args: Args<'_>) -> Option<OwnedCommand> {
        let redacted = &self.effects.redacted;
        if redacted.is_empty() {
            return None;
        }
        let shown = |(i, arg)| if redacted.contains(&i) { &b"(redacted)"[..] } else { arg };
        let words: Vec<&[u8]> = args.iter().enumerate().map(shown).collect();
        Some(OwnedCommand::from_slices(&words))
    }

    /// Calls, time, slow log, latency.
    pub(super) fn count_call(
        &mut self,
        client: ClientSlot,
        row: usize,
        args: Args<'_>,
        failed: bool,
    ) {
        let took = self.clock.advance();
        let server = &mut self.state.server;
        server.stats.commands_processed += 1;
        let calls = &mut server.stats.calls[row];
        calls.calls += 1;
        calls.time += took;
        calls.failed += u64::from(failed);
        if server.config.latency_tracking {
            calls.durations.record(took);
        }
        let threshold = server.config.slowlog_log_slower_than;
        let is_slow = threshold >= 0 && took.as_micros() as i64 >= threshold;
        let is_spike = server.config.latency_monitor_threshold > 0;
        if is_slow || is_spike {
            self.note_slow(client, row, args, took);
        }
    }

    #[cold]
    fn note_slow(&mut self, client: ClientSlot, row: usize, args: Args<'_>, took: Duration) {
        let command = *self.registry.row(row);
        let seconds = self.now() / 1000;
        let server = &mut self.state.server;
        let micros = took.as_micros() as i64;
        let threshold = server.config.slowlog_log_slower_than;
        if threshold >= 0 && micros >= threshold && !command.has(Flag::SkipSlowlog) {
            let session = server.clients.at(client);
            let max_entries = server.config.slowlog_max_len;
            server.slowlog.record(args, micros, seconds, &session.peer, &session.name, max_entries);
        }
        let threshold = server.config.latency_monitor_threshold;
        let millis = took.as_millis() as u64;
        if threshold > 0 && millis >= threshold {
            let event = if command.has(Flag::Fast) { "fast-command" } else { "command" };
            server.latency.add(event, seconds, millis);
        }
    }
}
