//! What happened to the links of replication, newest last: `REPLICATION HISTORY` lists it, and the
//! doctor ([`super::doctor`]) reads it.

use std::collections::VecDeque;

use crate::base::offset::Offset;
use crate::base::time::UnixMillis;
use crate::replication::model::psync::{FullSyncReason, Held};

/// Which end of the link we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The peer follows us.
    Master,
    /// We follow the peer.
    Replica,
}

impl Side {
    pub fn name(self) -> &'static str {
        match self {
            Side::Master => "master",
            Side::Replica => "replica",
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    Connected,
    /// The master could not be reached, or the two did not come to terms.
    NotConnected(Cause),
    Disconnected(Cause),
    /// The stream goes on where the replica was.
    PartialSync,
    /// Everything is sent, for this reason; then it was taken.
    FullSync(Cause),
    FullSyncDone,
    /// `replica-wipe-guard` kept what was here.
    SyncRefused,
    RoleChanged,
}

impl Happening {
    pub fn name(self) -> &'static str {
        match self {
            Happening::Connected => "connect",
            Happening::NotConnected(_) => "connect-failed",
            Happening::Disconnected(_) => "disconnect",
            Happening::PartialSync => "partial-sync",
            Happening::FullSync(_) => "full-sync",
            Happening::FullSyncDone => "full-sync-done",
            Happening::SyncRefused => "sync-refused",
            Happening::RoleChanged => "role-change",
        }
    }

    /// Empty where the name says it all.
    pub fn cause(self) -> &'static str {
        match self {
            Happening::NotConnected(cause)
            | Happening::Disconnected(cause)
            | Happening::FullSync(cause) => cause.text(),
            Happening::SyncRefused => "replica-wipe-guard",
            _ => "",
        }
    }
}

/// Why a link ended, or a partial sync was not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Unreachable,
    /// Its answers in the handshake say that it does not serve us now.
    RefusedByMaster,
    ClosedByPeer,
    TimedOut,
    OverOutputLimit,
    Killed,
    /// Ours or the master's history got another name or place, or we follow somebody else.
    RoleChange,
    ProtocolError,
    TransferFailed,
    /// What it was to get could not be read from the disk.
    LogUnreadable,
    DatasetRefused,
    /// It wanted the snapshot and nothing else.
    SnapshotTaken,
    /// The replica has nothing to continue from.
    NothingToContinue,
    UnknownHistory,
    BeyondSharedHistory,
    OffsetNotHeld,
    NoBacklog,
    /// What had come to the replica was not what it was sent.
    ArrivedChanged,
    /// The master did not say why.
    MasterGaveAll,
}

impl Cause {
    /// Why a partial sync was not possible with what is held.
    pub fn of_full_sync(reason: FullSyncReason, held: Option<Held>) -> Cause {
        match reason {
            FullSyncReason::Requested => Cause::NothingToContinue,
            FullSyncReason::UnknownHistory => Cause::UnknownHistory,
            FullSyncReason::BeyondSecondId => Cause::BeyondSharedHistory,
            FullSyncReason::Changed => Cause::ArrivedChanged,
            FullSyncReason::NotHeld if held.is_none() => Cause::NoBacklog,
            FullSyncReason::NotHeld => Cause::OffsetNotHeld,
        }
    }

    pub fn text(self) -> &'static str {
        match self {
            Cause::Unreachable => "unreachable",
            Cause::RefusedByMaster => "refused by the master",
            Cause::ClosedByPeer => "closed by peer",
            Cause::TimedOut => "timeout",
            Cause::OverOutputLimit => "output buffer limit",
            Cause::Killed => "killed",
            Cause::RoleChange => "role or history changed",
            Cause::ProtocolError => "protocol error",
            Cause::TransferFailed => "transfer failed",
            Cause::LogUnreadable => "log unreadable",
            Cause::DatasetRefused => "data set refused",
            Cause::SnapshotTaken => "snapshot taken",
            Cause::NothingToContinue => "nothing to continue from",
            Cause::UnknownHistory => "other replication id",
            Cause::BeyondSharedHistory => "beyond the shared history",
            Cause::OffsetNotHeld => "offset not in the backlog",
            Cause::NoBacklog => "no backlog",
            Cause::ArrivedChanged => "the stream arrived changed",
            Cause::MasterGaveAll => "the master did not continue",
        }
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub at: UnixMillis,
    pub side: Side,
    /// `host:port`
    pub peer: String,
    pub what: Happening,
    /// The number of the first byte that the replica wanted.
    pub asked: Option<Offset>,
    /// What the backlog held then.
    pub held: Option<Held>,
    /// Of the link, or of the sync.
    pub duration_millis: Option<i64>,
    /// Sent to, or read from, the peer.
    pub bytes: u64,
    /// How often it happened in a row, the last time at `at`.
    pub times: u64,
}

