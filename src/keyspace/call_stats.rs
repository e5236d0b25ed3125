//! What is noted of every call: counters, the logs of remarkable commands, latency.

use super::execute::Executor;
use crate::clients::ClientSlot;
use crate::commands::command::Flag;
use crate::config::Config;
use crate::resp::request::{Args, OwnedCommand};
use crate::telemetry::command_log::{self, LogKind};

/// What the settings say of a log.
pub(super) struct LogLimits {
    /// Noted is what measures so much; negative: nothing.
    threshold: i64,
    pub max_entries: usize,
}

impl LogLimits {
    fn are_reached(&self, measure: u64) -> bool {
        // A negative threshold is a number that nothing reaches.
        measure >= self.threshold as u64
    }
}

pub(super) fn log_limits(config: &Config, kind: LogKind) -> LogLimits {
    let (threshold, max_entries) = match kind {
        LogKind::Slow => {
            (config.observation.slowlog_log_slower_than, config.observation.slowlog_max_len)
        }
        LogKind::LargeRequest => (
            config.observation.commandlog_request_larger_than,
            config.observation.commandlog_large_request_max_len,
        ),
        LogKind::LargeReply => (
            config.observation.commandlog_reply_larger_than,
            config.observation.commandlog_large_reply_max_len,
        ),
    };
    LogLimits { threshold, max_entries }
}

impl Executor {
    /// The command as the slow log and MONITOR show it, when that is not as it came.
    pub(super) fn without_secrets(&mut self, args: Args<'_>) -> Option<OwnedCommand> {
        let redacted = &self.effects.rare_if_any()?.redacted;
        if redacted.is_empty() {
            return None;
        }
        let shown = |(i, arg)| if redacted.contains(&i) { &b"(redacted)"[..] } else { arg };
        let words: Vec<&[u8]> = args.iter().enumerate().map(shown).collect();
        Some(OwnedCommand::from_slices(&words))
    }

    /// Calls, time, logs, latency.
    pub(super) fn count_call(
        &mut self,
        client: ClientSlot,
        row: usize,
        args: Args<'_>,
        reply_bytes: usize,
        failed: bool,
    ) {
        let took_nanos = self.clock.advance();
        let server = &mut self.state.server;
        let calls = &mut server.stats.calls[row];
        calls.time_nanos += took_nanos;
        // One that runs again after it has waited is still the same call.
        if self.woken_by.is_none() {
            server.stats.commands_processed += 1;
            calls.calls += 1;
        }
        calls.failed += u64::from(failed);
        if server.config.observation.latency_tracking {
            server.stats.duration_bytes += calls.durations.record(took_nanos);
        }
        let took_micros = took_nanos / 1000;
        let is_long = |kind, most| log_limits(&server.config, kind).are_reached(most);
        if server.config.observation.latency_monitor_threshold > 0
            || is_long(LogKind::Slow, took_micros)
            || is_long(LogKind::LargeRequest, args.encoded_bytes_at_most() as u64)
            || is_long(LogKind::LargeReply, reply_bytes as u64)
        {
            self.note_remarkable(client, row, args, reply_bytes, took_micros);
        }
    }

    #[cold]
    fn note_remarkable(
        &mut self,
        client: ClientSlot,
        row: usize,
        args: Args<'_>,
        reply_bytes: usize,
        took_micros: u64,
    ) {
        let command = *self.registry.row(row);
        let unix_seconds = self.now() / 1000;
        let server = &mut self.state.server;
        if !command.has(Flag::SkipSlowlog) {
            let session = server.clients.at(client);
            let (peer, client_name) = (session.peer.as_str(), session.name.as_slice());
            let call = command_log::Call { args, unix_seconds, peer, client_name };
            let measures = [took_micros, args.encoded_bytes() as u64, reply_bytes as u64];
            for (kind, measure) in LogKind::ALL.into_iter().zip(measures) {
                let limits = log_limits(&server.config, kind);
                if limits.are_reached(measure) {
                    server.command_logs.of_mut(kind).record(
                        call,
                        measure as i64,
                        limits.max_entries,
                    );
                }
            }
        }
        let event = if command.has(Flag::Fast) { "fast-command" } else { "command" };
        self.note_latency(event, took_micros / 1000);
    }

    /// Notes that something took so long, if that is worth it.
    pub(super) fn note_latency(&mut self, event: &'static str, millis: u64) {
        let unix_seconds = self.now() / 1000;
        let server = &mut self.state.server;
        let threshold = server.config.observation.latency_monitor_threshold;
        if threshold > 0 && millis >= threshold {
            server.latency.add(event, unix_seconds, millis);
        }
    }
}
