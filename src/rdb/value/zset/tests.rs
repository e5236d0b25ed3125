use super::*;
use crate::base::random::Random;
use crate::rdb::dump::{RestoreError, dump, restore};
use crate::rdb::value::testing::{damage, sealed};
use crate::store::value::{Limits, ObjectRef, ValueRef};

fn zset(count: usize, long: bool) -> SortedSet {
    let (mut zset, limit) = (SortedSet::default(), SortedSetLimit::default());
    let mut random = Random::from_seed(count as u64);
    for i in 0..count {
        let member = match i % 3 {
            0 => format!("member:{i}").into_bytes(),
            1 if long => i.to_string().into_bytes().repeat(40),
            _ => i.to_string().into_bytes(),
        };
        let score = match random.below(4) {
            0 => random.below(10) as f64,
            1 => f64::INFINITY,
            2 => -1e300 * random.unit_f64(),
            _ => random.unit_f64(),
        };
        zset.set(&member, score, limit);
    }
    zset
}

fn elements(zset: &SortedSet) -> Vec<(Vec<u8>, f64)> {
    zset.iter().map(|(member, score)| (member.to_vec(), score)).collect()
}

fn restored(payload: &[u8]) -> Result<SortedSet, RestoreError> {
    restore(payload, Limits::default(), |value| match value {
        NewValue::Object(Object::SortedSet(zset)) => zset,
        other => panic!("no sorted set: {other:?}"),
    })
}

#[test]
fn what_is_dumped_is_restored_in_any_size() {
    for (count, long) in [(1, false), (100, false), (10, true), (2000, false), (300, true)] {
        let original = zset(count, long);
        for compress in [false, true] {
            let payload = dump(&ValueRef::Object(ObjectRef::SortedSet(&original)), compress);
            let copy = restored(&payload).expect("a sorted set");
            assert_eq!(elements(&copy), elements(&original));
            assert_eq!(copy.pack().is_some(), original.pack().is_some());
        }
    }
}

fn packed(elements: &[&str]) -> Vec<u8> {
    let pack = Listpack::from_elements(elements.iter().map(|text| text.as_bytes())).expect("room");
    [&[17, pack.total_bytes() as u8][..], pack.as_bytes()].concat()
}

fn shown(zset: &SortedSet) -> String {
    let pairs = elements(zset).into_iter();
    let pairs = pairs.map(|(member, score)| format!("{} {score}", member.escape_ascii()));
    pairs.collect::<Vec<_>>().join(", ")
}

#[test]
fn a_sorted_set_of_old_files_is_read() {
    let text = b"\x03\x04\x01a\x011\x01b\xfe\x01c\xff\xc0\x07\x04-0.5";
    let zset = restored(&sealed(text)).expect("a sorted set");
    assert_eq!(shown(&zset), "c -inf, 7 -0.5, a 1, b inf");
    assert!(zset.pack().is_some());
    let ziplist = b"\x0c\x10\x10\0\0\0\x0d\0\0\0\x02\0\0\x01f\x03\xf6\xff";
    let zset = restored(&sealed(ziplist)).expect("a sorted set");
    assert_eq!(shown(&zset), "f 5");
}

#[test]
fn what_is_out_of_order_is_put_in_order() {
    let zset = restored(&sealed(&packed(&["b", "2", "c", "1.5", "10", "1.5", "a", "2"])));
    let zset = zset.expect("a sorted set");
    assert_eq!(shown(&zset), "10 1.5, c 1.5, a 2, b 2");
    assert!(zset.pack().is_some());
    let one_by_one = [
        &b"\x05\x03\x01b"[..],
        &2f64.to_le_bytes(),
        b"\x01c",
        &3f64.to_le_bytes(),
        b"\x01a",
        &2f64.to_le_bytes(),
    ];
    let zset = restored(&sealed(&one_by_one.concat())).expect("a sorted set");
    assert_eq!(shown(&zset), "a 2, b 2, c 3");
}

#[test]
fn repeated_members_halves_and_what_is_no_number_are_refused_in_every_layout() {
    let nan = f64::NAN.to_le_bytes();
    let one = 1f64.to_le_bytes();
    let bodies = [
        packed(&["a", "1", "a", "2"]),
        packed(&["a", "1", "b"]),
        packed(&["a", "x"]),
        packed(&["a", "nan"]),
        packed(&["a", ""]),
        packed(&[]),
        b"\x03\x01\x01a\xfd".to_vec(),
        b"\x03\x01\x01a\x03nan".to_vec(),
        b"\x03\x01\x01a\x00".to_vec(),
        b"\x03\x02\x01a\x011\x01a\x012".to_vec(),
        b"\x03\x00".to_vec(),
        b"\x05\x00".to_vec(),
        [b"\x05\x01\x01a", &nan[..]].concat(),
        [b"\x05\x02\x01a", &one[..], b"\x01a", &one].concat(),
        [b"\x05\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01a", &one[..]].concat(),
        b"\x0c\x0e\x0e\0\0\0\x0a\0\0\0\x01\0\0\x01f\xff".to_vec(),
    ];
    for body in bodies {
        let result = restored(&sealed(&body)).map(|zset| shown(&zset));
        assert_eq!(result, Err(RestoreError::BadData), "{}", body.escape_ascii());
    }
}

/// What is changed at random is refused, or is a value that comes back as it is.
#[test]
fn damaged_payloads_are_refused_or_are_values() {
    let mut random = Random::from_seed(3);
    let mut good = 0;
    for original in [zset(5, false), zset(40, true), zset(600, false)] {
        good += damage(ObjectRef::SortedSet(&original), &mut random);
    }
    assert!(good > 100, "{good}");
}
