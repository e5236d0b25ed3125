//! Searching for the first one or zero.

/// What is compared at once.
const BLOCK_BYTES: usize = 32;

/// The index of the first bit that is `bit`.
pub fn find_bit(bytes: &[u8], bit: bool) -> Option<usize> {
    // Bytes that have none of them.
    let empty = if bit { 0x00 } else { 0xff };
    let (blocks, _) = bytes.as_chunks::<BLOCK_BYTES>();
    let skipped = blocks.iter().take_while(|block| **block == [empty; BLOCK_BYTES]).count();
    let start = skipped * BLOCK_BYTES;
    let rest = &bytes[start..];
    let index = rest.iter().position(|byte| *byte != empty)?;
    let first = (rest[index] ^ empty).leading_zeros() as usize;
    Some((start + index) * 8 + first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bit_is_found_wherever_it_is() {
        for len in [1, 2, 31, 32, 33, 64, 100] {
            for index in 0..8 * len {
                for bit in [false, true] {
                    let mut bytes = vec![if bit { 0 } else { 0xff }; len];
                    assert_eq!(find_bit(&bytes, bit), None);
                    bytes[index / 8] ^= 0x80 >> (index % 8);
                    assert_eq!(find_bit(&bytes, bit), Some(index), "{len} {bit}");
                    let last = 8 * len - 1;
                    bytes[last / 8] ^= u8::from(last != index);
                    assert_eq!(find_bit(&bytes, bit), Some(index), "{len} {bit}");
                }
            }
        }
        assert_eq!((find_bit(&[], true), find_bit(&[], false)), (None, None));
    }
}
