//! Bytes that are none of a pack, or not as short as they could be.

use super::*;

/// A pack of given entries: header and end are made to fit, the count is as given.
fn around(entries: &[u8], count: u16) -> Vec<u8> {
    let total = entries.len() as u32 + 7;
    [&total.to_le_bytes()[..], &count.to_le_bytes(), entries, &[0xff]].concat()
}

#[track_caller]
fn refused(bytes: &[u8]) -> Malformed {
    Listpack::from_bytes(bytes).unwrap_err()
}

#[test]
fn wrong_heads_and_ends_are_refused() {
    for len in 0..7 {
        assert_eq!(
            refused(&[7, 0, 0, 0, 0, 0][..len.min(6)]),
            Malformed::TooShort { bytes: len.min(6) }
        );
    }
    assert_eq!(refused(&[8, 0, 0, 0, 0, 0, 0xff]), Malformed::WrongTotal { stated: 8, bytes: 7 });
    assert_eq!(
        refused(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0xff]),
        Malformed::WrongTotal { stated: u32::MAX.into(), bytes: 7 }
    );
    assert_eq!(refused(&[7, 0, 0, 0, 0, 0, 0]), Malformed::NoEnd);
    assert_eq!(refused(&around(&[1, 1], 2)), Malformed::WrongCount { stated: 2, found: 1 });
    assert_eq!(refused(&around(&[], 1)), Malformed::WrongCount { stated: 1, found: 0 });
    assert_eq!(refused(&around(&[1, 1, 1, 1], 1)), Malformed::WrongCount { stated: 1, found: 2 });
}

#[test]
fn entries_that_are_none_or_reach_beyond_the_end_are_refused() {
    let bad: [&[u8]; 12] = [
        &[0xf5, 1],
        &[0xfe, 1],
        &[0xff],
        &[0xff, 1],
        &[0xc0],
        &[0x85, b'a', 1],
        &[0xe0],
        &[0xe1, 0, b'a'],
        &[0xf0, 0xff, 0xff, 0xff, 0xff, b'a'],
        &[0xf0, 1, 0, 0],
        &[0xf2, 1, 2],
        &[0xf4, 1, 2, 3, 4, 5, 6, 7],
    ];
    for entry in bad {
        assert_eq!(refused(&around(entry, 1)), Malformed::BadEntry { at: 6 }, "{entry:?}");
        let second = [&[5, 1][..], entry].concat();
        assert_eq!(refused(&around(&second, 2)), Malformed::BadEntry { at: 8 }, "{entry:?}");
    }
}

#[test]
fn lengths_behind_entries_have_to_be_right() {
    for link in [&[0][..], &[2], &[0x81], &[]] {
        let entry = [&[5][..], link].concat();
        assert_eq!(refused(&around(&entry, 1)), Malformed::BadLink { at: 7 }, "{link:?}");
    }
    // A length of two bytes that one would hold, one that goes on into the text before it.
    assert_eq!(refused(&around(&[0x81, b'a', 0, 0x82], 1)), Malformed::BadLink { at: 8 });
    assert_eq!(refused(&around(&[0x81, 0, 0x82], 1)), Malformed::BadLink { at: 8 });
}

#[test]
fn what_could_be_shorter_becomes_so_and_means_the_same() {
    let long: [(&[u8], &[u8]); 9] = [
        (&[0xc0, 5, 2], b"5"),
        (&[0xf1, 5, 0, 3], b"5"),
        (&[0xf2, 0xff, 0xff, 0xff, 4], b"-1"),
        (&[0xf3, 0, 1, 0, 0, 5], b"256"),
        (&[0xf4, 1, 0, 0, 0, 0, 0, 0, 0, 9], b"1"),
        (&[0xe0, 1, b'a', 3], b"a"),
        (&[0xf0, 0, 0, 0, 0, 5], b""),
        (&[0xf0, 2, 0, 0, 0, b'h', b'i', 7], b"hi"),
        (&[0x83, b'-', b'4', b'2', 4], b"-42"),
    ];
    for (entry, text) in long {
        let entries = [&[0x81, b'x', 2][..], entry, &[7, 1]].concat();
        for count in [3, u16::MAX] {
            let pack = Listpack::from_bytes(&around(&entries, count)).unwrap();
            let expected = Listpack::from_elements([b"x", text, b"7"]).unwrap();
            assert_eq!(pack, expected, "{text:?}");
            assert_eq!(pack.find(text, 1), pack.seek(1));
        }
    }
}

#[test]
fn a_count_that_is_not_told_is_put_right() {
    let pack = Listpack::from_bytes(&around(&[1, 1, 2, 1], u16::MAX)).unwrap();
    assert_eq!(pack, Listpack::from_elements([b"1", b"2"]).unwrap());
}

#[test]
fn no_change_of_a_byte_is_taken_for_a_pack_that_cannot_be_walked() {
    let random = &mut Random::from_seed(3);
    let texts: Vec<Vec<u8>> = (0..12).map(|_| text(random)).filter(|t| t.len() < 12).collect();
    let good = pack_of(&texts);
    let mut taken = 0;
    for at in 0..good.as_bytes().len() {
        for value in 0..=255 {
            let mut bytes = good.as_bytes().to_vec();
            bytes[at] = value;
            let Ok(pack) = Listpack::from_bytes(&bytes) else { continue };
            taken += 1;
            let forwards = texts_of(&pack);
            let mut backwards: Vec<_> = pack.iter().rev().map(Element::to_vec).collect();
            backwards.reverse();
            assert_eq!(forwards, backwards);
            assert_eq!(pack_of(&forwards), pack);
        }
    }
    assert!(taken > 0, "bytes of texts may be any");
    for cut in 0..good.as_bytes().len() {
        assert!(Listpack::from_bytes(&good.as_bytes()[..cut]).is_err());
    }
}

#[test]
fn a_position_that_holds_no_more_never_reads_beyond_the_pack() {
    let pack = Listpack::from_elements([b"abc", b"def"]).unwrap();
    let last = pack.last().unwrap();
    let empty = Listpack::new();
    assert_eq!(empty.entries_from(last).next(), None);
    assert_eq!(empty.after(last), None);
    assert!(std::panic::catch_unwind(|| empty.get(last)).is_err());
    let mut short = Listpack::from_elements([b"a"]).unwrap();
    let change = std::panic::AssertUnwindSafe(|| short.replace(last, b"x"));
    assert!(std::panic::catch_unwind(change).is_err());
    assert_eq!(short, Listpack::from_elements([b"a"]).unwrap());
}
