//! What is wrong with replication here, in sentences, and which directive changes it: from measured
//! facts and from what happened ([`super::journal`]).

use crate::base::offset;
use crate::base::time::UnixMillis;
use crate::replication::model::journal::{Cause, Event, Happening, Journal, Side};
use crate::replication::model::lag::Lag;
use crate::replication::model::psync::Held;

/// What happened longer ago says nothing of now.
const RECENT_MILLIS: i64 = 24 * 3600 * 1000;
/// So many full syncs of one peer are more than bad luck.
const REPEATED: usize = 3;
/// A replica that is so far behind is slow.
const SLOW_MILLIS: i64 = 1000;
/// A backlog is to cover so many times the longest outage.
const MARGIN: f64 = 2.0;
/// Pings alone need no backlog.
const RATE_SHOWN: f64 = 1000.0;
/// A file that is written for longer holds a replica up.
const LONG_PREPARATION_MILLIS: i64 = 2000;

/// What the doctor looks at.
#[derive(Debug)]
pub struct Facts<'a> {
    pub now: UnixMillis,
    pub journal: &'a Journal,
    /// `Some`: we follow a master.
    pub master: Option<MasterFacts>,
    pub replicas: Vec<ReplicaFacts>,
    /// `repl-backlog-size`, and what the stream takes a second.
    pub backlog_bytes: u64,
    pub stream_bytes_per_second: f64,
    pub repl_timeout_seconds: u64,
    pub is_diskless: bool,
    /// `client-output-buffer-limit replica`: the hard one, 0 for none.
    pub output_limit_bytes: u64,
    /// `min-replicas-to-write`, and how many there are that count.
    pub replicas_to_write: usize,
    pub good_replicas: usize,
    pub max_lag_seconds: u64,
}

#[derive(Debug)]
pub struct MasterFacts {
    pub name: String,
    pub is_up: bool,
    /// `None`: it never was up.
    pub down_millis: Option<i64>,
    pub is_syncing: bool,
    pub is_read_only: bool,
    /// In a row, by `replica-wipe-guard`.
    pub refused_syncs: u32,
    /// Came and is not applied.
    pub lag_bytes: u64,
    pub lag_millis: i64,
}

#[derive(Debug)]
pub struct ReplicaFacts {
    pub name: String,
    pub lag: Option<Lag>,
}

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

/// Each a sentence or two, what costs most first.
pub fn findings(facts: &Facts<'_>) -> Vec<String> {
    let checks: [fn(&Facts<'_>) -> Vec<String>; 11] = [
        wipe_guard,
        no_master_link,
        unreachable_quorum,
        lost_backlog,
        outages_near_the_backlog,
        output_limit,
        repeated_full_syncs,
        timeouts,
        slow_replicas,
        slow_file,
        writable_replica,
    ];
    checks.iter().flat_map(|check| check(facts)).collect()
}

fn recent<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = &'a Event> {
    facts.journal.iter().filter(|event| facts.now - event.at <= RECENT_MILLIS)
}

fn wipe_guard(facts: &Facts<'_>) -> Vec<String> {
    let refused = facts.master.as_ref().filter(|master| master.refused_syncs > 0);
    let say = |master: &MasterFacts| {
        format!(
            "{} full syncs of {} were refused: it offers next to nothing for the data here, as a \
             master does that was started without its own. This server goes on serving what it \
             has, and does not follow. If the master is right, 'REPLICAOF host port FORCE' takes \
             its data; to let such syncs in always, set replica-wipe-guard to 0.",
            master.refused_syncs, master.name
        )
    };
    refused.map(say).into_iter().collect()
}

fn no_master_link(facts: &Facts<'_>) -> Vec<String> {
    let down = facts.master.as_ref().filter(|master| !master.is_up && !master.is_syncing);
    let say = |master: &MasterFacts| {
        let since = match master.down_millis {
            Some(millis) => format!("for {}", time(millis as f64)),
            None => "and never was up".to_owned(),
        };
        let last = recent(facts).filter(|event| event.side == Side::Replica).last();
        let why = match last.map(|event| event.what) {
            Some(Happening::NotConnected(Cause::RefusedByMaster)) => {
                " It does not serve this server now: it may be loading, have no link to its own \
                 master, or want another masteruser and masterauth; the log has its answer."
            }
            Some(Happening::NotConnected(_)) => {
                " It cannot be connected to: look at its address, its port and the network."
            }
            Some(Happening::Disconnected(Cause::ProtocolError)) => {
                " What it sent was no stream of replication."
            }
            _ => " REPLICATION HISTORY shows what happened to it.",
        };
        format!("The link to the master {} is down {since}.{why}", master.name)
    };
    down.map(say).into_iter().collect()
}

