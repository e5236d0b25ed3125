//! What the tests of collections share: payloads made by hand, and damaged ones.

use crate::base::crc64::Crc64;
use crate::base::random::Random;
use crate::rdb::dump::{dump, restore};
use crate::store::entry::Entry;
use crate::store::value::{Limits, ObjectRef, ValueRef};

/// The payload of a value's bytes, its type first.
pub fn sealed(body: &[u8]) -> Vec<u8> {
    let body = [body, &9u16.to_le_bytes()].concat();
    let checksum = Crc64::of(&body).to_le_bytes();
    [&body[..], &checksum].concat()
}

/// A payload of which some bytes are changed at random, sealed again.
pub fn damaged(body: &[u8], random: &mut Random) -> Vec<u8> {
    let mut damaged = body.to_vec();
    for _ in 0..1 + random.below(3) {
        let at = random.below(damaged.len() as u64) as usize;
        match random.below(4) {
            0 => drop(damaged.remove(at)),
            1 => damaged.insert(at, random.next_u64() as u8),
            2 => damaged[at] ^= 1 << random.below(8),
            _ => damaged[at] = random.next_u64() as u8,
        }
    }
    sealed(&damaged)
}

/// What is changed at random is refused, or is a value that comes back as it is. Gives how often
/// it was a value.
pub fn damage(original: ObjectRef<'_>, random: &mut Random) -> usize {
    let payload = dump(&ValueRef::Object(original), false);
    let body = &payload[..payload.len() - 10];
    let entry_of = |payload: &[u8]| {
        restore(payload, Limits::default(), |value| Entry::new(b"key", value, None))
    };
    let mut good = 0;
    for _ in 0..600 {
        let Ok(entry) = entry_of(&damaged(body, random)) else { continue };
        let again = entry_of(&dump(&entry.value(), true)).expect("our own is good");
        assert_eq!(again.value_digest(), entry.value_digest());
        good += 1;
    }
    good
}
