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

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

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
    /// `backlog.start() <= position <= backlog.end()`
    position: Offset,
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
        }
    }

    /// Adds the bytes of the stream behind `start` (copied, the only time), then lets old blocks
    /// go.
    ///
    /// # Panics
    /// `start` is not the end: a byte at a wrong place would be worse than the end of the process.
    pub fn append(&mut self, start: Offset, mut bytes: &[u8]) {
        assert_eq!(start, self.end(), "the stream goes on where the backlog ends");
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
        if self.excess_bytes() <= BLOCK_BYTES {
            return;
        }
        let needed = self.cursors.iter().map(|c| c.position).min().unwrap_or(Offset::MAX);
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

    /// Bytes allocated for blocks.
    pub fn memory_bytes(&self) -> usize {
        self.blocks.len() * (BLOCK_BYTES + size_of::<Block>()) + self.tail.capacity()
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
    ) -> Option<usize> {
        let cursor = self.position(replica)?;
        assert!(cursor <= position, "what was given up is not read again");
        self.read(position, max_bytes, out)
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

    /// Promises a replica everything after `position`, until it is detached. False, and no
    /// promise, if that is not all held. A replica has one cursor: attaching again moves it.
    pub fn attach(&mut self, replica: ClientId, position: Offset) -> bool {
        if !self.holds(position) {
            return false;
        }
        self.detach(replica);
        self.cursors.push(Cursor { replica, position });
        true
    }

    /// Notes that a replica has taken everything up to `position`. A cursor never goes back and
    /// never runs ahead of the stream.
    pub fn advance(&mut self, replica: ClientId, position: Offset) {
        let end = self.end();
        if let Some(cursor) = self.cursors.iter_mut().find(|c| c.replica == replica) {
            assert!((cursor.position..=end).contains(&position), "cursor out of order");
            cursor.position = position;
        }
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
        let bytes = &bytes[..bytes.len().min(self.left)];
        if bytes.is_empty() {
            return None;
        }
        self.next += 1;
        self.position = offset::advance(self.position, bytes.len());
        self.left -= bytes.len();
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The stream's byte number `n`, so that a misplaced byte shows.
    fn stream(from: Offset, len: usize) -> Vec<u8> {
        (0..len as i64).map(|i| ((from + i) % 251) as u8).collect()
    }

    fn read_all(backlog: &Backlog, position: Offset, max: usize) -> Option<Vec<u8>> {
        let mut blocks = Vec::new();
        let total = backlog.read(position, max, &mut blocks)?;
        let bytes = blocks.concat();
        assert_eq!(total, bytes.len());
        assert_eq!(backlog.slices(position, max)?.collect::<Vec<_>>().concat(), bytes);
        Some(bytes)
    }

    #[test]
    fn a_new_backlog_holds_nothing_but_its_position() {
        let backlog = Backlog::new(1 << 20, 50);
        assert_eq!((backlog.start(), backlog.end(), backlog.histlen()), (50, 50, 0));
        assert_eq!(backlog.first_byte_offset(), 51);
        assert_eq!(read_all(&backlog, 50, 10), Some(vec![]));
        assert_eq!(read_all(&backlog, 49, 10), None);
        assert_eq!(read_all(&backlog, 51, 10), None);
    }

    /// Figures read off redis-server 7.0.15 with `repl-backlog-size 100kb` and a stream of such
    /// commands: 123803, 20441, 103363 and so on.
    #[test]
    fn info_figures_move_in_the_steps_of_redis() {
        let mut backlog = Backlog::new(102_400, 0);
        backlog.append(backlog.end(), &stream(0, 122_805));
        assert_eq!((backlog.first_byte_offset(), backlog.histlen()), (1, 122_805));
        backlog.append(backlog.end(), &stream(122_805, 998));
        assert_eq!((backlog.first_byte_offset(), backlog.histlen()), (20_441, 103_363));
        backlog.append(backlog.end(), &stream(123_803, 39_920));
        assert_eq!((backlog.first_byte_offset(), backlog.histlen()), (61_321, 102_403));
        assert_eq!(backlog.end(), 163_723);
    }

    #[test]
    fn size_is_at_least_sixteen_kibibytes() {
        let mut backlog = Backlog::new(1, 0);
        assert_eq!(backlog.size_bytes(), MIN_SIZE_BYTES);
        backlog.resize(0);
        assert_eq!(backlog.size_bytes(), MIN_SIZE_BYTES);
    }

    #[test]
    fn a_lagging_cursor_keeps_blocks_beyond_the_size_and_detaching_frees_them() {
        let mut backlog = Backlog::new(MIN_SIZE_BYTES, 0);
        assert!(backlog.attach(7, 0));
        for _ in 0..100 {
            backlog.append(backlog.end(), &stream(backlog.end(), 10_000));
        }
        assert_eq!((backlog.start(), backlog.lag_bytes(7)), (0, Some(1_000_000)));
        assert_eq!(read_all(&backlog, 0, usize::MAX), Some(stream(0, 1_000_000)));

        backlog.advance(7, 500_000);
        backlog.trim(usize::MAX);
        assert_eq!(backlog.start(), 500_000 / BLOCK_BYTES as i64 * BLOCK_BYTES as i64);
        assert_eq!(read_all(&backlog, 500_000, usize::MAX), Some(stream(500_000, 500_000)));

        backlog.detach(7);
        backlog.append(backlog.end(), b"x");
        assert!(backlog.histlen() <= MIN_SIZE_BYTES + BLOCK_BYTES);
        assert_eq!(backlog.position(7), None);
    }

    #[test]
    fn one_append_frees_a_bounded_number_of_blocks() {
        let mut backlog = Backlog::new(MIN_SIZE_BYTES, 0);
        backlog.attach(1, 0);
        backlog.append(backlog.end(), &stream(0, 200 * BLOCK_BYTES));
        backlog.detach(1);
        backlog.append(backlog.end(), b"x");
        assert_eq!(backlog.start(), (64 * BLOCK_BYTES) as i64);
        backlog.append(backlog.end(), b"x");
        assert_eq!(backlog.start(), (128 * BLOCK_BYTES) as i64);
    }

    #[test]
    fn attaching_outside_of_what_is_held_is_refused() {
        let mut backlog = Backlog::new(MIN_SIZE_BYTES, 100);
        assert!(!backlog.attach(1, 99));
        assert!(!backlog.attach(1, 101));
        assert!(backlog.attach(1, 100));
        assert_eq!(backlog.position(1), Some(100));
    }

    #[test]
    fn what_was_read_outlives_the_backlog() {
        let mut backlog = Backlog::new(MIN_SIZE_BYTES, 0);
        backlog.append(backlog.end(), &stream(0, 50_000));
        let mut blocks = Vec::new();
        backlog.read(30_000, 15_000, &mut blocks);
        drop(backlog);
        assert_eq!(blocks.concat(), stream(30_000, 15_000));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Append(usize),
        Resize(usize),
        Attach(ClientId, usize),
        Advance(ClientId, usize),
        Detach(ClientId),
        Trim(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            8 => (0usize..60_000).prop_map(Step::Append),
            8 => (0usize..300).prop_map(Step::Append),
            1 => (0usize..200_000).prop_map(Step::Resize),
            2 => (0u64..3, 0usize..200_000).prop_map(|(r, back)| Step::Attach(r, back)),
            4 => (0u64..3, 0usize..80_000).prop_map(|(r, by)| Step::Advance(r, by)),
            1 => (0u64..3).prop_map(Step::Detach),
            1 => (0usize..10).prop_map(Step::Trim),
        ];
        prop::collection::vec(step, 1..60)
    }

    /// Checks everything that must hold after any step, against the whole stream in one `Vec`.
    fn check(backlog: &Backlog, whole: &[u8], base: Offset, cursors: &[Option<Offset>; 3]) {
        assert_eq!(backlog.end(), base + whole.len() as i64);
        let held = |position: Offset| &whole[(position - base) as usize..];
        for position in [backlog.start(), (backlog.start() + backlog.end()) / 2, backlog.end()] {
            assert_eq!(read_all(backlog, position, usize::MAX).unwrap(), held(position));
            let some = read_all(backlog, position, 25_000).unwrap();
            assert_eq!(some, held(position)[..held(position).len().min(25_000)]);
        }
        for (replica, cursor) in cursors.iter().enumerate() {
            assert_eq!(backlog.position(replica as ClientId), *cursor);
            if let Some(position) = *cursor {
                assert!(backlog.start() <= position && position <= backlog.end());
                assert_eq!(read_all(backlog, position, usize::MAX).unwrap(), held(position));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn backlog_reads_back_what_a_plain_vector_would(steps in steps(), base in 0i64..1_000_000) {
            let mut backlog = Backlog::new(50_000, base);
            let mut whole = Vec::new();
            let mut cursors = [None; 3];
            let mut start = base;
            for step in steps {
                match step {
                    Step::Append(len) => {
                        let bytes = stream(backlog.end(), len);
                        backlog.append(backlog.end(), &bytes);
                        whole.extend_from_slice(&bytes);
                    }
                    Step::Resize(size) => backlog.resize(size),
                    Step::Trim(blocks) => backlog.trim(blocks),
                    Step::Attach(r, back) => {
                        let position = backlog.end() - back as i64;
                        let held = backlog.start() <= position;
                        prop_assert_eq!(backlog.attach(r, position), held);
                        if held {
                            cursors[r as usize] = Some(position);
                        }
                    }
                    Step::Advance(r, by) => {
                        if let Some(position) = &mut cursors[r as usize] {
                            *position = (*position + by as i64).min(backlog.end());
                            backlog.advance(r, *position);
                        }
                    }
                    Step::Detach(r) => {
                        backlog.detach(r);
                        cursors[r as usize] = None;
                    }
                }
                check(&backlog, &whole, base, &cursors);
                let promised = cursors.iter().flatten().copied().min().unwrap_or(i64::MAX);
                let allowed = promised.min(backlog.end() - backlog.size_bytes() as i64);
                prop_assert!(backlog.start() <= allowed.max(start));
                start = backlog.start();
            }
        }
    }
}
