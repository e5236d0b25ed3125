//! The backlog: the last stretch of the replication stream, held in memory once for everybody.
//!
//! ```text
//!        start()                                                      end()
//!          │                                                            │
//!          ▼                                                            ▼
//!          ┌──────────┬──────────┬──────────┬──────────┬───────┬ ─ ─ ┐
//!          │  block   │  block   │  block   │  block   │ tail  │      append
//!          └──────────┴──────────┴──────────┴──────────┴───────┴ ─ ─ ┘
//!                 ▲          └──────── at least size ────────┘
//!                 │                                      ▲
//!               cursor of a slow replica               cursor of a quick one
//! ```
//!
//! Whole blocks leave at the front, and only once neither the configured size nor an attached
//! cursor needs them. So a replica that is slow, or waits for its snapshot, is a cursor that lags,
//! not a buffer of its own that grows; and what is kept for it serves partial resyncs meanwhile, as
//! with redis-server 7. How far a cursor may lag is the business of [`super::output_limit`].
//!
//! What is on disk as well ([`storey`]) need not be kept for a cursor that lags far: it reads there,
//! and comes back to the memory when it has caught up.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use self::storey::{StoredPlace, Storey};
use super::stream_sums::{Check, WrittenSums};
use crate::base::crc64::Crc64;
use crate::base::ids::ClientId;
use crate::base::offset::{self, Offset};

/// Bytes in a full block. redis-server 7.0.15 asks jemalloc for a little over 16 KiB and uses the
/// whole size class that it gets, less its header of 40 bytes: with the same number the figures of
/// INFO move in the same steps, and the block fills a size class of ours too.
pub const BLOCK_BYTES: usize = 20_480 - 40;

/// The smallest size that the configuration can give, as in Redis.
pub const MIN_SIZE_BYTES: usize = 16 * 1024;

/// At most so many blocks are freed by one append (more if it brought more), so that a backlog
/// that grew for a replica, now gone, does not stall the stream while it shrinks.
const TRIMMED_PER_APPEND: usize = 64;

/// A cursor that lags more than this, and more than the backlog is long, reads from the disk where
/// it can.
const SPILLED_BYTES: usize = 8 << 20;

struct Block {
    start: Offset,
    bytes: Bytes,
}

impl Block {
    fn end(&self) -> Offset {
        offset::advance(self.start, self.bytes.len())
    }
}

struct Cursor {
    replica: ClientId,
    /// `backlog.start() <= position <= backlog.end()`; the storey's start, of one that reads there.
    position: Offset,
    /// It reads from the disk: the memory keeps nothing for it.
    is_stored: bool,
    /// Its snapshot stands here, and it has yet to catch up with what was written since.
    snapshot: Option<Offset>,
}

/// See the module documentation.
pub struct Backlog {
    /// What a replica without a cursor may count on: the last so many bytes.
    size_bytes: usize,
    /// Full blocks, each beginning where the one before it ends; the last ends at `tail_start`.
    blocks: VecDeque<Block>,
    /// The block that is being filled. Never full.
    tail: BytesMut,
    tail_start: Offset,
    /// The readers whose bytes must not go, one a replica. Few, so a plain list.
    cursors: Vec<Cursor>,
    /// What the data set took at the latest snapshot: the backlog may grow with it.
    data_bytes: u64,
    sums: Box<WrittenSums>,
    storey: Storey,
    /// How far a cursor may lag that reads from the disk; 0: no further than elsewhere.
    stored_limit: u64,
    /// See [`SPILLED_BYTES`].
    spilled_bytes: usize,
    /// What is on disk before this place goes when nobody needs it.
    stored_from: Offset,
}

/// What a reader takes next.
#[derive(Debug)]
pub enum Next {
    /// So many bytes, which were appended.
    Held(usize),
    /// They are to be read from the disk.
    Stored(StoredPlace),
}

impl Backlog {
    /// An empty backlog for a stream that is at `position`.
    pub fn new(size_bytes: usize, position: Offset) -> Self {
        Backlog {
            size_bytes: size_bytes.max(MIN_SIZE_BYTES),
            blocks: VecDeque::new(),
            tail: BytesMut::new(),
            tail_start: position,
            cursors: Vec::new(),
            data_bytes: 0,
            sums: Box::new(WrittenSums::new(position)),
            storey: Storey::default(),
            stored_limit: 0,
            spilled_bytes: SPILLED_BYTES,
            stored_from: 0,
        }
    }

    /// An empty one for another stream, or the same at another place, with the same settings.
    pub fn emptied(&self, position: Offset) -> Backlog {
        let Backlog { stored_limit, spilled_bytes, .. } = *self;
        Backlog { stored_limit, spilled_bytes, ..Backlog::new(self.size_bytes, position) }
    }

