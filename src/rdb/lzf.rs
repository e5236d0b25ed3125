//! LZF, the compression of RDB strings.
//!
//! ```text
//! 000LLLLL  L+1 bytes            that many bytes as they are (1..=32)
//! LLLooooo  oooooooo             copy L+2 bytes (3..=8) from o+1 bytes back (1..=8192)
//! 111ooooo  LLLLLLLL  oooooooo   copy L+9 bytes (9..=264) from o+1 bytes back
//! ```

const LITERALS_MAX: usize = 32;
const MATCH_MAX: usize = 264;
const DISTANCE_MAX: usize = 8192;
/// The longest input that is compressed: its positions are counted.
pub const INPUT_MAX_BYTES: usize = (u32::MAX / 2) as usize - 1;
/// Three bytes unpack to 264 at most.
const EXPANSION_MAX: u64 = 88;

/// 8 KiB of the table, so that even short strings seldom collide with themselves.
const TABLE_BITS_MIN: u32 = 11;
const TABLE_BITS_MAX: u32 = 15;
/// After 2 to this many bytes without a match every second byte is tried, then every third, ...
const PATIENCE_BITS: u32 = 7;

/// A compressor that keeps its table from one string to the next.
///
/// Positions in the table are counted on over all strings, so that those of an earlier string are
/// recognised by being lower than `base` and nothing has to be cleared in between.
pub struct Compressor {
    /// The last position of each hash of three bytes, plus `base` of its string.
    table: Box<[u32]>,
    /// Where the positions of the next string begin; 0 stands for "never seen".
    base: u32,
}

impl Compressor {
    /// Takes 128 KiB.
    pub fn new() -> Self {
        Compressor { table: vec![0; 1 << TABLE_BITS_MAX].into_boxed_slice(), base: 1 }
    }

    /// Appends the compressed `input` to `out` when that takes at most `limit` bytes; otherwise
    /// leaves `out` as it was and answers `false`.
    pub fn compress(&mut self, input: &[u8], out: &mut Vec<u8>, limit: usize) -> bool {
        if !self.start(input.len()) {
            return false;
        }
        let start = out.len();
        out.reserve(limit.min(input.len()) + 4);
        let fits = self.compress_from(input, out, start.saturating_add(limit));
        self.base += input.len() as u32;
        if !fits {
            out.truncate(start);
        }
        fits
    }

    /// Makes room for the positions of a string. `false` for one that is too long to count.
    fn start(&mut self, len: usize) -> bool {
        if len > INPUT_MAX_BYTES {
            return false;
        }
        if self.base.checked_add(len as u32).is_none() {
            self.table.fill(0);
            self.base = 1;
        }
        true
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "the table has a slot for every hash, and `literals_from <= at <= input.len()`"
    )]
    fn compress_from(&mut self, input: &[u8], out: &mut Vec<u8>, end: usize) -> bool {
        // Short strings touch only the start of the table, which stays in the nearest cache.
        let bits = (input.len().ilog2() + 1).clamp(TABLE_BITS_MIN, TABLE_BITS_MAX);
        let (mut literals_from, mut at) = (0, 0);
        while let Some(head) = head(input, at) {
            let slot = &mut self.table[hash(head, bits)];
            let candidate = std::mem::replace(slot, self.base + at as u32);
            let Some(distance) = match_distance(input, at, head, candidate, self.base) else {
                at += 1 + ((at - literals_from) >> PATIENCE_BITS);
                continue;
            };
            if !put_literals(&input[literals_from..at], out, end) {
                return false;
            }
            let len = match_len(input, at - distance, at);
            put_match(len, distance, out);
            if out.len() > end {
                return false;
            }
            at += len;
            self.note_match_end(input, at, bits);
            literals_from = at;
        }
        put_literals(&input[literals_from..], out, end)
    }

    /// Remembers the last two positions of a match, where the next repetition often begins.
    #[expect(clippy::indexing_slicing, reason = "the table has a slot for every hash")]
    fn note_match_end(&mut self, input: &[u8], end: usize, bits: u32) {
        for at in [end - 2, end - 1] {
            if let Some(head) = head(input, at) {
                self.table[hash(head, bits)] = self.base + at as u32;
            }
        }
    }
}

