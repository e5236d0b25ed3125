//! The checksum at the end of an RDB file and of a DUMP payload.

use crc_fast::{CrcAlgorithm, Digest};

/// Redis's CRC-64 (Jones polynomial, reflected, starts from 0), fed piece by piece.
#[derive(Clone)]
pub struct Crc64 {
    digest: Digest,
}

impl Crc64 {
    /// The checksum of nothing, which is 0.
    pub fn new() -> Self {
        Crc64 { digest: Digest::new(CrcAlgorithm::Crc64Redis) }
    }

    /// Goes on with `bytes`. Large pieces are fast (several bytes a clock), tiny ones are not:
    /// callers gather a buffer first.
    pub fn update(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
    }

    /// The checksum of everything so far.
    pub fn value(&self) -> u64 {
        self.digest.finalize()
    }

    /// The checksum of one piece.
    pub fn of(bytes: &[u8]) -> u64 {
        crc_fast::checksum(CrcAlgorithm::Crc64Redis, bytes)
    }
}

impl Default for Crc64 {
    fn default() -> Self {
        Crc64::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Crc64;

    #[test]
    fn the_check_value_is_the_one_redis_states() {
        assert_eq!(Crc64::of(b"123456789"), 0xe9c6_d914_c4b8_d9ca);
        assert_eq!(Crc64::of(b""), 0);
    }

    #[test]
    fn pieces_give_the_checksum_of_the_whole() {
        let text: Vec<u8> = (0..5000u32).map(|i| (i * 7 % 251) as u8).collect();
        for cut in [0, 1, 15, 16, 17, 255, 256, 4999, 5000] {
            let mut crc = Crc64::new();
            crc.update(&text[..cut]);
            crc.update(&text[cut..]);
            assert_eq!(crc.value(), Crc64::of(&text), "cut at {cut}");
        }
    }
}