    /// Adds the bytes of the stream behind `start` (copied, the only time), then lets old blocks
    /// go.
    ///
    /// # Panics
    /// `start` is not the end: a byte at a wrong place would be worse than the end of the process.
    pub fn append(&mut self, start: Offset, mut bytes: &[u8]) {
        assert_eq!(start, self.end(), "the stream goes on where the backlog ends");
        self.sums.append(bytes);
        self.storey.grow(bytes.len());
        let mut filled = 0;
        while !bytes.is_empty() {
            if self.tail.capacity() == 0 {
                self.tail = BytesMut::with_capacity(BLOCK_BYTES);
            }
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK_BYTES - self.tail.len()));
            self.tail.extend_from_slice(now);
            bytes = later;
            if self.tail.len() == BLOCK_BYTES {
                self.seal();
                filled += 1;
            }
        }
        self.trim(TRIMMED_PER_APPEND.max(2 * filled));
    }

    /// Closes the block that is being filled.
    fn seal(&mut self) {
        let bytes = std::mem::take(&mut self.tail).freeze();
        let start = self.tail_start;
        self.tail_start = offset::advance(start, bytes.len());
        self.blocks.push_back(Block { start, bytes });
    }

    /// Lets at most `max_blocks` of the oldest blocks go, those that nobody needs. To be called
    /// now and then besides: what a reader leaves behind goes with the next append only.
    pub fn trim(&mut self, max_blocks: usize) {
        self.drop_stored(u64::MAX);
        if self.excess_bytes() <= BLOCK_BYTES {
            return;
        }
        self.spill();
        let needed = self.cursors.iter().filter(|c| !c.is_stored).map(|c| c.position).min();
        let needed = needed.unwrap_or(Offset::MAX);
        for _ in 0..max_blocks {
            let Some(oldest) = self.blocks.front() else { return };
            if self.excess_bytes() <= oldest.bytes.len() || needed < oldest.end() {
                return;
            }
            self.blocks.pop_front();
        }
    }

    fn excess_bytes(&self) -> usize {
        self.histlen().saturating_sub(self.size_bytes)
    }

    /// The position before the oldest byte that is held.
    pub fn start(&self) -> Offset {
        self.blocks.front().map_or(self.tail_start, |block| block.start)
    }

    /// The position behind the newest byte: `master_repl_offset`.
    pub fn end(&self) -> Offset {
        offset::advance(self.tail_start, self.tail.len())
    }

    /// `repl_backlog_first_byte_offset`: the number of the oldest byte held, or that comes next.
    pub fn first_byte_offset(&self) -> i64 {
        offset::wanted_byte(self.start())
    }

    /// `repl_backlog_histlen`, bytes. May exceed [`Self::size_bytes`] by what whole blocks and
    /// slow replicas need.
    pub fn histlen(&self) -> usize {
        offset::bytes_between(self.start(), self.end())
    }

    /// `repl_backlog_size`.
    pub fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Changes the size, at least [`MIN_SIZE_BYTES`]. Blocks go with the next calls of
    /// [`Self::trim`].
    pub fn resize(&mut self, size_bytes: usize) {
        self.size_bytes = size_bytes.max(MIN_SIZE_BYTES);
        self.trim(TRIMMED_PER_APPEND);
    }

    /// Bytes allocated for blocks and for their list.
    pub fn memory_bytes(&self) -> usize {
        let list = self.blocks.capacity() * size_of::<Block>();
        self.blocks.len() * BLOCK_BYTES + list + self.tail.capacity()
    }

    /// Whether one who is at `position` can go on from here.
    pub fn holds(&self, position: Offset) -> bool {
        (self.start()..=self.end()).contains(&position)
    }

    /// What follows `position`, at most `max_bytes`, as slices in order: to be written with one
    /// vectored call while the backlog is borrowed. `None` if that stretch is not held.
    pub fn slices(&self, position: Offset, max_bytes: usize) -> Option<Slices<'_>> {
        if !self.holds(position) {
            return None;
        }
        let next = self.blocks.partition_point(|block| block.end() <= position);
        Some(Slices { backlog: self, next, position, left: max_bytes })
    }

    /// What a replica with a cursor takes next; `None` once its promise was ended, whatever is
    /// held: it may be the stream of another name.
    pub fn read_for(
        &self,
        replica: ClientId,
        position: Offset,
        max_bytes: usize,
        out: &mut Vec<Bytes>,
    ) -> Option<Next> {
        let cursor = self.position(replica)?;
        assert!(cursor <= position, "what was given up is not read again");
        match self.read(position, max_bytes, out) {
            Some(bytes) => Some(Next::Held(bytes)),
            None => {
                // What the memory has may not be in the file yet.
                let missing = offset::bytes_between(position, self.start());
                self.storey.place(position, max_bytes.min(missing)).map(Next::Stored)
            }
        }
    }

    /// The same as [`Self::slices`] as blocks that live on their own, appended to `out`; returns
    /// their bytes. Full blocks are shared, of the block that is being filled the wanted part is
    /// copied.
    pub fn read(&self, position: Offset, max_bytes: usize, out: &mut Vec<Bytes>) -> Option<usize> {
        let mut slices = self.slices(position, max_bytes)?;
        let mut total = 0;
        loop {
            let block = self.blocks.get(slices.next);
            let Some(slice) = slices.next() else { return Some(total) };
            total += slice.len();
            out.push(match block {
                Some(block) => block.bytes.slice_ref(slice),
                None => Bytes::copy_from_slice(slice),
            });
        }
    }

    /// Whether a piece of the stream is as it was written; `None` if that is not known any more.
    pub fn verify(&self, check: Check) -> Option<bool> {
        let Check { from, to, sum } = check;
        let written = self.sums.of(from, to).or_else(|| {
            let is_held = self.holds(from) && self.holds(to);
            let slices = is_held.then(|| self.slices(from, offset::bytes_between(from, to)))??;
            let mut crc = Crc64::new();
            slices.for_each(|slice| crc.update(slice));
            Some(crc.value())
        })?;
        Some(written == sum)
    }

    /// Promises a replica everything after `position`, until it is detached. False, and no
    /// promise, if that is not all held. A replica has one cursor: attaching again moves it.
    pub fn attach(&mut self, replica: ClientId, position: Offset) -> bool {
        let is_stored = !self.holds(position);
        if is_stored && !self.is_stored(position) {
            return false;
        }
        self.detach(replica);
        self.cursors.push(Cursor { replica, position, is_stored, snapshot: None });
        true
    }

    /// Notes that a replica has taken everything up to `position`. A cursor never goes back and
    /// never runs ahead of the stream.
    pub fn advance(&mut self, replica: ClientId, position: Offset) {
        let (start, end) = (self.start(), self.end());
        let allowed = self.allowed_lag();
        if let Some(cursor) = self.cursors.iter_mut().find(|c| c.replica == replica) {
            assert!((cursor.position..=end).contains(&position), "cursor out of order");
            cursor.position = position;
            // It has caught up: from here on the memory keeps for it what it has yet to take.
            let lag = offset::bytes_between(position, end);
            cursor.is_stored &= position < start || lag > allowed;
            let is_close = offset::bytes_between(position, end) <= self.size_bytes;
            if is_close && cursor.snapshot.is_some_and(|snapshot| position > snapshot) {
                cursor.snapshot = None;
            }
        }
    }

    /// A replica gets its snapshot, which stands where its cursor is.
    pub fn snapshot_given(&mut self, replica: ClientId) {
        if let Some(cursor) = self.cursors.iter_mut().find(|c| c.replica == replica) {
            cursor.snapshot = Some(cursor.position);
        }
    }

    /// Whether a replica has yet to catch up with what was written since its snapshot: it was never
    /// closer to the end than the backlog is long.
    pub fn catches_up(&self, replica: ClientId) -> bool {
        self.cursors.iter().any(|c| c.replica == replica && c.snapshot.is_some())
    }

    /// Whether a replica has taken nothing of the stream since its snapshot.
    pub fn is_at_snapshot(&self, replica: ClientId) -> bool {
        self.cursors.iter().any(|c| c.replica == replica && c.snapshot == Some(c.position))
    }

    /// What the data set took at the latest snapshot.
    pub fn data_bytes(&self) -> u64 {
        self.data_bytes
    }

    pub fn set_data_bytes(&mut self, data_bytes: u64) {
        self.data_bytes = data_bytes;
    }

    /// Where a replica's cursor is.
    pub fn position(&self, replica: ClientId) -> Option<Offset> {
        self.cursors.iter().find(|c| c.replica == replica).map(|c| c.position)
    }

    /// How many bytes an attached replica still has to take: what its output limit counts.
    pub fn lag_bytes(&self, replica: ClientId) -> Option<usize> {
        self.position(replica).map(|position| offset::bytes_between(position, self.end()))
    }

    /// Whether anybody was promised anything.
    pub fn has_cursors(&self) -> bool {
        !self.cursors.is_empty()
    }

    /// Ends the promise to a replica.
    pub fn detach(&mut self, replica: ClientId) {
        self.cursors.retain(|cursor| cursor.replica != replica);
    }
}

/// The stretch that [`Backlog::slices`] found, piece by piece.
pub struct Slices<'a> {
    backlog: &'a Backlog,
    /// Index of the next block; one past the last is the tail.
    next: usize,
    position: Offset,
    left: usize,
}

impl<'a> Iterator for Slices<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (start, bytes): (Offset, &[u8]) = match self.backlog.blocks.get(self.next) {
            Some(block) => (block.start, &block.bytes),
            None => (self.backlog.tail_start, &self.backlog.tail),
        };
        let bytes = bytes.get(offset::bytes_between(start, self.position)..).unwrap_or(&[]);
        let bytes = bytes.get(..self.left).unwrap_or(bytes);
        if bytes.is_empty() {
            return None;
        }
        self.next += 1;
        self.position = offset::advance(self.position, bytes.len());
        self.left -= bytes.len();
        Some(bytes)
    }
}

mod disk;
pub mod storey;
#[cfg(test)]
mod tests;
