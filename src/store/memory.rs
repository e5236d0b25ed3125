//! Sizes as the allocator rounds them, prefetching, and comparing short keys.

/// The bytes that jemalloc takes for an allocation of `bytes`: multiples of 16 up to 128, then
/// four classes for every doubling.
///
/// Blocks are allocated at exactly this size, so that a change that stays in the class can be made
/// in place and the layout to free is known from the contents.
pub(crate) const fn size_class(bytes: usize) -> usize {
    if bytes <= 128 {
        return if bytes == 0 { 16 } else { (bytes + 15) & !15 };
    }
    let step_bits = (bytes - 1).ilog2() - 2;
    let mask = (1usize << step_bits) - 1;
    (bytes + mask) & !mask
}

/// The bytes that jemalloc takes for an allocation of `bytes` that was not rounded up to a class by us:
/// above its small classes whole pages.
pub(crate) const fn taken_bytes(bytes: usize) -> usize {
    const SMALL_MAX_BYTES: usize = 14 * 1024;
    const PAGE_BYTES: usize = 4096;
    if bytes <= SMALL_MAX_BYTES { size_class(bytes) } else { bytes.next_multiple_of(PAGE_BYTES) }
}

/// What a `T` takes behind an `Arc`.
pub(crate) const fn counted_bytes<T>() -> usize {
    size_class(2 * size_of::<usize>() + size_of::<T>())
}

/// Lets the processor fetch the line at `address` while other work is done; a hint, which any
/// address may be given.
#[inline]
pub(crate) fn prefetch<T>(address: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing and never faults; SSE is part of x86-64.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// Whether two keys are equal. Keys of 8 to 32 bytes are compared without a call.
#[inline]
pub(crate) fn same_key(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    match one.len() {
        8..=16 => ends_equal::<8>(one, other),
        17..=32 => ends_equal::<16>(one, other),
        _ => one == other,
    }
}

/// Whether the first and the last `N` bytes are equal: all, if there are `N` to `2 * N`.
#[inline]
fn ends_equal<const N: usize>(one: &[u8], other: &[u8]) -> bool {
    one.first_chunk::<N>() == other.first_chunk() && one.last_chunk::<N>() == other.last_chunk()
}

#[cfg(test)]
mod tests {
    use super::{same_key, size_class, taken_bytes};

    #[test]
    fn keys_are_equal_when_all_their_bytes_are() {
        for len in 0..70 {
            let key: Vec<u8> = (0..len).collect();
            assert!(same_key(&key, &key.clone()));
            assert!(!same_key(&key, &[&key[..], b"x"].concat()));
            for index in 0..key.len() {
                let mut other = key.clone();
                other[index] ^= 0x40;
                assert!(!same_key(&key, &other), "{len} bytes, apart at {index}");
            }
        }
    }

    #[test]
    fn what_is_not_small_takes_whole_pages() {
        for (bytes, taken) in [(1, 16), (14_336, 14_336), (14_337, 16_384), (100_004, 102_400)] {
            assert_eq!(taken_bytes(bytes), taken);
        }
    }

    /// What the allocator says of it.
    #[cfg(not(feature = "system-allocator"))]
    #[test]
    fn a_long_string_takes_what_the_allocator_says() {
        const COUNT: usize = 200;
        let before = crate::telemetry::memory::used_bytes();
        let strings: Vec<Vec<u8>> = (0..COUNT).map(|_| Vec::with_capacity(100_004)).collect();
        let each = (crate::telemetry::memory::used_bytes() - before) / COUNT;
        // Another test may allocate meanwhile: a page would be 4096.
        assert!(each.abs_diff(taken_bytes(strings[0].capacity())) < 2_000, "{each}");
    }

    #[test]
    fn size_classes_are_those_of_jemalloc() {
        let classes = [
            16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768,
            896, 1024, 1280, 1536, 1792, 2048, 2560, 3072, 3584, 4096,
        ];
        let mut expected = classes.iter().copied().peekable();
        for bytes in 1..=4096 {
            while *expected.peek().unwrap() < bytes {
                expected.next();
            }
            assert_eq!(size_class(bytes), *expected.peek().unwrap(), "of {bytes} bytes");
        }
    }
}