fn unreachable_quorum(facts: &Facts<'_>) -> Vec<String> {
    let Facts { replicas_to_write: wanted, good_replicas: good, .. } = *facts;
    if facts.master.is_some() || wanted == 0 || facts.max_lag_seconds == 0 || good >= wanted {
        return Vec::new();
    }
    let most = facts.replicas.len();
    let why = match most < wanted {
        true => format!("only {most} follow"),
        false => format!("the others were not heard of for {} seconds", facts.max_lag_seconds),
    };
    vec![format!(
        "Writes are refused: min-replicas-to-write asks for {wanted} replicas and {good} count, \
         since {why}. Bring replicas back, or lower min-replicas-to-write{}.",
        if most < wanted { "" } else { " or raise min-replicas-max-lag" }
    )]
}

/// One that was away for longer than the backlog holds, and so had to take everything.
struct Missed {
    peer: String,
    bytes: f64,
    /// How long it was away, when we know.
    away_millis: Option<i64>,
}

impl Missed {
    fn of(event: &Event, before: &[&Event]) -> Option<Missed> {
        let (asked, Held { end, .. }) = (event.asked?, event.held?);
        // One that asks for more than there is missed nothing of ours.
        let has = offset::taken(asked).map(offset::position_before)?;
        let bytes = end.checked_sub(has).filter(|&missed| missed > 0)? as f64;
        let left = before.iter().rev().find(|earlier| {
            earlier.peer == event.peer && matches!(earlier.what, Happening::Disconnected(_))
        });
        // One that was dropped for what it left unread had begun to miss before that.
        let left = left.filter(|left| left.what != Happening::Disconnected(Cause::OverOutputLimit));
        let away_millis = left.map(|left| (event.at - left.at).max(0));
        Some(Missed { peer: event.peer.clone(), bytes, away_millis })
    }
}

fn missed(facts: &Facts<'_>, what: fn(&Event) -> bool) -> Vec<Missed> {
    let events: Vec<&Event> = recent(facts).filter(|event| event.side == Side::Master).collect();
    let indexed = events.iter().enumerate().filter(|(_, event)| what(event));
    indexed.filter_map(|(i, event)| Missed::of(event, events.get(..i)?)).collect()
}

fn worst(all: Vec<Missed>) -> Option<(usize, Missed)> {
    let count = all.len();
    let worst = all.into_iter().max_by(|a, b| a.bytes.total_cmp(&b.bytes))?;
    Some((count, worst))
}

fn lost_backlog(facts: &Facts<'_>) -> Vec<String> {
    let all = missed(facts, |e| e.what == Happening::FullSync(Cause::OffsetNotHeld));
    let Some((count, worst)) = worst(all) else { return Vec::new() };
    let needed = bytes_rounded_up(worst.bytes * MARGIN);
    if (facts.backlog_bytes as f64) >= worst.bytes * MARGIN {
        // It was made larger since.
        return Vec::new();
    }
    let covers = match worst.away_millis {
        Some(away) if away > 0 => {
            let rate = worst.bytes / away as f64;
            let covered = time(facts.backlog_bytes as f64 / rate);
            let away = time(away as f64);
            format!("covers {covered} of such writes; the outage took {away}")
        }
        _ => "was not enough".to_owned(),
    };
    vec![format!(
        "Replicas that came back could not continue ({}), at worst {} which missed {}: a backlog of \
         {} {covers}. Set repl-backlog-size to at least {needed}.",
        times(count),
        worst.peer,
        bytes(worst.bytes),
        bytes(facts.backlog_bytes as f64),
    )]
}

fn outages_near_the_backlog(facts: &Facts<'_>) -> Vec<String> {
    let all = missed(facts, |e| e.what == Happening::PartialSync);
    let size = facts.backlog_bytes as f64;
    let Some((_, worst)) = worst(all).filter(|(_, worst)| worst.bytes * MARGIN > size) else {
        return Vec::new();
    };
    vec![format!(
        "{} came back having missed {} of a backlog of {}: an outage that lasts a little longer \
         costs a full sync. Set repl-backlog-size to at least {}.",
        worst.peer,
        bytes(worst.bytes),
        bytes(size),
        bytes_rounded_up(worst.bytes * MARGIN)
    )]
}

