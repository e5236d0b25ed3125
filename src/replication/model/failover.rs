//! A master that hands its place to one of its replicas, as FAILOVER asks for.
//!
//! ```text
//!               begin                      look: it has acknowledged all,
//!  no-failover ───────► waiting-for-sync ─────────────────────────────────► failover-in-progress
//!       ▲                writes wait      or its time is over and FORCE      we follow it, and ask
//!       │                    │                                               by PSYNC ... FAILOVER
//!       │ abort, time over   │                                                       │
//!       ├────────────────────┘                                                       │
//!       ├──────── answered: it continues us, or gives us everything ◄────────────────┤
//!       └──────── abort, or it refuses: we are a master again ◄──────────────────────┘
//! ```
//!
//! A connection that ends before the answer is none: the target may have taken over already. It is
//! asked again, and one that has is followed, also when it has handed over to a third one since. Who aborts at that moment has two masters: the target
//! may have been asked just before.
//!
//! Clients' writes wait from `begin` until the state is `no-failover` again: nothing is added to the
//! stream meanwhile, so that a replica which has acknowledged its end has all of it.

#[cfg(test)]
mod network;

use std::fmt;

use crate::base::ids::ReplId;
use crate::base::offset::{self, Offset};
use crate::base::time::UnixMillis;
use crate::replication::model::history::History;
use crate::replication::model::lines::{self, LogLine};
use crate::replication::model::status::ReplicaStatus;

/// A replica, by the address that it has announced or comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub host: String,
    pub port: u16,
}

impl Target {
    /// Whether this replica is meant.
    pub fn is(&self, replica: &ReplicaStatus) -> bool {
        replica.about.ip == self.host && replica.about.port == self.port
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// What FAILOVER asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailoverRequest {
    /// `None`: whichever comes first.
    pub target: Option<Target>,
    /// `None`: it may take for ever.
    pub deadline: Option<UnixMillis>,
    /// At the deadline the target takes over as it is, instead of nobody.
    pub is_forced: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    None,
    WaitingForSync(FailoverRequest),
    InProgress(Target),
}

/// How far the hand-over is.
#[derive(Clone, Debug, Default)]
pub struct Failover {
    stage: Stage,
}

/// What is to be done about it now.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Follow this replica, and ask it to take over.
    Follow(Target, LogLine),
    /// Clients' writes go on here.
    GivenUp(LogLine),
}

/// A hand-over that was given up.
#[derive(Debug, PartialEq, Eq)]
pub struct Aborted {
    /// We had begun to follow the target, and are to be a master again.
    pub was_in_progress: bool,
    pub line: LogLine,
}

impl Failover {
    /// From here on writes wait. There is none under way.
    pub fn begin(&mut self, request: FailoverRequest) -> LogLine {
        assert!(!self.is_under_way(), "one at a time");
        let line = lines::failover::requested(request.target.as_ref());
        self.stage = Stage::WaitingForSync(request);
        line
    }

    pub fn is_under_way(&self) -> bool {
        self.stage != Stage::None
    }

    pub fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::WaitingForSync(_))
    }

    pub fn is_in_progress(&self) -> bool {
        matches!(self.stage, Stage::InProgress(_))
    }

    /// `master_failover_state`.
    pub fn state_name(&self) -> &'static str {
        match self.stage {
            Stage::None => "no-failover",
            Stage::WaitingForSync(_) => "waiting-for-sync",
            Stage::InProgress(_) => "failover-in-progress",
        }
    }

    /// Looks whether a replica has come far enough, or the time is over. `end`: of our stream.
    pub fn look<'a>(
        &mut self,
        now: UnixMillis,
        end: Offset,
        replicas: impl IntoIterator<Item = &'a ReplicaStatus>,
    ) -> Option<Verdict> {
        let Stage::WaitingForSync(request) = &self.stage else { return None };
        if request.deadline.is_some_and(|deadline| now >= deadline) {
            return Some(match &request.target {
                Some(target) if request.is_forced => {
                    let line = lines::failover::forced(target);
                    self.follow(target.clone(), line)
                }
                target => {
                    let line = lines::failover::aborted(target.as_ref(), NEVER_CAUGHT_UP);
                    self.stage = Stage::None;
                    Verdict::GivenUp(line)
                }
            });
        }
        let is_wanted = |replica: &ReplicaStatus| match &request.target {
            Some(target) => target.is(replica),
            None => replica.about.port != 0,
        };
        let caught_up = replicas.into_iter().find(|replica| {
            replica.is_online()
                && !replica.about.is_rdb_only
                && replica.offset == end
                && is_wanted(replica)
        })?;
        let target = Target { host: caught_up.about.ip.clone(), port: caught_up.about.port };
        let line = lines::failover::synced(&target);
        Some(self.follow(target, line))
    }

    fn follow(&mut self, target: Target, line: LogLine) -> Verdict {
        self.stage = Stage::InProgress(target.clone());
        Verdict::Follow(target, line)
    }

    /// The target has taken over.
    pub fn succeeded(&mut self) {
        self.stage = Stage::None;
    }

    /// Gives it up. `None`: there is none under way.
    pub fn abort(&mut self, reason: &str) -> Option<Aborted> {
        let (target, was_in_progress) = match std::mem::take(&mut self.stage) {
            Stage::None => return None,
            Stage::WaitingForSync(request) => (request.target, false),
            Stage::InProgress(target) => (Some(target), true),
        };
        let line = lines::failover::aborted(target.as_ref(), reason);
        Some(Aborted { was_in_progress, line })
    }
}

