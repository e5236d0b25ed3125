//! The syncs of the log that are under way. Several run side by side, so that clients whose writes
//! came while one runs do not wait for its end first; but what one has made safe counts only when all
//! that were begun before it have come about.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::base::offset::Offset;
use crate::persistence::log::writer::LogFile;

/// How many run at a time at most while clients wait for them.
pub(super) const SYNCS_MAX: usize = 3;

/// See the module documentation.
#[derive(Default)]
pub(super) struct Syncs {
    /// In the order in which they were begun; the first is not done.
    running: VecDeque<Sync>,
    last_ticket: u64,
}

struct Sync {
    ticket: u64,
    epoch: u64,
    offset: Offset,
    file: Arc<LogFile>,
    is_done: bool,
}

impl Syncs {
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// Whether what was written up to there is being made safe already.
    pub fn covers(&self, epoch: u64, offset: Offset) -> bool {
        self.running.iter().any(|sync| sync.epoch == epoch && sync.offset >= offset)
    }

    /// Those files besides this one that are being made safe: what is in this one is of no use
    /// without them.
    pub fn others<'a>(&'a self, file: &'a Arc<LogFile>) -> impl Iterator<Item = &'a Arc<LogFile>> {
        let running = self.running.iter().filter(|sync| !sync.is_done).map(|sync| &sync.file);
        running.filter(move |other| !Arc::ptr_eq(other, file))
    }

    /// One more; its number.
    pub fn begin(&mut self, epoch: u64, offset: Offset, file: Arc<LogFile>) -> u64 {
        self.last_ticket += 1;
        let ticket = self.last_ticket;
        self.running.push_back(Sync { ticket, epoch, offset, file, is_done: false });
        ticket
    }

    /// One has ended. What is safe now that was not: up to where, in which epoch.
    pub fn ended(&mut self, ticket: u64) -> Option<(u64, Offset)> {
        if let Some(sync) = self.running.iter_mut().find(|sync| sync.ticket == ticket) {
            sync.is_done = true;
        }
        let mut safe = None;
        while let Some(first) = self.running.pop_front_if(|first| first.is_done) {
            safe = Some((first.epoch, first.offset));
        }
        safe
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_safe_is_safe_in_order() {
        let mut syncs = Syncs::default();
        let file = || Arc::new(LogFile::new(tempfile::tempfile().unwrap()));
        let (first, second) = (file(), file());
        let [a, b, c] = [10, 20, 30].map(|offset| syncs.begin(1, offset, first.clone()));
        assert_eq!(syncs.others(&first).count(), 0);
        assert_eq!(syncs.others(&second).count(), 3);
        assert!(syncs.covers(1, 30) && !syncs.covers(1, 31) && !syncs.covers(2, 5));
        assert_eq!(syncs.ended(b), None);
        assert_eq!(syncs.ended(a), Some((1, 20)));
        assert_eq!(syncs.running(), 1);
        // The log began anew meanwhile, at a smaller offset.
        let d = syncs.begin(2, 5, second.clone());
        assert_eq!(syncs.others(&second).count(), 1);
        assert_eq!(syncs.ended(d), None);
        assert_eq!(syncs.ended(c), Some((2, 5)));
        assert_eq!(syncs.running(), 0);
        assert_eq!(syncs.ended(c), None);
    }
}
