//! Whether the backlog is as large as outages are long.

use super::facts::{Facts, recent};
use super::figures::{bytes, bytes_rounded_up, time, times};
use crate::base::offset;
use crate::replication::model::journal::{Cause, Event, Happening, Side};
use crate::replication::model::psync::Held;

/// A backlog is to cover so many times the longest outage.
const MARGIN: f64 = 2.0;

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

pub fn lost_backlog(facts: &Facts<'_>) -> Vec<String> {
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

pub fn outages_near_the_backlog(facts: &Facts<'_>) -> Vec<String> {
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