/// What a server that is asked to take over, by `PSYNC ... FAILOVER`, knows of itself.
#[derive(Clone, Copy, Debug)]
pub struct AskedTarget<'a> {
    pub history: &'a History,
    pub is_replica: bool,
    /// Its place in the history is that of a file, and no master has continued it since.
    pub is_of_file: bool,
    /// The masters of which histories have made it take over.
    pub taken_over: &'a [ReplId],
}

/// What it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeOver {
    /// It is the master from now on.
    Promotion,
    /// It is already, since this master asked before: who asks is a replica like any other.
    Done,
    /// It did, and has handed over since: who asks is a replica of its, whatever it has of the
    /// history by now.
    PassedOn,
    IsMaster,
    OtherHistory,
    /// It has started anew from a file that lacks what it had acknowledged when it was chosen.
    OlderFile,
}

/// Whether it takes over from the one that asks, which must be of its history. That one may be ahead:
/// then it will need everything, which is for FAILOVER with FORCE to decide.
pub fn take_over(target: &AskedTarget<'_>, replid: &[u8], wanted: i64) -> TakeOver {
    let is = |id: ReplId| replid.eq_ignore_ascii_case(id.as_bytes());
    let lacks_some = wanted > offset::wanted_byte(target.history.offset());
    let has_taken_over = target.taken_over.iter().any(|&id| is(id));
    let is_second = target.history.second().is_some_and(|second| is(second.id));
    match target.is_replica {
        true if is(target.history.id()) && target.is_of_file && lacks_some => TakeOver::OlderFile,
        true if is(target.history.id()) => TakeOver::Promotion,
        false if has_taken_over && is_second => TakeOver::Done,
        _ if has_taken_over => TakeOver::PassedOn,
        true => TakeOver::OtherHistory,
        false => TakeOver::IsMaster,
    }
}

