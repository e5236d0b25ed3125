//! What a master answers to a replica that asks for its stream.

use crate::base::ids::ReplId;
use crate::base::offset::{self, Offset};
use crate::replication::model::history::History;
use crate::replication::model::lines::{self, LogLine};

/// `PSYNC <replid> <offset>`, the arguments as they came.
#[derive(Clone, Copy, Debug)]
pub struct PsyncRequest<'a> {
    /// `?` from one that has nothing; else what it calls the history that it has. Any bytes.
    pub replid: &'a [u8],
    /// The number of the first byte that it wants.
    pub wanted: i64,
}

impl PsyncRequest<'_> {
    /// Whether a refusal counts as `sync_partial_err`: not if no continuation was asked for.
    pub fn wants_to_continue(&self) -> bool {
        self.replid.first() != Some(&b'?')
    }
}

/// The stretch of the stream that the backlog holds, as positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub start: Offset,
    pub end: Offset,
}

/// What to do. Room is left here for a continuation from disk and for a resync by difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PsyncDecision {
    /// Send the backlog from this position on.
    Continue { from: Offset },
    /// Send everything.
    FullSync(FullSyncReason),
}

/// Why a replica cannot continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FullSyncReason {
    /// It asked for it.
    Requested,
    /// It follows a history that is neither ours nor our older one.
    UnknownHistory,
    /// It follows our older history, further than we share it.
    BeyondSecondId,
    /// Its offset has left the backlog, is not there yet, or there is no backlog.
    NotHeld,
    /// What it has is not what it was sent.
    Changed,
}

/// Decides whether the replica may continue. Pure; the truth table is the test.
pub fn decide(request: &PsyncRequest<'_>, history: &History, held: Option<Held>) -> PsyncDecision {
    use FullSyncReason::*;
    let is = |id: ReplId| request.replid.eq_ignore_ascii_case(id.as_bytes());
    if !is(history.id()) {
        if !request.wants_to_continue() {
            return PsyncDecision::FullSync(Requested);
        }
        if !is(history.second_id()) {
            return PsyncDecision::FullSync(UnknownHistory);
        }
        if request.wanted > history.second_repl_offset() {
            return PsyncDecision::FullSync(BeyondSecondId);
        }
    }
    let from = offset::position_before(request.wanted);
    match held {
        Some(held) if held.start <= from && from <= held.end => PsyncDecision::Continue { from },
        _ => PsyncDecision::FullSync(NotHeld),
    }
}

/// What Redis logs about the decision. `replica` is its [`lines::replica_name`].
pub fn log_lines(
    decision: PsyncDecision,
    request: &PsyncRequest<'_>,
    history: &History,
    replica: &str,
) -> Vec<LogLine> {
    use FullSyncReason::*;
    let wanted = request.wanted;
    let replid = String::from_utf8_lossy(request.replid);
    let (id, second) = (history.id(), history.second_id());
    let refused = "Partial resynchronization not accepted";
    let text = match decision {
        PsyncDecision::Continue { from } => {
            let bytes = offset::bytes_between(from, history.offset());
            format!(
                "Partial resynchronization request from {replica} accepted. \
                 Sending {bytes} bytes of backlog starting from offset {wanted}."
            )
        }
        PsyncDecision::FullSync(Requested) => format!("Full resync requested by replica {replica}"),
        PsyncDecision::FullSync(UnknownHistory) => format!(
            "{refused}: Replication ID mismatch (Replica asked for '{replid}', \
             my replication IDs are '{id}' and '{second}')"
        ),
        PsyncDecision::FullSync(BeyondSecondId) => format!(
            "{refused}: Requested offset for second ID was {wanted}, but I can reply up to {}",
            history.second_repl_offset()
        ),
        PsyncDecision::FullSync(Changed) => {
            format!("{refused}: the stream has arrived changed at replica {replica} before")
        }
        PsyncDecision::FullSync(NotHeld) => format!(
            "Unable to partial resync with replica {replica} for lack of backlog \
             (Replica request was: {wanted})."
        ),
    };
    let mut lines = vec![lines::notice(text)];
    if decision == PsyncDecision::FullSync(NotHeld) && wanted > history.offset() {
        lines.push(lines::warning(format!(
            "Warning: replica {replica} tried to PSYNC with an offset that is greater than \
             the master replication offset."
        )));
    }
    lines
}

/// How a PSYNC was answered, for the counters of INFO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncOutcome {
    Full,
    Partial,
    /// A partial resync was asked for, and a full one is given.
    PartialRefused,
}

/// `+CONTINUE`, with our ID for replicas that understand it (`capa psync2`).
pub fn continue_reply(psync2: bool, id: ReplId) -> String {
    if psync2 { format!("+CONTINUE {id}\r\n") } else { "+CONTINUE\r\n".into() }
}

/// `+FULLRESYNC`: the RDB that follows holds everything up to `offset`. Not sent to one that said
/// `SYNC`.
pub fn full_resync_reply(id: ReplId, offset: Offset) -> String {
    format!("+FULLRESYNC {id} {offset}\r\n")
}

/// What stands in the way of serving a replica at all, whatever it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncRefusal {
    /// A coordinated failover is under way.
    FailingOver,
    /// We are a replica ourselves and have no link to our master.
    NoMasterLink,
    /// Replies to earlier commands are still in its output.
    PendingOutput,
    /// It wants only a part of the data but cannot read until a mark.
    FilteredWithoutEof,
}

