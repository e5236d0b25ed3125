//! The links: to our master and to those who follow us.

use super::facts::{Facts, LostDataFacts, MasterFacts, recent};
use super::figures::{bytes, time, times};
use crate::replication::model::journal::{Cause, Event, Happening, Side};

/// A replica that is so far behind is slow.
const SLOW_MILLIS: i64 = 1000;

pub fn wipe_guard(facts: &Facts<'_>) -> Vec<String> {
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

pub fn lost_data(facts: &Facts<'_>) -> Vec<String> {
    let say = |lost: &LostDataFacts| {
        format!(
            "This server found no data to load when it started, and {} came from a history that is \
             not known here, of which it had {}: the data may be lost (dir, dbfilename, save). Who \
             takes a full sync gets the {} keys that are here now. Restore the file, or promote a \
             replica that has the data and make this server follow it.",
            lost.replica,
            bytes(lost.known_bytes as f64),
            lost.keys
        )
    };
    facts.lost_data.iter().map(say).collect()
}

pub fn no_master_link(facts: &Facts<'_>) -> Vec<String> {
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

pub fn timeouts(facts: &Facts<'_>) -> Vec<String> {
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

pub fn slow_replicas(facts: &Facts<'_>) -> Vec<String> {
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