impl Event {
    pub fn new(at: UnixMillis, side: Side, peer: impl Into<String>, what: Happening) -> Event {
        let (asked, held, duration_millis) = (None, None, None);
        let peer = peer.into();
        Event { at, side, peer, what, asked, held, duration_millis, bytes: 0, times: 1 }
    }

    pub fn asked(self, asked: Option<Offset>, held: Option<Held>) -> Event {
        Event { asked, held, ..self }
    }

    pub fn took(self, duration_millis: i64, bytes: u64) -> Event {
        Event { duration_millis: Some(duration_millis.max(0)), bytes, ..self }
    }

    /// What comes each second for as long as nothing changes is one entry.
    fn repeats(&self, before: &Event) -> bool {
        let comes_often = matches!(self.what, Happening::NotConnected(_));
        let same = self.side == before.side && self.peer == before.peer;
        comes_often && same && self.what == before.what
    }
}

/// The newest events.
#[derive(Debug, Default)]
pub struct Journal {
    events: VecDeque<(u64, Event)>,
    next_id: u64,
}

impl Journal {
    /// Adds one, and keeps `max` at most.
    pub fn add(&mut self, event: Event, max: usize) {
        match self.events.back_mut() {
            Some((_, last)) if event.repeats(last) => {
                *last = Event { times: last.times + 1, ..event };
            }
            _ => {
                self.events.push_back((self.next_id, event));
                self.next_id += 1;
            }
        }
        self.limit_to(max);
    }

    /// Forgets the oldest beyond `max`.
    pub fn limit_to(&mut self, max: usize) {
        self.events.drain(..self.events.len().saturating_sub(max));
    }

    pub fn len(&self) -> usize {
        self.events.len()
    }

    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// With their numbers, newest first.
    pub fn newest(&self) -> impl Iterator<Item = &(u64, Event)> {
        self.events.iter().rev()
    }

    /// Oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().map(|(_, event)| event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at: UnixMillis, what: Happening) -> Event {
        Event::new(at, Side::Replica, "h:1", what)
    }

    #[test]
    fn the_oldest_go_and_the_numbers_go_on() {
        let mut journal = Journal::default();
        for at in 0..5 {
            journal.add(event(at, Happening::Connected), 3);
        }
        let kept: Vec<(u64, i64)> = journal.newest().map(|(id, event)| (*id, event.at)).collect();
        assert_eq!(kept, [(4, 4), (3, 3), (2, 2)]);
        journal.limit_to(1);
        assert_eq!(journal.iter().map(|event| event.at).collect::<Vec<_>>(), [4]);
        journal.add(event(9, Happening::PartialSync), 3);
        assert_eq!(journal.newest().next().map(|(id, _)| *id), Some(5));
        journal.add(event(10, Happening::PartialSync), 0);
        assert!(journal.is_empty());
    }

    #[test]
    fn attempts_that_fail_again_and_again_push_nothing_else_out() {
        let mut journal = Journal::default();
        journal.add(event(0, Happening::Disconnected(Cause::TimedOut)), 3);
        for at in 1..100 {
            journal.add(event(at, Happening::NotConnected(Cause::Unreachable)), 3);
        }
        journal.add(event(100, Happening::Connected), 3);
        let times: Vec<(i64, u64)> = journal.iter().map(|event| (event.at, event.times)).collect();
        assert_eq!(times, [(0, 1), (99, 99), (100, 1)]);
    }

    #[test]
    fn no_backlog_and_an_offset_that_left_it_are_told_apart() {
        let held = Some(Held { start: 5, end: 9 });
        assert_eq!(Cause::of_full_sync(FullSyncReason::NotHeld, held), Cause::OffsetNotHeld);
        assert_eq!(Cause::of_full_sync(FullSyncReason::NotHeld, None), Cause::NoBacklog);
    }
}
