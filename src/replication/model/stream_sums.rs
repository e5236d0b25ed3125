//! Checksums of the stream, by which a master notices that it arrived changed at a replica: TCP's
//! own are weak, and what stands between two hosts may change what it passes on.
//!
//! ```text
//!            offset 0     65536     131072    196608
//!  stream ────┬──────────┬─────────┬─────────┬────►
//!  master     │  sum     │  sum    │  sum    │ ...    kept for the last pieces
//!  replica         ├─sum─┤──sum────┤──sum────┤──sum─┤ from where its link began
//! ```
//!
//! A replica of ours tells a master of ours the sum of each piece that has come, and about once a
//! second that of the piece which is coming. The pieces end at multiples of [`PIECE_BYTES`], so that
//! the master reckons each once, for all replicas. Nothing of this is in the stream itself.

use std::collections::VecDeque;

use crate::base::crc64::Crc64;
use crate::base::number::parse_i64;
use crate::base::offset::{self, Offset};

/// How long a piece is; the first of a link is shorter.
pub const PIECE_BYTES: i64 = 64 * 1024;
/// Pieces of which the sum is kept: 64 MB of the stream, more than can be on its way.
const KEPT_PIECES: usize = 1024;

/// The bytes of the stream behind `from`, up to `to`, have this sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    pub from: Offset,
    pub to: Offset,
    /// CRC-64.
    pub sum: u64,
}

impl Check {
    /// From the arguments of `REPLCONF check <from> <to> <sum>`; the sum is a number of 64 bits with
    /// its sign.
    pub fn parse(from: &[u8], to: &[u8], sum: &[u8]) -> Option<Check> {
        let (from, to) = (parse_i64(from)?, parse_i64(to)?);
        let is_piece = 0 <= from && from < to && to - from <= PIECE_BYTES;
        is_piece.then_some(Check { from, to, sum: parse_i64(sum)?.cast_unsigned() })
    }
}

/// A stream that is divided into pieces as it comes.
pub struct Pieces {
    from: Offset,
    at: Offset,
    crc: Crc64,
}

impl Pieces {
    /// Of a stream that is at `position`.
    pub fn new(position: Offset) -> Pieces {
        Pieces { from: position, at: position, crc: Crc64::new() }
    }

    /// More of the stream; `done` gets each piece that it completes.
    pub fn append(&mut self, mut bytes: &[u8], mut done: impl FnMut(Check)) {
        while !bytes.is_empty() {
            let left = PIECE_BYTES - self.at.rem_euclid(PIECE_BYTES);
            let (now, later) = bytes.split_at(bytes.len().min(left as usize));
            self.crc.update(now);
            self.at = offset::advance(self.at, now.len());
            bytes = later;
            if self.at.rem_euclid(PIECE_BYTES) == 0 {
                done(self.begun());
                *self = Pieces::new(self.at);
            }
        }
    }

    /// The piece that is coming, as far as it has come.
    pub fn begun(&self) -> Check {
        Check { from: self.from, to: self.at, sum: self.crc.value() }
    }
}

/// Keeps the newest, so that a master that does not read is told of those.
fn keep(pieces: &mut VecDeque<Check>, piece: Check) {
    if pieces.len() == KEPT_PIECES {
        pieces.pop_front();
    }
    pieces.push_back(piece);
}

/// The sums that a master keeps of what it has written.
pub struct WrittenSums {
    pieces: Pieces,
    kept: VecDeque<Check>,
}

impl WrittenSums {
    pub fn new(position: Offset) -> WrittenSums {
        WrittenSums { pieces: Pieces::new(position), kept: VecDeque::new() }
    }

    pub fn append(&mut self, bytes: &[u8]) {
        let kept = &mut self.kept;
        self.pieces.append(bytes, |piece| keep(kept, piece));
    }

    /// The sum of a piece, if it is one whose sum is kept.
    pub fn of(&self, from: Offset, to: Offset) -> Option<u64> {
        let index = self.kept.partition_point(|piece| piece.to < to);
        let piece = self.kept.get(index)?;
        (piece.from == from && piece.to == to).then_some(piece.sum)
    }
}

/// What a replica has yet to tell its master of what has come.
pub struct ReadSums {
    pieces: Pieces,
    untold: VecDeque<Check>,
    /// Up to where the piece that is coming was told of.
    told_to: Offset,
}

