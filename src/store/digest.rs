//! `DEBUG DIGEST`: one number for a whole data set, the same on every server that holds the same.
//!
//! ```text
//! add(d, x) = d xor sha1(x)                    the order of what is added does not matter
//! mix(d, x) = sha1(d xor sha1(x))              it does
//!
//! value     from d: mix type as u32 big endian, mix the string; with an expiry: add "!!expire!!"
//! entry     from 0: mix key, then value
//! data set  from 0: of each database that is not empty: mix index as u32 big endian, then add
//!           each entry's digest
//! ```
//! The digests are those of redis-server.

use std::fmt;

use sha1::{Digest as _, Sha1};

const BYTES: usize = 20;

/// 20 bytes, printed as 40 hexadecimal digits. The default is that of nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest([u8; BYTES]);

impl Digest {
    /// Adds the bytes of all pieces as one.
    pub fn mix_pieces<'a>(&mut self, pieces: impl Iterator<Item = &'a [u8]>) {
        let mut hash = Sha1::new();
        pieces.for_each(|piece| hash.update(piece));
        self.add_hash(hash);
        self.0 = Sha1::digest(self.0).into();
    }

    /// Adds another digest.
    pub fn add_digest(&mut self, other: &Digest) {
        self.add(&other.0);
    }

    /// `add` above.
    pub fn add(&mut self, bytes: &[u8]) {
        self.add_hash(Sha1::new_with_prefix(bytes));
    }

    fn add_hash(&mut self, hash: Sha1) {
        let hash: [u8; BYTES] = hash.finalize().into();
        self.0.iter_mut().zip(hash).for_each(|(own, other)| *own ^= other);
    }

    /// `mix` above.
    pub fn mix(&mut self, bytes: &[u8]) {
        self.add(bytes);
        self.0 = Sha1::digest(self.0).into();
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::big_string::WHOLE_MAX_BYTES;
    use crate::store::dataset::Dataset;
    use crate::store::entry::Entry;
    use crate::store::value::NewValue;
    use crate::store::value::contract::STRING;

    fn entry(key: &str, value: &str, expires_at: Option<i64>) -> Entry {
        Entry::new(key.as_bytes(), NewValue::Str(value.as_bytes()), expires_at)
    }

    /// As redis-server 7.0.15 digests the same.
    #[test]
    fn values_have_the_digests_of_redis() {
        let digest = entry("k:0", "valu", None).value_digest().to_string();
        assert_eq!(digest, "8a4d721a312cb8d58f01046c7272ab90c3ad87f9");
        let digest = entry("k", "123", Some(5)).value_digest().to_string();
        assert_eq!(digest, "6f720be4ac4df2a2a7c35fa640511a20a52ceda8");
    }

    #[test]
    fn a_string_in_chunks_has_the_digest_of_its_bytes() {
        let value: Vec<u8> = (0..WHOLE_MAX_BYTES as u32 + 5).map(|i| (i % 253) as u8).collect();
        let mut expected = Digest::default();
        expected.mix(&STRING.number.to_be_bytes());
        expected.mix(&value);
        let entry = Entry::new(b"k", NewValue::Str(&value), None);
        assert_eq!(entry.value_digest(), expected);
    }

    #[test]
    fn a_data_set_has_the_digest_of_redis() {
        let mut dataset = Dataset::new(16, 1);
        assert_eq!(dataset.digest().to_string(), "0".repeat(40));
        dataset[0].insert(entry("a", "1", None));
        dataset[0].insert(entry("b", "text", Some(9)));
        dataset[3].insert(entry("a", "1", None));
        assert_eq!(dataset.digest().to_string(), "0c5c76cc2135c5f6f8cb9fabe906fa88c77f6f87");
    }

    #[test]
    fn the_order_of_keys_does_not_matter_and_their_database_does() {
        let mut dataset = Dataset::new(2, 1);
        dataset[0].insert(entry("a", "1", None));
        dataset[0].insert(entry("b", "2", None));
        let mut other = Dataset::new(2, 99);
        other[0].insert(entry("b", "2", None));
        other[0].insert(entry("a", "1", None));
        assert_eq!(dataset.digest(), other.digest());
        other.swap(0, 1);
        assert_ne!(dataset.digest(), other.digest());
    }
}