impl Default for Compressor {
    fn default() -> Self {
        Compressor::new()
    }
}

/// The four bytes from `at` on, if there are as many.
#[inline]
fn head(input: &[u8], at: usize) -> Option<u32> {
    input.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

/// Hashes the lower three bytes of `head`.
fn hash(head: u32, bits: u32) -> usize {
    ((head << 8).wrapping_mul(0x9E37_79B1) >> (32 - bits)) as usize
}

/// How far back the candidate of this string is, when its first three bytes are those of `head`.
fn match_distance(input: &[u8], at: usize, head: u32, found: u32, base: u32) -> Option<usize> {
    let from = found.checked_sub(base)? as usize;
    let distance = at.checked_sub(from)?;
    let same = (self::head(input, from)? ^ head) << 8 == 0;
    (same && (1..=DISTANCE_MAX).contains(&distance)).then_some(distance)
}

/// How many bytes from `at` on are the same as from `from` on, at most what one match can say.
#[expect(clippy::indexing_slicing, reason = "`from < at <= input.len()`, found by `head`")]
fn match_len(input: &[u8], from: usize, at: usize) -> usize {
    let most = MATCH_MAX.min(input.len() - at);
    let (old, new) = (&input[from..from + most], &input[at..at + most]);
    let (old_words, new_words) = (old.as_chunks::<8>().0, new.as_chunks::<8>().0);
    let mut len = 0;
    for (a, b) in old_words.iter().zip(new_words) {
        let differing = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differing != 0 {
            return len + differing.trailing_zeros() as usize / 8;
        }
        len += 8;
    }
    len + old[len..].iter().zip(&new[len..]).take_while(|(a, b)| a == b).count()
}

fn put_literals(mut literals: &[u8], out: &mut Vec<u8>, end: usize) -> bool {
    while !literals.is_empty() {
        let (run, rest) = literals.split_at(literals.len().min(LITERALS_MAX));
        if out.len() + 1 + run.len() > end {
            return false;
        }
        out.push((run.len() - 1) as u8);
        out.extend_from_slice(run);
        literals = rest;
    }
    true
}

fn put_match(len: usize, distance: usize, out: &mut Vec<u8>) {
    let (len, back) = (len - 2, distance - 1);
    if len < 7 {
        out.push((len << 5 | back >> 8) as u8);
    } else {
        out.push((7 << 5 | back >> 8) as u8);
        out.push((len - 7) as u8);
    }
    out.push(back as u8);
}

/// Whether `packed_bytes` of input can unpack to `bytes`: asked before memory is taken for them.
pub fn may_expand_to(packed_bytes: u64, bytes: u64) -> bool {
    bytes <= packed_bytes.saturating_mul(EXPANSION_MAX)
}

/// Unpacks `input` into all of `out`. `None` when the input is malformed or does not fill `out`
/// exactly; what `out` holds then is of no use.
pub fn decompress(input: &[u8], out: &mut [u8]) -> Option<()> {
    let (mut from, mut to) = (0, 0);
    while let Some(&control) = input.get(from) {
        from += 1;
        if usize::from(control) < LITERALS_MAX {
            let len = usize::from(control) + 1;
            out.get_mut(to..to + len)?.copy_from_slice(input.get(from..from + len)?);
            from += len;
            to += len;
            continue;
        }
        let mut len = usize::from(control >> 5);
        if len == 7 {
            len += usize::from(*input.get(from)?);
            from += 1;
        }
        len += 2;
        let back = usize::from(control & 31) << 8 | usize::from(*input.get(from)?);
        from += 1;
        copy_back(out, to, back + 1, len)?;
        to += len;
    }
    (to == out.len()).then_some(())
}

/// Copies `len` bytes from `distance` before `to`; the two may overlap, which repeats them.
fn copy_back(out: &mut [u8], to: usize, distance: usize, len: usize) -> Option<()> {
    let source = to.checked_sub(distance)?;
    if to + len > out.len() {
        return None;
    }
    if distance == 1 {
        let byte = *out.get(source)?;
        out.get_mut(to..to + len)?.fill(byte);
        return Some(());
    }
    // What was copied repeats what was there, so that each step can copy twice as much.
    let mut copied = 0;
    while copied < len {
        let step = (distance + copied).min(len - copied);
        out.copy_within(source..source + step, to + copied);
        copied += step;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip(compressor: &mut Compressor, text: &[u8]) {
        let mut packed = b"kept".to_vec();
        if compressor.compress(text, &mut packed, text.len() + text.len() / 32 + 1) {
            let mut unpacked = vec![0; text.len()];
            assert_eq!(decompress(&packed[4..], &mut unpacked), Some(()));
            assert_eq!(unpacked, text);
            let mut oracle = vec![0; text.len()];
            let len = lzf_rust::decompress(&packed[4..], &mut oracle).unwrap();
            assert_eq!(&oracle[..len], text);
        } else {
            panic!("{} bytes did not fit with the slack for literals", text.len());
        }
    }

    #[test]
    fn repetitions_of_every_period_come_back() {
        let mut compressor = Compressor::new();
        for period in [1usize, 2, 3, 7, 8, 9, 31, 32, 33, 263, 264, 265, 8191, 8192, 8193] {
            let text: Vec<u8> = (0..20_000).map(|i| (i % period * 31 % 253) as u8).collect();
            round_trip(&mut compressor, &text);
        }
    }

    #[test]
    fn text_shrinks_about_as_much_as_the_oracle_makes_it() {
        let text = (0..3000).map(|i| format!("user:{} name-{} ", i, i * 7)).collect::<String>();
        let mut ours = Vec::new();
        assert!(Compressor::new().compress(text.as_bytes(), &mut ours, text.len()));
        let mut theirs = vec![0; text.len() * 2];
        let theirs = lzf_rust::compress(text.as_bytes(), &mut theirs).unwrap();
        assert!(ours.len() * 100 <= theirs * 105, "{} against {theirs}", ours.len());
    }

    #[test]
    fn what_does_not_shrink_below_the_limit_leaves_the_output_alone() {
        let mut out = b"before".to_vec();
        assert!(!Compressor::new().compress(b"no repetition here: 0123456", &mut out, 23));
        assert_eq!(out, b"before");
    }

    #[test]
    fn the_table_survives_the_end_of_its_positions() {
        let mut compressor = Compressor::new();
        let text = b"abcabcabcabcabcabcabcabc".repeat(3);
        compressor.base = u32::MAX - 100;
        for _ in 0..5 {
            round_trip(&mut compressor, &text);
        }
        assert!(compressor.base < 1000);
    }

    #[test]
    fn malformed_input_is_refused() {
        let mut out = [0; 8];
        for bad in [&[3u8, b'a'][..], &[0x20], &[0xe0, 1], &[0x20, 0], &[0, b'a', 0x20, 1]] {
            assert_eq!(decompress(bad, &mut out), None, "{bad:?}");
        }
        assert_eq!(decompress(&[0, b'a', 0xa0, 0], &mut out), Some(()));
        assert_eq!(&out, b"aaaaaaaa");
        assert_eq!(decompress(&[0, b'a', 0xc0, 0], &mut out), None, "too long");
        assert_eq!(decompress(&[0, b'a', 0x80, 0], &mut out), None, "too short");
    }

    proptest! {
        #[test]
        fn random_strings_come_back(texts in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 1..600),
                prop::collection::vec(0u8..4, 1..3000),
                prop::collection::vec(prop::sample::select(&b"abc"[..]), 1..3000),
            ], 1..8)) {
            let mut compressor = Compressor::new();
            for text in &texts {
                round_trip(&mut compressor, text);
            }
        }

        #[test]
        fn what_the_oracle_packs_is_unpacked(text in prop::collection::vec(0u8..6, 1..3000)) {
            let mut packed = vec![0; text.len() * 2 + 64];
            let len = lzf_rust::compress(&text, &mut packed).unwrap();
            let mut unpacked = vec![0; text.len()];
            prop_assert_eq!(decompress(&packed[..len], &mut unpacked), Some(()));
            prop_assert_eq!(unpacked, text);
        }

        #[test]
        fn random_input_never_panics(
            input in prop::collection::vec(any::<u8>(), 0..200), len in 0usize..2000,
        ) {
            let _ = decompress(&input, &mut vec![0; len]);
            if decompress(&input, &mut vec![0; len]).is_some() {
                prop_assert!(may_expand_to(input.len() as u64, len as u64));
            }
        }
    }
}
