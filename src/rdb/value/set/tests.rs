use super::*;
use crate::base::random::Random;
use crate::rdb::dump::{RestoreError, dump, restore};
use crate::rdb::value::testing::{damage, sealed};
use crate::store::value::{Limits, ObjectRef, ValueRef};

fn set(members: impl Iterator<Item = String>) -> Set {
    let mut set = Set::default();
    members.for_each(|member| assert!(set.add(member.as_bytes(), SetLimit::default())));
    set
}

fn texts(set: &Set) -> Vec<Vec<u8>> {
    let mut texts: Vec<_> = set.iter().map(|member| member.to_vec()).collect();
    texts.sort();
    texts
}

fn restored(payload: &[u8]) -> Result<Set, RestoreError> {
    restore(payload, Limits::default(), |value| match value {
        NewValue::Object(Object::Set(set)) => set,
        other => panic!("no set: {other:?}"),
    })
}

fn form(set: &Set) -> &'static str {
    match set.form() {
        SetForm::Ints(_) => "ints",
        SetForm::Pack(_) => "pack",
        SetForm::Large(_) => "table",
    }
}

/// In what every Redis reads: an intset, or member by member.
#[test]
fn what_is_dumped_is_restored_in_every_form() {
    let sets = [
        (set((0..500).map(|i| i.to_string())), 11, "ints"),
        (set((0..100).map(|i| format!("{i} is a text"))), 2, "pack"),
        (set((0..5000).map(|i| i.to_string())), 2, "table"),
        (set((1..20).map(|i| "x".repeat(i * 1000))), 2, "table"),
    ];
    for (original, code, name) in sets {
        assert_eq!(form(&original), name);
        for compress in [false, true] {
            let payload = dump(&ValueRef::Object(ObjectRef::Set(&original)), compress);
            assert_eq!(payload[0], code);
            let copy = restored(&payload).expect("a set");
            assert_eq!((texts(&copy), form(&copy)), (texts(&original), name));
        }
    }
}

#[test]
fn packs_of_later_versions_are_read() {
    let pack = Listpack::from_elements([&b"a"[..], b"7"]).expect("room");
    let body = [&[20, pack.total_bytes() as u8][..], pack.as_bytes()].concat();
    let set = restored(&sealed(&body)).expect("a set");
    assert_eq!((texts(&set), form(&set)), (vec![b"7".to_vec(), b"a".to_vec()], "pack"));
}

#[test]
fn repeated_members_and_empty_sets_are_refused() {
    let pack = Listpack::from_elements([&b"a"[..], b"b", b"a"]).expect("room");
    let bodies = [
        [&[20, pack.total_bytes() as u8][..], pack.as_bytes()].concat(),
        b"\x14\x07\x07\0\0\0\0\0\xff".to_vec(),
        b"\x02\x02\x01a\x01a".to_vec(),
        b"\x02\x02\xc0\x05\x015".to_vec(),
        b"\x02\x00".to_vec(),
        b"\x02\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01a".to_vec(),
        b"\x0b\x08\x02\0\0\0\0\0\0\0".to_vec(),
        b"\x0b\x0c\x02\0\0\0\x02\0\0\0\x01\0\x01\0".to_vec(),
    ];
    for body in bodies {
        let result = restored(&sealed(&body)).map(|set| texts(&set));
        assert_eq!(result, Err(RestoreError::BadData), "{}", body.escape_ascii());
    }
}

/// What is changed at random is refused, or is a value that comes back as it is.
#[test]
fn damaged_payloads_are_refused_or_are_values() {
    let mut random = Random::from_seed(3);
    let mut good = 0;
    for original in [
        set((0..50).map(|i| (i * 1000).to_string())),
        set((0..20).map(|i| format!("member {i}"))),
        set((0..600).map(|i| i.to_string())),
    ] {
        good += damage(ObjectRef::Set(&original), &mut random);
    }
    assert!(good > 100, "{good}");
}
