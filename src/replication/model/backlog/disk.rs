//! The two storeys together: who reads where, and what that is worth.

use super::Backlog;
use super::Cursor;
use super::storey::StoredNews;
use crate::base::ids::ClientId;
use crate::base::offset::{self, Offset};
use crate::replication::model::output_limit::OutputLimit;

impl Backlog {
    /// Who lags too far for the memory reads from the disk, if it can.
    pub(super) fn spill(&mut self) {
        if self.stored_limit == 0 {
            return;
        }
        let (end, allowed) = (self.end(), self.allowed_lag());
        let storey = &self.storey;
        for cursor in self.cursors.iter_mut().filter(|cursor| !cursor.is_stored) {
            let lag = offset::bytes_between(cursor.position, end);
            cursor.is_stored = lag > allowed && storey.holds(cursor.position);
        }
    }

    /// Lets go what is to go on disk, but for those who read there and lag no more than this.
    pub(super) fn drop_stored(&mut self, limit: u64) {
        if self.storey.start().is_none_or(|start| start >= self.stored_from) {
            return;
        }
        let end = self.end();
        let is_kept = |c: &&Cursor| {
            let lag = offset::bytes_between(c.position, end);
            c.is_stored && (lag as u64) <= limit
        };
        let needed = self.cursors.iter().filter(is_kept).map(|c| c.position).min();
        let before = needed.map_or(self.stored_from, |needed| needed.min(self.stored_from));
        self.storey.hear(StoredNews::Dropped { before }, end);
    }

    /// How far a cursor may lag that the memory keeps bytes for, where there is a choice.
    pub(super) fn allowed_lag(&self) -> usize {
        self.size_bytes.max(self.spilled_bytes)
    }

    /// What the keyspace tells of its files. Gives those who cannot go on from where they are.
    pub fn hear_of_disk(&mut self, news: StoredNews) -> Vec<ClientId> {
        let end = self.end();
        match news {
            StoredNews::Dropped { before } => self.stored_from = before,
            news => self.storey.hear(news, end),
        }
        self.drop_stored(self.stored_limit);
        let start = self.start();
        let is_lost =
            |c: &&Cursor| c.is_stored && c.position < start && !self.storey.holds(c.position);
        let lost: Vec<_> = self.cursors.iter().filter(is_lost).map(|c| c.replica).collect();
        for cursor in self.cursors.iter_mut().filter(|cursor| cursor.position >= start) {
            cursor.is_stored &= self.storey.holds(cursor.position);
        }
        lost
    }

    /// Has cursors read from the disk that lag more than this.
    #[cfg(test)]
    pub fn spill_from(&mut self, bytes: usize) {
        self.spilled_bytes = bytes;
    }

    /// `repl-backlog-disk-size`
    pub fn set_stored_limit(&mut self, bytes: u64) {
        self.stored_limit = bytes;
    }

    /// How far a cursor may lag that reads from the disk; 0 while there is none.
    pub fn stored_limit(&self) -> u64 {
        if self.storey.is_empty() { 0 } else { self.stored_limit }
    }

    /// The position before the oldest byte that is read from the disk, if any is.
    pub fn stored_start(&self) -> Option<Offset> {
        self.storey.start().filter(|_| self.stored_limit > 0)
    }

    /// Whether one who is at `position` can go on from there on the disk.
    pub(super) fn is_stored(&self, position: Offset) -> bool {
        self.stored_limit > 0 && self.storey.holds(position)
    }

    /// The position before the oldest byte that can be had, in memory or on disk.
    pub fn reach(&self) -> Offset {
        self.stored_start().map_or(self.start(), |stored| stored.min(self.start()))
    }

    /// How many of these the memory keeps for it: of one that reads from the disk, none.
    pub fn kept_bytes(&self, replica: ClientId) -> usize {
        let cursor = self.cursors.iter().find(|c| c.replica == replica && !c.is_stored);
        cursor.map_or(0, |cursor| offset::bytes_between(cursor.position, self.end()))
    }

    /// What an output limit counts of a replica: what the memory keeps for it; all that it has yet to
    /// take where somebody has set a limit, which holds to the letter.
    pub fn counted_bytes(&self, replica: ClientId, limit: OutputLimit) -> usize {
        match limit == OutputLimit::DEFAULT {
            true => self.kept_bytes(replica),
            false => self.lag_bytes(replica).unwrap_or(0),
        }
    }

    /// How many bytes the slowest replica has still to take that the memory keeps them for.
    pub fn longest_kept_bytes(&self) -> usize {
        let slowest = self.cursors.iter().filter(|c| !c.is_stored).map(|c| c.position).min();
        slowest.map_or(0, |position| offset::bytes_between(position, self.end()))
    }

    /// Whether a replica reads from the disk.
    pub fn reads_from_disk(&self, replica: ClientId) -> bool {
        self.cursors.iter().any(|c| c.replica == replica && c.is_stored)
    }
}
