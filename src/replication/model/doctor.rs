//! What is wrong with replication here, in sentences, and which directive changes it: from measured
//! facts ([`Facts`]) and from what happened ([`super::journal`]).

mod backlog;
mod facts;
mod figures;
mod links;
mod syncs;
mod writes;

pub use self::facts::{
    Facts, ForwardingFacts, LostDataFacts, MasterFacts, MemoryFacts, QuorumFacts, ReplicaFacts,
    Slowed,
};

use self::figures::{bytes, time};

/// Pings alone need no backlog.
const RATE_SHOWN: f64 = 1000.0;

/// Of each check, what costs most first.
const CHECKS: &[fn(&Facts<'_>) -> Vec<String>] = &[
    links::wipe_guard,
    links::lost_data,
    links::no_master_link,
    writes::too_few_replicas,
    writes::unreachable_quorum,
    writes::late_quorum,
    writes::slowed_writers,
    writes::failed_forwards,
    writes::open_forwarding,
    backlog::lost_backlog,
    backlog::outages_near_the_backlog,
    syncs::dropped_replicas,
    syncs::small_memory_limit,
    syncs::repeated_full_syncs,
    links::timeouts,
    links::slow_replicas,
    syncs::slow_file,
    writes::writable_replica,
];

/// The whole report.
pub fn report(facts: &Facts<'_>) -> String {
    let findings = findings(facts);
    let mut text = String::new();
    match findings.len() {
        0 => text += "Replication is well. ",
        1 => text += "One thing stands out. ",
        n => text += &format!("{n} things stand out. "),
    }
    text += &summary(facts);
    text.push('\n');
    for (i, finding) in findings.iter().enumerate() {
        text += &format!("\n{}. {finding}\n", i + 1);
    }
    text
}

fn summary(facts: &Facts<'_>) -> String {
    let rate = facts.stream_bytes_per_second;
    let replicas = match facts.replicas.len() {
        0 => "No replica follows.".to_owned(),
        1 => "One replica follows.".to_owned(),
        n => format!("{n} replicas follow."),
    };
    let backlog = match rate {
        rate if rate >= RATE_SHOWN => format!(
            " A backlog of {} covers {} of your writes ({} a second).",
            bytes(facts.backlog_bytes as f64),
            time(facts.backlog_bytes as f64 / rate * 1000.0),
            bytes(rate)
        ),
        _ => String::new(),
    };
    replicas + &backlog
}

/// Each a sentence or two.
pub fn findings(facts: &Facts<'_>) -> Vec<String> {
    CHECKS.iter().flat_map(|check| check(facts)).collect()
}

#[cfg(test)]
mod tests;
