//! Counting ones.

/// The number of bits that are 1.
pub fn count_ones(bytes: &[u8]) -> u64 {
    // The oldest x86-64 has no instruction for it, and almost every one in use has two.
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has them.
            return unsafe { count_by_avx2(bytes) };
        }
        if is_x86_feature_detected!("popcnt") {
            // SAFETY: the processor has it.
            return unsafe { count_by_popcnt(bytes) };
        }
    }
    count(bytes)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
fn count_by_avx2(bytes: &[u8]) -> u64 {
    count(bytes)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt")]
fn count_by_popcnt(bytes: &[u8]) -> u64 {
    count(bytes)
}

/// Compiled into each of its callers, with the instructions that these may use.
#[inline(always)]
fn count(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let words = words.iter().map(|word| u64::from(u64::from_ne_bytes(*word).count_ones()));
    let rest = rest.iter().map(|byte| u64::from(byte.count_ones()));
    words.sum::<u64>() + rest.sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Random;

    #[test]
    fn ones_are_counted_wherever_they_lie() {
        let mut random = Random::from_seed(7);
        let bytes: Vec<u8> = (0..5000).map(|_| random.next_u64() as u8).collect();
        for start in 0..70 {
            for len in (0..70).chain([255, 1024, 4900]) {
                let part = &bytes[start..start + len];
                let expected = part.iter().map(|byte| u64::from(byte.count_ones())).sum();
                let counts = [count_ones(part), count(part)];
                assert_eq!(counts, [expected; 2], "{start} {len}");
            }
        }
    }
}
