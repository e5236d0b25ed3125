//! Ziplists of Redis, and bytes that are none.

use super::*;
use crate::store::packed::listpack::Listpack;

/// A ziplist of given entries: header and end are made to fit, last entry and count are as given.
fn around(entries: &[u8], last: u32, count: u16) -> Vec<u8> {
    let total = entries.len() as u32 + 11;
    let numbers = [total.to_le_bytes(), last.to_le_bytes()].concat();
    [&numbers, &count.to_le_bytes()[..], entries, &[0xff]].concat()
}

#[track_caller]
fn assert_is(bytes: &[u8], elements: &[&[u8]]) {
    let ziplist = Ziplist::from_bytes(bytes).unwrap();
    assert_eq!((ziplist.len(), ziplist.iter().len()), (elements.len(), elements.len()));
    let found: Vec<Vec<u8>> = ziplist.iter().map(Element::to_vec).collect();
    assert_eq!(found, elements);
    assert_eq!(Listpack::from_elements(&ziplist), Listpack::from_elements(found.iter()));
    // Not one byte of it may be missing.
    for cut in 0..bytes.len() {
        assert!(Ziplist::from_bytes(&bytes[..cut]).is_err());
    }
}

#[track_caller]
fn refused(bytes: &[u8]) -> Malformed {
    Ziplist::from_bytes(bytes).unwrap_err()
}

#[test]
fn small_hashes_lists_and_sorted_sets_of_old_files_are_read() {
    assert_is(
        b"\x1b\0\0\0\x16\0\0\0\x04\0\0\x02f1\x04\x02v1\x04\x02f2\x04\x02v2\xff",
        &[b"f1", b"v1", b"f2", b"v2"],
    );
    assert_is(b"\x0d\0\0\0\x0a\0\0\0\x01\0\0\xf8\xff", &[b"7"]);
    assert_is(
        b"\x19\0\0\0\x16\0\0\0\x04\0\0\x03one\x05\xf2\x02\x03two\x05\xf3\xff",
        &[b"one", b"1", b"two", b"2"],
    );
}

#[test]
fn every_encoding_is_read() {
    // A list of redis-server 6.0.16.
    let numbers = b"\x00\xf1\x02\xfd\x02\xfe\x0d\x03\xfe\xff\x03\xfe\x7f\x03\xfe\x80\x03\xc0\x80\0\
        \x04\xc0\xff\x7f\x04\xf0\xff\x7f\xff\x05\xf0\xff\xff\x7f\x05\xd0\0\0\0\x80\x06\xe0\0\0\0\
        \x80\0\0\0\0\x0a\xe0\0\0\0\0\0\0\0\x80\x0a\x03007\x05\x40\x40";
    let entries =
        [numbers, &[b'x'; 64][..], b"\x43\x40\xff", &[b'y'; 255], b"\xfe\x02\x01\0\0\x04tail"]
            .concat();
    assert_is(
        &around(&entries, 0x190, 0x11),
        &[
            b"0",
            b"12",
            b"13",
            b"-1",
            b"127",
            b"-128",
            b"128",
            b"32767",
            b"-32769",
            b"8388607",
            b"-2147483648",
            b"2147483648",
            b"-9223372036854775808",
            b"007",
            &[b'x'; 64],
            &[b'y'; 255],
            b"tail",
        ],
    );
}

#[test]
fn long_texts_and_links_that_are_longer_than_needed_are_read() {
    let long = vec![b'z'; 20_000];
    let entries =
        [&b"\0\x80\0\0\x4e\x20"[..], &long, b"\xfe\x26\x4e\0\0\xf2", b"\xfe\x06\0\0\0\xf3"];
    let entries = entries.concat();
    assert_is(&around(&entries, 10 + 20_012, 3), &[&long, b"1", b"2"]);
    // The low bits of the encoding mean nothing here.
    assert_is(&around(b"\0\xbf\0\0\0\x01a", 10, 1), &[b"a"]);
}

#[test]
fn an_empty_one_has_no_last_entry_to_be_wrong_about() {
    assert_is(&around(b"", 10, 0), &[]);
    assert_is(&around(b"", 0, 0xffff), &[]);
}

#[test]
fn a_count_that_is_not_told_is_found() {
    assert_is(&around(b"\0\xf2\x02\xf3", 12, 0xffff), &[b"1", b"2"]);
}

#[test]
fn what_is_no_ziplist_is_refused() {
    assert_eq!(refused(&[0; 10]), Malformed::TooShort { bytes: 10 });
    let good = around(b"\0\xf2\x02\xf3", 12, 2);
    let mut bytes = good.clone();
    bytes[0] += 1;
    assert_eq!(refused(&bytes), Malformed::WrongTotal { stated: 16, bytes: 15 });
    bytes = good.clone();
    *bytes.last_mut().unwrap() = 0;
    assert_eq!(refused(&bytes), Malformed::NoEnd);
    assert_eq!(refused(&around(b"\0\xf2\x02\xf3", 10, 2)), Malformed::BadLink { at: 4 });
    assert_eq!(refused(&around(b"\0\xf2\x02\xf3", u32::MAX, 2)), Malformed::BadLink { at: 4 });
    assert_eq!(refused(&around(b"\0\xf2\x03\xf3", 12, 2)), Malformed::BadLink { at: 12 });
    assert_eq!(refused(&around(b"\x01\xf2", 10, 1)), Malformed::BadLink { at: 10 });
    let wrong = |stated, found| Malformed::WrongCount { stated, found };
    assert_eq!(refused(&around(b"\0\xf2\x02\xf3", 12, 3)), wrong(3, 2));
    assert_eq!(refused(&around(b"", 10, 1)), wrong(1, 0));
    let bad: [&[u8]; 13] = [
        b"\0",
        b"\0\xff",
        b"\xff\xf2",
        b"\0\xc1",
        b"\0\xef",
        b"\0\x02a",
        b"\0\x40",
        b"\0\x7f\xffab",
        b"\0\x80\xff\xff\xff\xffab",
        b"\0\x80\0\0\0",
        b"\0\xf0\x01\x02",
        b"\0\xe0\x01\x02\x03\x04\x05\x06\x07",
        b"\xfe\0\0\0",
    ];
    for entry in bad {
        assert_eq!(refused(&around(entry, 10, 1)), Malformed::BadEntry { at: 10 }, "{entry:?}");
    }
}
