//! How far a group is behind, as far as that can be told.

use super::group::{Group, UNKNOWN_READS};
use super::id::StreamId;
use super::log::Log;

impl Log {
    /// Whether an entry was deleted from here on: then those behind cannot be reckoned by number.
    fn has_gap_from(&self, id: StreamId) -> bool {
        let counters = self.counters();
        !self.is_empty()
            && counters.max_deleted_id > StreamId::MIN
            && counters.first_id <= counters.max_deleted_id
            && id <= counters.max_deleted_id
    }

    /// How many of all entries that ever were are up to an ID; [`UNKNOWN_READS`] if that cannot be
    /// told.
    pub fn count_up_to(&self, id: StreamId) -> i64 {
        let counters = self.counters();
        let added = counters.entries_added as i64;
        if added == 0 || (self.is_empty() && id <= counters.last_id) || id == counters.last_id {
            return added;
        }
        let is_whole =
            counters.max_deleted_id == StreamId::MIN || counters.max_deleted_id < counters.first_id;
        let gone = added.wrapping_sub(self.len() as i64);
        match () {
            () if id > counters.last_id || !is_whole => UNKNOWN_READS,
            () if id < counters.first_id => gone,
            () if id == counters.first_id => gone.wrapping_add(1),
            () => UNKNOWN_READS,
        }
    }

    /// How many entries a group has yet to read; `None` if that cannot be told.
    pub fn lag(&self, group: &Group) -> Option<i64> {
        let added = self.counters().entries_added as i64;
        if added == 0 {
            return Some(0);
        }
        let is_known = group.entries_read() != UNKNOWN_READS && !self.has_gap_from(group.last_id());
        let read = if is_known { group.entries_read() } else { self.count_up_to(group.last_id()) };
        (is_known || read != UNKNOWN_READS).then(|| added.wrapping_sub(read))
    }
}

impl Group {
    /// Has read an entry that is behind the last one it has read.
    pub fn advance(&mut self, log: &Log, id: StreamId) {
        let read = match self.entries_read() {
            read if read != UNKNOWN_READS && !log.has_gap_from(id) => read.wrapping_add(1),
            _ if log.counters().entries_added > 0 => log.count_up_to(id),
            read => read,
        };
        self.set_position(id, read);
    }
}
