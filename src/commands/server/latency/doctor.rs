//! `LATENCY DOCTOR`

use std::fmt::Write;

use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::Group;
use crate::commands::error::Outcome;
use crate::config::Config;
use crate::telemetry::latency::Event;

pub const DOCTOR: Command = Command::new("doctor", 2, doctor)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale])
    .tips(&["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"])
    .docs(Group::Server, "2.8.13", "Return a human readable latency analysis report.");

fn doctor(call: &mut Call<'_>) -> Outcome {
    let report = report(call);
    call.reply.verbatim("txt", report.as_bytes());
    Ok(())
}

fn report(call: &Call<'_>) -> String {
    let config = &call.server.config;
    let events: Vec<_> = call.server.latency.iter().collect();
    if events.is_empty() && config.observation.latency_monitor_threshold == 0 {
        return "Spikes are not watched for. CONFIG SET latency-monitor-threshold <milliseconds> \
                begins to watch for what takes at least that long.\n"
            .to_owned();
    }
    if events.is_empty() {
        return "No spike was seen.\n".to_owned();
    }
    let mut report = "Spikes were seen:\n\n".to_owned();
    let mut advice: Vec<String> = Vec::new();
    for (name, event) in events {
        push_summary(&mut report, name, event, call.now() / 1000);
        for line in advice_on(name, config) {
            if !advice.contains(&line) {
                advice.push(line);
            }
        }
    }
    report.push_str("\nWhat may help:\n\n");
    advice.iter().for_each(|line| report.push_str(&format!("- {line}\n")));
    report
}

fn push_summary(report: &mut String, name: &str, event: &Event, now_seconds: i64) {
    let count = event.samples.len().max(1) as u64;
    let millis = || event.samples.iter().map(|&(_, millis)| millis);
    let average = millis().sum::<u64>() / count;
    let deviation = millis().map(|m| m.abs_diff(average)).sum::<u64>() / count;
    let first = event.samples.front().map_or(now_seconds, |&(seconds, _)| seconds);
    let period = (now_seconds - first).max(1) as f64 / count as f64;
    let written = writeln!(
        report,
        "{name}: {count} spikes, {average} ms on average, {deviation} ms mean deviation, \
         one every {period:.2} s, the worst {} ms",
        event.max_millis
    );
    debug_assert!(written.is_ok(), "a String takes everything");
}

fn advice_on(event: &str, config: &Config) -> Vec<String> {
    if event == "fast-command" {
        return vec![
            "Commands that are always quick were not: the machine gave the server too little CPU \
             time. Lower its load, give the server a machine of its own, and measure with \
             redis-cli --intrinsic-latency 100."
                .to_owned(),
        ];
    }
    let threshold_micros = config.observation.latency_monitor_threshold.saturating_mul(1000);
    let sees_less = config.observation.slowlog_log_slower_than < 0
        || config.observation.slowlog_log_slower_than as u64 > threshold_micros;
    let mut advice = vec!["SLOWLOG GET shows which commands took that long.".to_owned()];
    if sees_less {
        advice.push(format!(
            "The slow log misses some of them: CONFIG SET slowlog-log-slower-than \
             {threshold_micros}."
        ));
    }
    advice
}
