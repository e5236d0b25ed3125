use super::*;
use crate::base::random::Random;
use crate::rdb::dump::{RestoreError, dump, restore};
use crate::rdb::value::testing::{damage, sealed};
use crate::store::value::Limits;

fn hash(count: usize, long: bool) -> Hash {
    let mut hash = Hash::default();
    let mut set = |field: String, value: &[u8]| {
        let _ = hash.set(field.as_bytes(), Element::Str(value), HashLimit::default());
    };
    for i in 0..count {
        match i % 3 {
            0 => set(format!("field:{i}"), i.to_string().as_bytes()),
            1 if long => set(i.to_string(), &b"long".repeat(i * 300)),
            _ => set(i.to_string(), b"text"),
        }
    }
    hash
}

fn pairs(hash: &Hash) -> Vec<(Vec<u8>, Vec<u8>)> {
    let text = |value: ValueRef<'_>| {
        value.as_str(&mut itoa::Buffer::new()).expect("a string").to_whole().into_owned()
    };
    let mut pairs: Vec<_> =
        hash.iter().map(|(field, value)| (field.to_vec(), text(value))).collect();
    pairs.sort();
    pairs
}

fn restored(payload: &[u8]) -> Result<Hash, RestoreError> {
    restore(payload, Limits::default(), |value| match value {
        NewValue::Object(Object::Hash(hash)) => hash,
        other => panic!("no hash: {other:?}"),
    })
}

#[test]
fn what_is_dumped_is_restored_in_any_size() {
    for (count, long) in [(1, false), (10, false), (10, true), (2000, false), (300, true)] {
        let original = hash(count, long);
        for compress in [false, true] {
            let payload = dump(&ValueRef::Object(ObjectRef::Hash(&original)), compress);
            let copy = restored(&payload).expect("a hash");
            assert_eq!(pairs(&copy), pairs(&original));
            assert_eq!(copy.pack().is_some(), original.pack().is_some());
        }
    }
}

#[test]
fn fields_one_by_one_become_a_pack_if_they_fit_into_one() {
    let body = b"\x04\x02\x01a\x01b\xc0\x07\x02xy";
    let hash = restored(&sealed(body)).expect("a hash");
    assert!(hash.pack().is_some());
    assert_eq!(pairs(&hash), [(b"7".to_vec(), b"xy".to_vec()), (b"a".to_vec(), b"b".to_vec())]);
    let long = [b"\x04\x02\x01a\x40\x41", &[b'x'; 65][..], b"\x01b\x01c"].concat();
    let hash = restored(&sealed(&long)).expect("a hash");
    assert!(hash.pack().is_none() && hash.len() == 2);
}

#[test]
fn a_hash_of_old_files_is_read() {
    let zipmap = b"\x09\x0e\x02\x01a\x02\0v1\x01b\x02\0v2\xff";
    let hash = restored(&sealed(zipmap)).expect("a hash");
    assert_eq!(pairs(&hash), [(b"a".to_vec(), b"v1".to_vec()), (b"b".to_vec(), b"v2".to_vec())]);
    let ziplist = b"\x0d\x10\x10\0\0\0\x0d\0\0\0\x02\0\0\x01f\x03\xf6\xff";
    let hash = restored(&sealed(ziplist)).expect("a hash");
    assert_eq!(pairs(&hash), [(b"f".to_vec(), b"5".to_vec())]);
}

#[test]
fn a_zipmap_of_nothing_is_none_as_in_redis() {
    let Err(error) = read_zipmap(b"\0\xff", Limits::default().hash) else { panic!("it is taken") };
    let text = error.to_string();
    assert!(text.starts_with("Zipmap integrity check failed"), "{text}");
    assert!(matches!(restored(&sealed(b"\x09\x02\0\xff")), Err(RestoreError::BadData)));
}

#[test]
fn repeated_fields_and_halves_are_refused_in_every_layout() {
    let pack = |texts: &[&[u8]]| {
        let pack = Listpack::from_elements(texts.iter().copied()).expect("room");
        [&[16, pack.total_bytes() as u8][..], pack.as_bytes()].concat()
    };
    let bodies = [
        pack(&[b"a", b"1", b"a", b"2"]),
        pack(&[b"a", b"1", b"b"]),
        pack(&[]),
        b"\x04\x02\x01a\x01b\x01a\x01c".to_vec(),
        [b"\x04\x02\x01a\x40\x41", &[b'x'; 65][..], b"\x01a\x01c"].concat(),
        [b"\x04\x02\x01a\x01c\x01a\x40\x41", &[b'x'; 65][..]].concat(),
        b"\x04\x00".to_vec(),
        b"\x04\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(),
        b"\x04\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01a\x01b".to_vec(),
        b"\x09\x0e\x02\x01a\x02\0v1\x01a\x02\0v2\xff".to_vec(),
        b"\x0d\x0e\x0e\0\0\0\x0a\0\0\0\x01\0\0\x01f\xff".to_vec(),
    ];
    for body in bodies {
        let result = restored(&sealed(&body)).map(|hash| pairs(&hash));
        assert_eq!(result, Err(RestoreError::BadData), "{}", body.escape_ascii());
    }
}

/// What is changed at random is refused, or is a value that comes back as it is.
#[test]
fn damaged_payloads_are_refused_or_are_values() {
    let mut random = Random::from_seed(3);
    let mut good = 0;
    for original in [hash(5, false), hash(40, true), hash(600, false)] {
        good += damage(ObjectRef::Hash(&original), &mut random);
    }
    assert!(good > 100, "{good}");
}
