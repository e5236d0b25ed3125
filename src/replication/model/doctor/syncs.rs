//! Full syncs: what they cost, and why there are so many.

use super::facts::{Facts, MemoryFacts, recent};
use super::figures::{bytes, bytes_rounded_up, time, times};
use crate::replication::model::journal::{Cause, Event, Happening, Side};

/// So many full syncs of one peer are more than bad luck.
const REPEATED: usize = 3;
/// A file that is written for longer holds a replica up.
const LONG_PREPARATION_MILLIS: i64 = 2000;

pub fn dropped_replicas(facts: &Facts<'_>) -> Vec<String> {
    let count = recent(facts)
        .filter(|event| event.what == Happening::Disconnected(Cause::OverOutputLimit))
        .count();
    if count == 0 {
        return Vec::new();
    }
    let output = match facts.output_limit_bytes {
        0 => "without a hard limit".to_owned(),
        limit => bytes(limit as f64),
    };
    let what = match facts.is_output_limit_default {
        true => format!(
            "raise repl-memory-limit (now {}), or client-output-buffer-limit replica (now {output}) \
             for those that stood still",
            bytes(facts.memory.limit_bytes as f64)
        ),
        false => format!("raise client-output-buffer-limit replica (now {output})"),
    };
    vec![format!(
        "Replicas were dropped {} for leaving too much unread, and each may begin a full sync anew: \
         {what}, or look at why they read slowly.",
        times(count),
    )]
}

/// What is written during a full sync waits in memory.
pub fn small_memory_limit(facts: &Facts<'_>) -> Vec<String> {
    let MemoryFacts { limit_bytes, throttles, .. } = facts.memory;
    let Some(longest) = longest_full_sync(facts) else { return Vec::new() };
    let needed = facts.stream_bytes_per_second * longest as f64 / 1000.0;
    let (room, what) = match throttles {
        true => (limit_bytes / 2, "half of it writers are slowed"),
        false => (limit_bytes, "it the replica is dropped, and begins anew"),
    };
    if needed <= room as f64 {
        return Vec::new();
    }
    vec![format!(
        "A full sync took {}, in which your writes make {} ({} a second now), and repl-memory-limit \
         is {}: from {what}. Set it to at least {}.",
        time(longest as f64),
        bytes(needed),
        bytes(facts.stream_bytes_per_second),
        bytes(limit_bytes as f64),
        bytes_rounded_up(needed * 2.0)
    )]
}

/// Of those that we sent, in milliseconds.
fn longest_full_sync(facts: &Facts<'_>) -> Option<i64> {
    let done = recent(facts)
        .filter(|event| event.side == Side::Master && event.what == Happening::FullSyncDone);
    done.filter_map(|event| event.duration_millis).max()
}

pub fn repeated_full_syncs(facts: &Facts<'_>) -> Vec<String> {
    let full = |event: &&Event| matches!(event.what, Happening::FullSync(_));
    let mut peers: Vec<(Side, &str)> =
        recent(facts).filter(full).map(|event| (event.side, event.peer.as_str())).collect();
    peers.sort_by_key(|(side, peer)| (side.name(), *peer));
    let counts = peers.chunk_by(|a, b| a == b).filter(|chunk| chunk.len() >= REPEATED);
    let say = |chunk: &[(Side, &str)]| {
        let &(side, peer) = chunk.first()?;
        let last =
            recent(facts).filter(full).filter(|e| e.side == side && e.peer == peer).last()?;
        let (subject, count) = (if side == Side::Master { "took" } else { "sent" }, chunk.len());
        let advice = match last.what {
            Happening::FullSync(Cause::NothingToContinue) => {
                "it asks for everything each time, as one does that starts without its data"
            }
            Happening::FullSync(Cause::UnknownHistory) => {
                "it follows another history than this one: does a restarted master lose its own \
                 (save it), or does something write to several masters?"
            }
            Happening::FullSync(Cause::NoBacklog) => {
                "there was no backlog when it came back: raise repl-backlog-ttl"
            }
            Happening::FullSync(Cause::OffsetNotHeld) => {
                "what it lacked had left the backlog (repl-backlog-size)"
            }
            Happening::FullSync(Cause::BeyondSharedHistory) => {
                "it had more of the old history than the server that was promoted"
            }
            _ => "REPLICATION HISTORY there, or its log, says why",
        };
        Some(format!("{peer} {subject} {count} full syncs in a day; of the last one: {advice}."))
    };
    counts.filter_map(say).collect()
}

/// With a file in between a replica waits for all of it before it gets the first byte.
pub fn slow_file(facts: &Facts<'_>) -> Vec<String> {
    if facts.is_diskless {
        return Vec::new();
    }
    let long = |millis: &i64| *millis >= LONG_PREPARATION_MILLIS;
    let Some(longest) = longest_full_sync(facts).filter(long) else { return Vec::new() };
    vec![format!(
        "A full sync took {} by way of a file, which is written before its first byte is sent: set \
         repl-diskless-sync to yes.",
        time(longest as f64)
    )]
}