fn output_limit(facts: &Facts<'_>) -> Vec<String> {
    let count = recent(facts)
        .filter(|event| event.what == Happening::Disconnected(Cause::OverOutputLimit))
        .count();
    if count == 0 {
        return Vec::new();
    }
    vec![format!(
        "Replicas were dropped {} for leaving too much unread, and each may begin a full sync anew: \
         raise client-output-buffer-limit replica (now {}), or look at why they read slowly.",
        times(count),
        match facts.output_limit_bytes {
            0 => "without a hard limit".to_owned(),
            limit => bytes(limit as f64),
        }
    )]
}

fn repeated_full_syncs(facts: &Facts<'_>) -> Vec<String> {
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

fn timeouts(facts: &Facts<'_>) -> Vec<String> {
    let late = |event: &&Event| event.what == Happening::Disconnected(Cause::TimedOut);
    let count = recent(facts).filter(late).count();
    let Some(last) = recent(facts).filter(late).last() else { return Vec::new() };
    vec![format!(
        "Links were given up {} after repl-timeout ({} s) of silence, the last one that of {}. If \
         its loads or its writes take longer than that, raise repl-timeout on both sides; else look \
         at the network.",
        times(count),
        facts.repl_timeout_seconds,
        last.peer
    )]
}

fn slow_replicas(facts: &Facts<'_>) -> Vec<String> {
    let slow = facts.replicas.iter().filter_map(|replica| {
        let lag = replica.lag.filter(|lag| lag.applied_millis >= SLOW_MILLIS)?;
        let behind = format!(
            "{} is {} and {} behind",
            replica.name,
            time(lag.applied_millis as f64),
            bytes(lag.bytes as f64)
        );
        Some(match lag.received_millis {
            Some(received) if received * 2 < lag.applied_millis => format!(
                "{behind}, but only {} in what it has received: it applies more slowly than you \
                 write. Look at its CPU and for slow commands there (SLOWLOG).",
                time(received as f64)
            ),
            Some(_) => format!(
                "{behind}, and has not received that: the network between is slower than your \
                 writes, or it was stopped."
            ),
            None => format!("{behind}, as far as its acknowledgements of each second tell."),
        })
    });
    let mut found: Vec<String> = slow.collect();
    if let Some(master) = facts.master.as_ref().filter(|m| m.is_up && m.lag_millis >= SLOW_MILLIS) {
        found.push(format!(
            "{} of the master's stream came up to {} ago and are not applied yet: this server \
             applies more slowly than its master writes.",
            bytes(master.lag_bytes as f64),
            time(master.lag_millis as f64)
        ));
    }
    found
}

/// With a file in between a replica waits for all of it before it gets the first byte.
fn slow_file(facts: &Facts<'_>) -> Vec<String> {
    if facts.is_diskless {
        return Vec::new();
    }
    let done = recent(facts)
        .filter(|event| event.side == Side::Master && event.what == Happening::FullSyncDone);
    let longest = done.filter_map(|event| event.duration_millis).max();
    let Some(longest) = longest.filter(|&millis| millis >= LONG_PREPARATION_MILLIS) else {
        return Vec::new();
    };
    vec![format!(
        "A full sync took {} by way of a file, which is written before its first byte is sent: set \
         repl-diskless-sync to yes.",
        time(longest as f64)
    )]
}

fn writable_replica(facts: &Facts<'_>) -> Vec<String> {
    let writable = facts.master.as_ref().filter(|master| !master.is_read_only);
    let say = |_: &MasterFacts| {
        "This replica takes writes, which its master never hears of and which the next full sync \
         takes away: set replica-read-only to yes."
            .to_owned()
    };
    writable.map(say).into_iter().collect()
}

// --- figures for people -------------------------------------------------------------------------

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{n} times"),
    }
}

fn bytes(count: f64) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "KB")];
    match units.into_iter().find(|(unit, _)| count >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", count / unit),
        None => format!("{count:.0} bytes"),
    }
}

/// As a directive takes it: whole megabytes.
fn bytes_rounded_up(count: f64) -> String {
    format!("{}mb", (count / f64::from(1 << 20)).ceil().max(1.0))
}

fn time(millis: f64) -> String {
    match millis {
        ms if ms < 1000.0 => format!("{ms:.0} ms"),
        ms if ms < 120_000.0 => format!("{:.1} s", ms / 1000.0),
        ms if ms < 7_200_000.0 => format!("{:.0} minutes", ms / 60_000.0),
        ms => format!("{:.0} hours", ms / 3_600_000.0),
    }
}

#[cfg(test)]
mod tests;
