//! What bytes have to be to be taken for a listpack.

use super::encoding::{
    END, HEADER_BYTES, MAX_BYTES, UNKNOWN_COUNT, back_len_width, decode, start_before,
};

/// The bytes are no listpack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Looks at every byte: the header is true, each element is whole, and the length behind it says
/// where it begins.
pub(super) fn check(bytes: &[u8]) -> Result<(), Malformed> {
    let head = bytes.first_chunk::<HEADER_BYTES>().ok_or(Malformed)?;
    let [t0, t1, t2, t3, c0, c1] = *head;
    let total = u32::from_le_bytes([t0, t1, t2, t3]) as usize;
    let count = u16::from_le_bytes([c0, c1]);
    if total != bytes.len() || total > MAX_BYTES || bytes.last() != Some(&END) {
        return Err(Malformed);
    }
    let end = total - 1;
    let mut at = HEADER_BYTES;
    let mut found = 0usize;
    while at < end {
        let (_, body) = decode(bytes.get(at..end).ok_or(Malformed)?).ok_or(Malformed)?;
        let next = at + body + back_len_width(body);
        if next > end || start_before(bytes, next) != Some(at) {
            return Err(Malformed);
        }
        at = next;
        found += 1;
    }
    let is_true = count == UNKNOWN_COUNT || usize::from(count) == found;
    if at == end && is_true { Ok(()) } else { Err(Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Random;
    use crate::store::pack::{Listpack, Sought};

    #[test]
    fn bytes_that_are_not_well_formed_are_refused() {
        let good = Listpack::of([&b"abc"[..], b"1000", b""]);
        assert_eq!(check(good.bytes()), Ok(()));
        for len in 0..good.bytes().len() {
            assert_eq!(check(&good.bytes()[..len]), Err(Malformed), "{len} bytes");
        }
        for i in 0..good.bytes().len() {
            let mut bytes = good.bytes().to_vec();
            bytes[i] ^= 0x80;
            let is_text = (7..10).contains(&i);
            // The low bits of 1000, and the empty string, which becomes 0.
            let may_be_other_number = [12, 14].contains(&i);
            if !is_text && !may_be_other_number {
                assert_eq!(check(&bytes), Err(Malformed), "byte {i}");
            }
        }
        for bytes in [&b""[..], b"\xff", b"\x06\0\0\0\0\0", b"\x07\0\0\0\x01\0\xff"] {
            assert_eq!(check(bytes), Err(Malformed));
        }
        assert_eq!(check(b"\x07\0\0\0\0\0\xff"), Ok(()));
        assert_eq!(check(b"\x07\0\0\0\xff\xff\xff"), Ok(()), "an unknown count");
    }

    /// Whatever passes can be read and changed.
    #[test]
    fn what_passes_is_safe_to_use_whatever_was_done_to_it() {
        let mut random = Random::from_seed(5);
        let good = Listpack::of([&b"abc"[..], b"1000", b"-5", &[b'x'; 100], b"99999999", b""]);
        let mut passed = 0;
        for _ in 0..20_000 {
            let mut bytes = good.bytes().to_vec();
            for _ in 0..=random.below(3) {
                let i = random.below(bytes.len() as u64) as usize;
                bytes[i] = random.next_u64() as u8;
            }
            let Ok(mut pack) = Listpack::from_bytes(&bytes) else { continue };
            passed += 1;
            let len = pack.len();
            assert_eq!(pack.iter().count(), len);
            assert_eq!(pack.iter().rev().count(), len);
            pack.find(&Sought::new(b"x"), 2);
            pack.insert(pack.place(len / 2), b"new");
            pack.remove(pack.first(), 1);
            assert_eq!(check(pack.bytes()), Ok(()));
        }
        assert!(passed > 100, "{passed}");
    }
}
