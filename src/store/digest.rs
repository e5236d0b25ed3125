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

use super::big_string::StrRef;
use super::dataset::Dataset;
use super::entry::Entry;
use super::value::{Object, ValueRef};

const BYTES: usize = 20;
/// The number that Redis has for strings.
const TYPE_STRING: u32 = 0;

/// 20 bytes, printed as 40 hexadecimal digits. The default is that of nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest([u8; BYTES]);

impl Digest {
    /// Of all keys, values and expiry of all databases. Visits everything: seconds for millions of
    /// keys.
    pub fn of_dataset(dataset: &Dataset) -> Digest {
        let mut digest = Digest::default();
        for (index, database) in dataset.iter().enumerate() {
            if database.is_empty() {
                continue;
            }
            digest.mix(&(index as u32).to_be_bytes());
            for entry in database.iter() {
                digest.add(&Digest::of_entry(entry).0);
            }
        }
        digest
    }

    fn of_entry(entry: &Entry) -> Digest {
        let mut digest = Digest::default();
        digest.mix(entry.key());
        digest.mix_value(entry);
        digest
    }

    /// Of a value and whether it expires, without its key.
    pub fn of_value(entry: &Entry) -> Digest {
        let mut digest = Digest::default();
        digest.mix_value(entry);
        digest
    }

    fn mix_value(&mut self, entry: &Entry) {
        match entry.value() {
            ValueRef::Int(number) => {
                self.mix_string(StrRef::Whole(itoa::Buffer::new().format(number).as_bytes()));
            }
            ValueRef::Str(bytes) => self.mix_string(StrRef::Whole(bytes)),
            ValueRef::Object(Object::String(string)) => self.mix_string(string.as_str()),
        }
        if entry.expires_at().is_some() {
            self.add(b"!!expire!!");
        }
    }

    fn mix_string(&mut self, string: StrRef<'_>) {
        self.mix(&TYPE_STRING.to_be_bytes());
        let mut hash = Sha1::new();
        string.pieces().for_each(|piece| hash.update(piece));
        self.add_hash(hash);
        self.0 = Sha1::digest(self.0).into();
    }

    fn add(&mut self, bytes: &[u8]) {
        self.add_hash(Sha1::new_with_prefix(bytes));
    }

    fn add_hash(&mut self, hash: Sha1) {
        let hash: [u8; BYTES] = hash.finalize().into();
        self.0.iter_mut().zip(hash).for_each(|(own, other)| *own ^= other);
    }

    fn mix(&mut self, bytes: &[u8]) {
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
    use crate::store::value::NewValue;

    fn entry(key: &str, value: &str, expires_at: Option<i64>) -> Entry {
        Entry::new(key.as_bytes(), NewValue::Str(value.as_bytes()), expires_at)
    }

    /// As redis-server 7.0.15 digests the same.
    #[test]
    fn values_have_the_digests_of_redis() {
        let digest = Digest::of_value(&entry("k:0", "valu", None)).to_string();
        assert_eq!(digest, "8a4d721a312cb8d58f01046c7272ab90c3ad87f9");
        let digest = Digest::of_value(&entry("k", "123", Some(5))).to_string();
        assert_eq!(digest, "6f720be4ac4df2a2a7c35fa640511a20a52ceda8");
    }

    #[test]
    fn a_string_in_chunks_has_the_digest_of_its_bytes() {
        let value: Vec<u8> = (0..WHOLE_MAX_BYTES as u32 + 5).map(|i| (i % 253) as u8).collect();
        let mut expected = Digest::default();
        expected.mix(&TYPE_STRING.to_be_bytes());
        expected.mix(&value);
        let entry = Entry::new(b"k", NewValue::Str(&value), None);
        assert_eq!(Digest::of_value(&entry), expected);
    }

    #[test]
    fn a_data_set_has_the_digest_of_redis() {
        let mut dataset = Dataset::new(16, 1);
        assert_eq!(Digest::of_dataset(&dataset).to_string(), "0".repeat(40));
        dataset[0].insert(entry("a", "1", None));
        dataset[0].insert(entry("b", "text", Some(9)));
        dataset[3].insert(entry("a", "1", None));
        assert_eq!(
            Digest::of_dataset(&dataset).to_string(),
            "0c5c76cc2135c5f6f8cb9fabe906fa88c77f6f87"
        );
    }

    #[test]
    fn the_order_of_keys_does_not_matter_and_their_database_does() {
        let mut dataset = Dataset::new(2, 1);
        dataset[0].insert(entry("a", "1", None));
        dataset[0].insert(entry("b", "2", None));
        let mut other = Dataset::new(2, 99);
        other[0].insert(entry("b", "2", None));
        other[0].insert(entry("a", "1", None));
        assert_eq!(Digest::of_dataset(&dataset), Digest::of_dataset(&other));
        other.swap(0, 1);
        assert_ne!(Digest::of_dataset(&dataset), Digest::of_dataset(&other));
    }
}
