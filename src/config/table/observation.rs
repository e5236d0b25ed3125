//! What the server notes of what it does, and tells of it.

use super::rules::{COUNT, LONG, number};
use crate::config::define::directives;
use crate::config::value::keyspace_events::KeyspaceEvents;

directives! {
    /// What the server notes of what it does, and tells of it.
    Observation;

    /// In microseconds; 0 logs every command, -1 none.
    "slowlog-log-slower-than" || "commandlog-execution-slower-than" =>
        slowlog_log_slower_than: i64 = 10000, number(-1, LONG);
    "slowlog-max-len" || "commandlog-slow-execution-max-len" {CommandLogs} =>
        slowlog_max_len: usize = 128, COUNT;
    /// In bytes; 0 logs every request, -1 none.
    "commandlog-request-larger-than" [HIDDEN] =>
        commandlog_request_larger_than: i64 = 1 << 20, number(-1, LONG);
    "commandlog-large-request-max-len" [HIDDEN] {CommandLogs} =>
        commandlog_large_request_max_len: usize = 128, COUNT;
    /// In bytes; 0 logs every reply, -1 none.
    "commandlog-reply-larger-than" [HIDDEN] =>
        commandlog_reply_larger_than: i64 = 1 << 20, number(-1, LONG);
    "commandlog-large-reply-max-len" [HIDDEN] {CommandLogs} =>
        commandlog_large_reply_max_len: usize = 128, COUNT;
    /// In milliseconds; 0 watches nothing.
    "latency-monitor-threshold" => latency_monitor_threshold: u64 = 0, COUNT;
    "latency-tracking" => latency_tracking: bool = true;
    "latency-tracking-info-percentiles" => latency_tracking_info_percentiles: Vec<f64> =
        vec![50.0, 99.0, 99.9];
    "notify-keyspace-events" => notify_keyspace_events: KeyspaceEvents = KeyspaceEvents::NONE;
}
