//! How often each command was called, and how long that took.

use super::facts::Facts;
use super::row::{Row, Section};
use super::value::Value;
use crate::telemetry::stats::CallStats;

pub(super) const SECTION: Section = Section {
    name: "commandstats",
    title: "Commandstats",
    is_default: false,
    rows: &[Row::Several(calls)],
    ..Section::DEFAULT
};

fn calls(facts: &Facts<'_>, show: &mut dyn FnMut(&str, Value)) {
    for (row, calls) in facts.server.stats.calls.iter().enumerate() {
        if !calls.is_empty() {
            show(&format!("cmdstat_{}", facts.commands.full_name(row)), line(calls).into());
        }
    }
}

fn line(stats: &CallStats) -> String {
    let CallStats { calls, time_nanos, rejected, failed, .. } = stats;
    let micros = time_nanos / 1000;
    let per_call = if *calls == 0 { 0.0 } else { micros as f64 / *calls as f64 };
    format!(
        "calls={calls},usec={micros},usec_per_call={per_call:.2},\
         rejected_calls={rejected},failed_calls={failed}"
    )
}