/// Why it was given up, in the words of the log.
const NEVER_CAUGHT_UP: &str = "Replica never caught up before timeout";
pub const BY_HAND: &str = "Failover manually aborted";
pub const REFUSED: &str = "Failover target rejected psync request";

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::replication::model::progress::Progress;
    use crate::replication::model::status::AboutReplica;

    const END: Offset = 1000;

    pub(super) fn replica(port: u16, acked: Offset) -> ReplicaStatus {
        let about = AboutReplica { ip: "10.0.0.1".into(), port, is_rdb_only: false };
        let mut progress = Progress::continuing(END, 0);
        progress.acknowledge(acked, 0);
        ReplicaStatus::new(Arc::new(about), &progress, 0)
    }

    fn target(port: u16) -> Target {
        Target { host: "10.0.0.1".into(), port }
    }

    fn begun(target: Option<Target>, deadline: Option<UnixMillis>, is_forced: bool) -> Failover {
        let mut failover = Failover::default();
        failover.begin(FailoverRequest { target, deadline, is_forced });
        failover
    }

    #[test]
    fn the_first_replica_that_has_all_takes_over() {
        let mut failover = begun(None, None, false);
        assert_eq!(failover.state_name(), "waiting-for-sync");
        let behind = [replica(1, 999), replica(2, 10)];
        assert_eq!(failover.look(5, END, &behind), None);
        let Some(Verdict::Follow(chosen, line)) =
            failover.look(6, END, &[replica(1, 999), replica(2, END)])
        else {
            panic!("it has all")
        };
        assert_eq!(chosen, target(2));
        assert_eq!(line.text, "Failover target 10.0.0.1:2 is synced, failing over.");
        assert_eq!(failover.state_name(), "failover-in-progress");
        assert_eq!(failover.look(7, END, &[replica(1, END)]), None, "one at a time");
        failover.succeeded();
        assert_eq!(failover.state_name(), "no-failover");
    }

    #[test]
    fn a_named_replica_is_waited_for_whoever_else_has_all() {
        let mut failover = begun(Some(target(2)), None, false);
        assert_eq!(failover.look(5, END, &[replica(1, END), replica(2, 999)]), None);
        assert_eq!(failover.look(5, END, &[replica(1, END)]), None, "also while it is away");
        let verdict = failover.look(5, END, &[replica(1, END), replica(2, END)]);
        assert!(matches!(verdict, Some(Verdict::Follow(chosen, _)) if chosen == target(2)));
    }

    #[test]
    fn who_takes_a_snapshot_only_or_names_no_port_takes_over_from_nobody() {
        let mut failover = begun(None, None, false);
        let mut copy = replica(1, END);
        Arc::make_mut(&mut copy.about).is_rdb_only = true;
        assert_eq!(failover.look(5, END, &[copy, replica(0, END)]), None);
        let mut waiting = replica(3, 0);
        waiting.state = "wait_bgsave";
        assert_eq!(failover.look(5, 0, &[waiting]), None);
    }

    #[test]
    fn one_that_took_over_knows_it_until_it_follows_somebody_else() {
        let id = |digit| ReplId::from_bytes(&[digit; 40]).unwrap();
        let [a, b, c] = [b'a', b'b', b'c'].map(id);
        let mut history = History::new(a);
        history.advance(10);
        let asked = |history: &History, is_replica, taken_over: &[ReplId], by: ReplId| {
            let target = AskedTarget { history, is_replica, is_of_file: false, taken_over };
            take_over(&target, by.as_bytes(), 11)
        };
        assert_eq!(asked(&history, true, &[], a), TakeOver::Promotion);
        assert_eq!(asked(&history, true, &[], b), TakeOver::OtherHistory);
        history.shift(b);
        assert_eq!(asked(&history, false, &[a], a), TakeOver::Done);
        assert_eq!(asked(&history, false, &[a], c), TakeOver::IsMaster);
        assert_eq!(asked(&history, false, &[], a), TakeOver::IsMaster);
        // Its own target has taken over from it.
        history.adopt(Some(c));
        assert_eq!(asked(&history, true, &[a], a), TakeOver::PassedOn);
        assert_eq!(asked(&history, true, &[a], c), TakeOver::Promotion);
        history.shift(id(b'd'));
        assert_eq!(asked(&history, false, &[a, c], a), TakeOver::PassedOn);
        assert_eq!(asked(&history, false, &[a, c], c), TakeOver::Done);
    }

    #[test]
    fn at_its_deadline_it_is_given_up_or_forced() {
        let mut failover = begun(Some(target(2)), Some(50), false);
        assert_eq!(failover.look(49, END, &[replica(2, 1)]), None);
        let verdict = failover.look(50, END, &[replica(2, 1)]);
        let line =
            lines::notice("FAILOVER to 10.0.0.1:2 aborted: Replica never caught up before timeout");
        assert_eq!(verdict, Some(Verdict::GivenUp(line)));
        assert!(!failover.is_under_way());

        let mut failover = begun(Some(target(2)), Some(50), true);
        assert_eq!(failover.look(49, END, &[replica(2, 1)]), None);
        let line = lines::notice("FAILOVER to 10.0.0.1:2 time out exceeded, failing over.");
        let verdict = failover.look(50, END, &[]);
        assert_eq!(verdict, Some(Verdict::Follow(target(2), line)));
        assert!(failover.is_in_progress());
    }

    #[test]
    fn it_may_be_given_up_in_each_state() {
        assert_eq!(Failover::default().abort(BY_HAND), None);
        let aborted = begun(None, None, false).abort(BY_HAND);
        let line = lines::notice("FAILOVER to any replica aborted: Failover manually aborted");
        assert_eq!(aborted, Some(Aborted { was_in_progress: false, line }));
        let mut failover = begun(None, None, false);
        failover.look(5, END, &[replica(7, END)]);
        let line =
            lines::notice("FAILOVER to 10.0.0.1:7 aborted: Failover target rejected psync request");
        assert_eq!(failover.abort(REFUSED), Some(Aborted { was_in_progress: true, line }));
        assert_eq!(failover.abort(REFUSED), None);
    }
}