impl ReadSums {
    /// Of a link whose stream begins at `position`.
    pub fn new(position: Offset) -> ReadSums {
        ReadSums { pieces: Pieces::new(position), untold: VecDeque::new(), told_to: position }
    }

    pub fn append(&mut self, bytes: &[u8]) {
        let untold = &mut self.untold;
        self.pieces.append(bytes, |piece| keep(untold, piece));
    }

    /// The clock says that the piece which is coming is to be told of too.
    pub fn tick(&mut self) {
        let begun = self.pieces.begun();
        if begun.to > begun.from.max(self.told_to) {
            self.told_to = begun.to;
            keep(&mut self.untold, begun);
        }
    }

    /// The link has ended, and the next continues at `position`: what came over it is still to be
    /// told, also what comes again.
    pub fn continued(mut self, position: Offset) -> ReadSums {
        self.tick();
        self.pieces = Pieces::new(position);
        self.told_to = position;
        self
    }

    pub fn take_untold(&mut self) -> impl Iterator<Item = Check> {
        self.untold.drain(..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Random;

    #[test]
    fn whoever_begins_where_has_the_same_sums_of_whole_pieces() {
        let mut random = Random::from_seed(1);
        let stream: Vec<u8> = (0..300_000).map(|_| random.next_u64() as u8).collect();
        let mut written = WrittenSums::new(100);
        let mut read = ReadSums::new(100 + 70_000);
        let mut rest = &stream[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(1 + random.below(9000) as usize));
            written.append(now);
            rest = later;
        }
        read.append(&stream[70_000..]);
        read.tick();
        read.tick();
        let told: Vec<_> = read.take_untold().collect();
        let borders: Vec<_> = told.iter().map(|check| (check.from, check.to)).collect();
        assert_eq!(
            borders,
            [(70_100, 131_072), (131_072, 196_608), (196_608, 262_144), (262_144, 300_100)]
        );
        for check in &told {
            let bytes = &stream[(check.from - 100) as usize..(check.to - 100) as usize];
            assert_eq!(check.sum, Crc64::of(bytes));
        }
        assert_eq!(written.of(70_100, 131_072), None, "it begins where a link did");
        assert_eq!(written.of(131_072, 196_608), Some(told[1].sum));
        assert_eq!(written.of(196_608, 262_144), Some(told[2].sum));
        assert_eq!(written.of(262_144, 300_100), None, "it is not complete");
        assert_eq!(written.of(1 << 40, (1 << 40) + PIECE_BYTES), None);
        read.append(b"more");
        let mut read = read.continued(300_102);
        read.append(b"re");
        read.tick();
        let told: Vec<_> = read.take_untold().map(|check| (check.from, check.to)).collect();
        assert_eq!(told, [(262_144, 300_104), (300_102, 300_104)], "also of a link that has ended");
        read.append(b"more");
        read.tick();
        assert_eq!(read.take_untold().map(|check| check.to).collect::<Vec<_>>(), [300_108]);
    }

    #[test]
    fn what_is_kept_and_what_is_untold_is_bounded() {
        let piece = vec![7; PIECE_BYTES as usize];
        let (mut written, mut read) = (WrittenSums::new(0), ReadSums::new(0));
        for _ in 0..KEPT_PIECES + 5 {
            written.append(&piece);
            read.append(&piece);
        }
        assert_eq!(written.of(0, PIECE_BYTES), None);
        assert!(written.of(5 * PIECE_BYTES, 6 * PIECE_BYTES).is_some());
        assert_eq!(read.take_untold().count(), KEPT_PIECES);
    }

    #[test]
    fn a_check_is_of_one_piece_at_most() {
        let parse = |from: &str, to: &str, sum: &str| {
            Check::parse(from.as_bytes(), to.as_bytes(), sum.as_bytes())
        };
        assert_eq!(parse("5", "9", "-1"), Some(Check { from: 5, to: 9, sum: u64::MAX }));
        for (from, to, sum) in [
            ("5", "5", "1"),
            ("9", "5", "1"),
            ("-1", "5", "1"),
            ("0", "65537", "1"),
            ("-9223372036854775808", "9223372036854775807", "1"),
            ("x", "9", "1"),
            ("5", "9", "18446744073709551615"),
        ] {
            assert_eq!(parse(from, to, sum), None, "{from} {to} {sum}");
        }
    }
}
