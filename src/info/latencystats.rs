//! How long the calls of each command take, by percentile.

use super::facts::Facts;
use super::row::{Row, Section};
use super::value::Value;
use crate::config::value::percentiles;
use crate::telemetry::histogram::Histogram;

pub(super) const SECTION: Section = Section {
    name: "latencystats",
    title: "Latencystats",
    is_default: false,
    rows: &[Row::Several(durations)],
    ..Section::DEFAULT
};

fn durations(facts: &Facts<'_>, show: &mut dyn FnMut(&str, Value)) {
    let config = &facts.server.config;
    if !config.observation.latency_tracking {
        return;
    }
    for (row, calls) in facts.server.stats.calls.iter().enumerate() {
        if !calls.durations.is_empty() {
            let name = format!("latency_percentiles_usec_{}", facts.commands.full_name(row));
            let line =
                line(&calls.durations, &config.observation.latency_tracking_info_percentiles);
            show(&name, line.into());
        }
    }
}

/// `p50=1.003,p99=4.015`, in microseconds.
fn line(durations: &Histogram, percentiles: &[f64]) -> String {
    let of = |&percentile: &f64| {
        let micros = durations.percentile_nanos(percentile) as f64 / 1000.0;
        format!("p{}={micros:.3}", percentiles::trimmed(percentile))
    };
    percentiles.iter().map(of).collect::<Vec<_>>().join(",")
}
