//! Whose stream this is: the replication ID that names it, where it stands, and the ID under
//! which its older part was known before a promotion.
//!
//! ```text
//!   history of A   ├──────────────────────┤ offset 900: A's replica B is promoted
//!   history of B   ├──────────────────────┼──────────────┤ offset 1200
//!                        second = A, until 900     id = B
//! ```
//! A replica of A at 850 may continue with B; one at 950 has bytes that B never saw.

use crate::base::ids::ReplId;
use crate::base::offset::{self, Offset};
use crate::replication::model::lines::{self, LogLine};

/// The ID of the older part of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondId {
    pub id: ReplId,
    /// The last position that both histories share.
    pub until: Offset,
}

/// See the module documentation. New IDs are handed in, so that nothing here is random.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    id: ReplId,
    second: Option<SecondId>,
    offset: Offset,
}

impl History {
    /// A server's first history, at offset 0.
    pub fn new(id: ReplId) -> Self {
        History { id, second: None, offset: 0 }
    }

    /// What a master finds in the RDB or log that it loads at its start: it goes on under a new
    /// ID, and replicas of the old one may continue.
    pub fn restored(found: ReplId, offset: Offset, id: ReplId) -> Self {
        History { id, second: Some(SecondId { id: found, until: offset }), offset }
    }

    /// `master_replid`.
    pub fn id(&self) -> ReplId {
        self.id
    }

    /// The older ID and its end, if there is one.
    pub fn second(&self) -> Option<SecondId> {
        self.second
    }

    /// `master_replid2`: forty zeros if there is none.
    pub fn second_id(&self) -> ReplId {
        self.second.map_or(ReplId::NONE, |second| second.id)
    }

    /// `second_repl_offset`: the first byte number that the second ID does not name any more, -1
    /// if there is none.
    pub fn second_repl_offset(&self) -> i64 {
        self.second.map_or(-1, |second| offset::wanted_byte(second.until))
    }

    /// `master_repl_offset`.
    pub fn offset(&self) -> Offset {
        self.offset
    }

    /// Bytes were added to the stream.
    pub fn advance(&mut self, bytes: usize) {
        self.offset = offset::advance(self.offset, bytes);
    }

    /// Begins a history that shares nothing with what was: a backlog is made after a time without
    /// one, in which writes were not counted. The offset stays, as in Redis.
    pub fn begin_anew(&mut self, id: ReplId) {
        self.id = id;
        self.second = None;
    }

    /// This replica becomes a master: the stream goes on under a new ID, and the old one stays
    /// valid up to here.
    pub fn shift(&mut self, id: ReplId) -> LogLine {
        let second = SecondId { id: self.id, until: self.offset };
        self.second = Some(second);
        self.id = id;
        lines::master::second_id_set(&second.id, offset::wanted_byte(second.until), &id)
    }

    /// The master continued our stream, under `id` if it named one. Returns what to log if that is
    /// another than before; then our own replicas must be told, by closing their links.
    pub fn adopt(&mut self, id: Option<ReplId>) -> Option<LogLine> {
        let id = id.filter(|id| *id != self.id)?;
        self.second = Some(SecondId { id: self.id, until: self.offset });
        self.id = id;
        Some(lines::warning(format!("Master replication ID changed to {id}")))
    }

    /// A full sync was loaded: we are where the master was.
    pub fn replace(&mut self, id: ReplId, offset: Offset) {
        *self = History { id, second: None, offset };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: u8) -> ReplId {
        ReplId::from_bytes(&[digit; 40]).unwrap()
    }

    #[test]
    fn a_first_history_shows_zeros_and_minus_one() {
        let history = History::new(id(b'a'));
        assert_eq!(history.second_id(), ReplId::NONE);
        assert_eq!((history.offset(), history.second_repl_offset()), (0, -1));
    }

    #[test]
    fn promotion_keeps_the_old_id_up_to_the_offset_and_says_so() {
        let mut history = History::new(id(b'a'));
        history.advance(900);
        let line = history.shift(id(b'b'));
        assert_eq!(history.id(), id(b'b'));
        assert_eq!(history.second(), Some(SecondId { id: id(b'a'), until: 900 }));
        assert_eq!(history.second_repl_offset(), 901);
        assert_eq!(
            line,
            lines::warning(format!(
                "Setting secondary replication ID to {}, valid up to offset: 901. \
                 New replication ID is {}",
                id(b'a'),
                id(b'b')
            ))
        );
    }

    #[test]
    fn adopting_the_same_id_or_none_changes_nothing() {
        let mut history = History::new(id(b'a'));
        history.advance(10);
        let before = history.clone();
        assert_eq!(history.adopt(None), None);
        assert_eq!(history.adopt(Some(id(b'a'))), None);
        assert_eq!(history, before);
    }

    #[test]
    fn adopting_a_new_id_keeps_the_old_one_as_second() {
        let mut history = History::new(id(b'a'));
        history.advance(10);
        let line = history.adopt(Some(id(b'b'))).unwrap();
        assert_eq!(line.text, format!("Master replication ID changed to {}", id(b'b')));
        assert_eq!(history.second(), Some(SecondId { id: id(b'a'), until: 10 }));
    }

    #[test]
    fn a_full_sync_and_a_new_beginning_forget_the_second_id() {
        let mut history = History::new(id(b'a'));
        history.advance(10);
        history.shift(id(b'b'));
        history.begin_anew(id(b'c'));
        assert_eq!((history.id(), history.second(), history.offset()), (id(b'c'), None, 10));
        history.shift(id(b'd'));
        history.replace(id(b'e'), 7);
        assert_eq!((history.id(), history.second(), history.offset()), (id(b'e'), None, 7));
    }

    #[test]
    fn a_restarted_master_lets_replicas_of_its_old_id_continue() {
        let history = History::restored(id(b'a'), 500, id(b'b'));
        assert_eq!((history.offset(), history.second_repl_offset()), (500, 501));
        assert_eq!((history.id(), history.second_id()), (id(b'b'), id(b'a')));
    }
}
