//! Comparing many tags at a time, without a branch.

/// How many tags the short search compares.
pub(super) const SHORT: usize = 16;

/// How many tags the long search compares: a bit each of its answer.
pub(super) const LONG: usize = 64;

/// A bit for each of 16 tags, the lowest for the first, that is equal to `tag`.
///
/// # Safety
/// 32 initialised bytes can be read at `tags`.
#[inline]
pub(super) unsafe fn matches_short(tags: *const u8, tag: u16) -> u64 {
    // SAFETY: the caller vouches for the bytes.
    unsafe { compare_16(tags, tag) }
}

/// A bit for each of 64 tags, the lowest for the first, that is equal to `tag`.
///
/// # Safety
/// 128 initialised bytes can be read at `tags`.
#[inline]
pub(super) unsafe fn matches_long(tags: *const u8, tag: u16) -> u64 {
    // SAFETY: the caller vouches for the bytes.
    unsafe {
        compare_16(tags, tag)
            | compare_16(tags.add(32), tag) << 16
            | compare_16(tags.add(64), tag) << 32
            | compare_16(tags.add(96), tag) << 48
    }
}

/// # Safety
/// 32 initialised bytes can be read at `tags`.
#[cfg(target_arch = "x86_64")]
#[inline]
unsafe fn compare_16(tags: *const u8, tag: u16) -> u64 {
    use std::arch::x86_64::*;
    // SAFETY: SSE2 is part of x86-64; the caller vouches for the bytes.
    unsafe {
        let wanted = _mm_set1_epi16(tag as i16);
        let first = _mm_cmpeq_epi16(_mm_loadu_si128(tags.cast()), wanted);
        let second = _mm_cmpeq_epi16(_mm_loadu_si128(tags.add(16).cast()), wanted);
        u64::from(_mm_movemask_epi8(_mm_packs_epi16(first, second)) as u16)
    }
}

/// # Safety
/// 32 initialised bytes can be read at `tags`.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
unsafe fn compare_16(tags: *const u8, tag: u16) -> u64 {
    // SAFETY: the caller vouches for the bytes.
    let tags = unsafe { tags.cast::<[u16; 16]>().read_unaligned() };
    portable::compare_16(tags, tag)
}

#[cfg(any(test, not(target_arch = "x86_64")))]
mod portable {
    /// Compares four tags at a time, as the 16-bit lanes of a word.
    pub(super) fn compare_16(tags: [u16; 16], tag: u16) -> u64 {
        tags.as_chunks::<4>().0.iter().rev().fold(0, |bits, four| bits << 4 | compare_4(*four, tag))
    }

    fn compare_4(tags: [u16; 4], tag: u16) -> u64 {
        const LOW_BITS: u64 = 0x7fff_7fff_7fff_7fff;
        let lanes = tags.iter().rev().fold(0, |lanes, tag| lanes << 16 | u64::from(*tag));
        let apart = lanes ^ (u64::from(tag) * 0x0001_0001_0001_0001);
        // The highest bit of each lane, set where the lane is zero.
        let equal = !(((apart & LOW_BITS) + LOW_BITS) | apart | LOW_BITS);
        // Gathers bits 0, 16, 32 and 48 at 48 to 51.
        ((equal >> 15).wrapping_mul(1 << 48 | 1 << 33 | 1 << 18 | 1 << 3) >> 48) & 0b1111
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Random;

    #[test]
    fn every_comparison_finds_the_equal_tags() {
        let mut random = Random::from_seed(1);
        for _ in 0..2_000 {
            let tags: [u16; LONG] = std::array::from_fn(|_| match random.below(4) {
                0 => 0x7fff,
                1 => 0x8000,
                2 => random.below(2) as u16,
                _ => random.next_u64() as u16,
            });
            for tag in [0, 1, 0x7fff, 0x8000, 0xffff, tags[random.below(64) as usize]] {
                let expected = (0..LONG).fold(0, |bits, i| bits | u64::from(tags[i] == tag) << i);
                let start = tags.as_ptr().cast();
                // SAFETY: the array has 128 bytes.
                let (long, short) =
                    unsafe { (matches_long(start, tag), matches_short(start, tag)) };
                assert_eq!((long, short), (expected, expected & 0xffff));
                let first: [u16; 16] = std::array::from_fn(|i| tags[i]);
                assert_eq!(portable::compare_16(first, tag), expected & 0xffff);
            }
        }
    }
}