#[cfg(test)]
mod tests {
    use super::FullSyncReason::*;
    use super::*;

    const A: [u8; 40] = [b'a'; 40];
    const B: [u8; 40] = [b'b'; 40];
    const C: [u8; 40] = [b'c'; 40];
    const REPLICA: &str = "127.0.0.1:7778";

    /// Ours is B, at 1200; it was A up to 900. The backlog holds 501..=1200.
    fn history() -> History {
        let id = |bytes: [u8; 40]| ReplId::from_bytes(&bytes).unwrap();
        let mut history = History::restored(id(A), 900, id(B));
        history.advance(300);
        history
    }

    const HELD: Option<Held> = Some(Held { start: 500, end: 1200 });

    #[test]
    fn psync_truth_table() {
        let go_on = |from| PsyncDecision::Continue { from };
        let all = PsyncDecision::FullSync;
        let upper = B.map(|c| c.to_ascii_uppercase());
        let table: &[(&[u8], i64, Option<Held>, PsyncDecision)] = &[
            // asked for      wants  held  answer
            (b"?", -1, HELD, all(Requested)),
            (b"?", 1000, HELD, all(Requested)),
            (b"?", -1, None, all(Requested)),
            (b"?whatever", 1000, HELD, all(Requested)),
            (&B, 501, HELD, go_on(500)),
            (&B, 500, HELD, all(NotHeld)),
            (&B, 1201, HELD, go_on(1200)),
            (&B, 1202, HELD, all(NotHeld)),
            (&B, 1000, HELD, go_on(999)),
            (&B, 1000, None, all(NotHeld)),
            (&B, 0, HELD, all(NotHeld)),
            (&B, -1, HELD, all(NotHeld)),
            (&B, i64::MIN, HELD, all(NotHeld)),
            (&B, i64::MAX, HELD, all(NotHeld)),
            (&upper, 1000, HELD, go_on(999)),
            (&A, 850, HELD, go_on(849)),
            (&A, 901, HELD, go_on(900)),
            (&A, 902, HELD, all(BeyondSecondId)),
            (&A, 500, HELD, all(NotHeld)),
            (&A, 850, None, all(NotHeld)),
            (&C, 850, HELD, all(UnknownHistory)),
            (b"short", 850, HELD, all(UnknownHistory)),
            (b"", 850, HELD, all(UnknownHistory)),
        ];
        for (replid, wanted, held, expected) in table {
            let request = PsyncRequest { replid, wanted: *wanted };
            let decision = decide(&request, &history(), *held);
            let name = String::from_utf8_lossy(replid);
            assert_eq!(decision, *expected, "PSYNC {name} {wanted} with {held:?}");
        }
    }

    /// Redis would compare with its forty zeros and then with -1; nobody may continue that way.
    #[test]
    fn forty_zeros_are_no_history_to_continue() {
        let history = History::new(ReplId::from_bytes(&B).unwrap());
        for wanted in [0, 1, 5] {
            let request = PsyncRequest { replid: &[b'0'; 40], wanted };
            let decision = decide(&request, &history, Some(Held { start: 0, end: 0 }));
            assert!(matches!(decision, PsyncDecision::FullSync(_)));
        }
    }

    fn lines_for(replid: &[u8], wanted: i64) -> Vec<LogLine> {
        let request = PsyncRequest { replid, wanted };
        let decision = decide(&request, &history(), HELD);
        log_lines(decision, &request, &history(), REPLICA)
    }

    #[test]
    fn decisions_are_logged_in_the_words_of_redis() {
        let (a, b, c) = ("a".repeat(40), "b".repeat(40), "c".repeat(40));
        let table = [
            (lines_for(b"?", -1), "Full resync requested by replica 127.0.0.1:7778".to_string()),
            (
                lines_for(&B, 1000),
                "Partial resynchronization request from 127.0.0.1:7778 accepted. \
                 Sending 201 bytes of backlog starting from offset 1000."
                    .into(),
            ),
            (
                lines_for(&C, 1000),
                format!(
                    "Partial resynchronization not accepted: Replication ID mismatch \
                     (Replica asked for '{c}', my replication IDs are '{b}' and '{a}')"
                ),
            ),
            (
                lines_for(&A, 1000),
                "Partial resynchronization not accepted: Requested offset for second ID was 1000, \
                 but I can reply up to 901"
                    .into(),
            ),
            (
                lines_for(&B, 0),
                "Unable to partial resync with replica 127.0.0.1:7778 for lack of backlog \
                 (Replica request was: 0)."
                    .into(),
            ),
        ];
        for (lines, expected) in table {
            assert_eq!(lines, [lines::notice(expected)]);
        }
    }

    #[test]
    fn an_offset_from_the_future_earns_a_warning() {
        let lines = lines_for(&B, 99_999);
        assert_eq!(
            lines[1],
            lines::warning(
                "Warning: replica 127.0.0.1:7778 tried to PSYNC with an offset that is greater \
                 than the master replication offset."
            )
        );
    }

    #[test]
    fn replies_are_byte_for_byte_those_of_redis() {
        let id = ReplId::from_bytes(&A).unwrap();
        let a = "a".repeat(40);
        assert_eq!(continue_reply(true, id), format!("+CONTINUE {a}\r\n"));
        assert_eq!(continue_reply(false, id), "+CONTINUE\r\n");
        assert_eq!(full_resync_reply(id, 1821), format!("+FULLRESYNC {a} 1821\r\n"));
    }
}
