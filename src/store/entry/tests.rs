//! What an entry keeps, and when a change stays in place.

use super::*;
use crate::store::tree::tests::{random, seeds};
use crate::store::value::ObjectRef;

fn key_of(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8).collect()
}

fn text_of(entry: &Entry) -> Vec<u8> {
    entry.value().as_str(&mut itoa::Buffer::new()).unwrap().to_whole().into_owned()
}

#[test]
fn an_entry_gives_back_its_key_value_and_expiry() {
    for key_len in [0, 1, 16, 255, 256, 65535, 65536, 100_000] {
        for value_len in [0, 1, 3, 44, 45, 255, 256, 1024, 1025, 100_000] {
            for expires_at in [None, Some(0), Some(-1), Some(i64::MAX)] {
                let (key, value) = (key_of(key_len), vec![b'v'; value_len]);
                let entry = Entry::new(&key, NewValue::Str(&value), expires_at);
                assert_eq!(entry.key(), key);
                assert_eq!(text_of(&entry), value);
                assert_eq!(entry.expires_at(), expires_at);
                assert!(entry.memory_bytes() >= 8 + key_len + value_len);
            }
        }
    }
}

#[test]
fn integers_of_every_width_are_given_back() {
    let edges = (0..64).flat_map(|bit| {
        let power = 1i64.wrapping_shl(bit);
        [power, power.wrapping_sub(1), power.wrapping_neg(), power.wrapping_neg().wrapping_sub(1)]
    });
    for number in edges {
        for key in [&b""[..], b"k", b"0123456789abcdef"] {
            let entry = Entry::new(key, NewValue::Int(number), None);
            assert!(matches!(entry.value(), ValueRef::Int(n) if n == number), "{number}");
            assert_eq!(entry.key(), key);
        }
    }
}

#[test]
fn encodings_are_named_as_in_redis() {
    let encoding = |value: NewValue<'_>| Entry::new(b"k", value, None).encoding_name();
    assert_eq!(encoding(NewValue::Str(b"12")), "int");
    assert_eq!(encoding(NewValue::RawStr(b"12")), "raw");
    assert_eq!(encoding(NewValue::Str(b"012")), "embstr");
    assert_eq!(encoding(NewValue::Str(&[b'a'; 44])), "embstr");
    assert_eq!(encoding(NewValue::Str(&[b'a'; 45])), "raw");
    assert_eq!(encoding(NewValue::Str(&[b'a'; 5000])), "raw");
    assert_eq!(encoding(NewValue::Int(5)), "int");
}

#[test]
fn a_small_entry_stays_within_its_size_class() {
    let key = [b'k'; 16];
    let bytes = |value: NewValue<'_>, at| Entry::new(&key, value, at).memory_bytes();
    assert_eq!(bytes(NewValue::Str(b"xyz"), None), 32);
    assert_eq!(bytes(NewValue::Int(i64::from(i32::MAX)), None), 32);
    assert_eq!(bytes(NewValue::Int(1_700_000_000_000), None), 32);
    assert_eq!(bytes(NewValue::Str(&[b'x'; 64]), None), 96);
    assert_eq!(bytes(NewValue::Str(b"xyz"), Some(1)), 48);
}

#[test]
fn an_element_takes_little_besides_its_key_and_value() {
    let member = |len| Entry::member(&key_of(len)).memory_bytes();
    assert_eq!([member(0), member(10), member(11), member(26)], [16, 16, 32, 32]);
    assert_eq!([member(255), member(256)], [320, 320]);
    let field = |value: &[u8], at| Entry::element(b"0123456789", NewValue::Str(value), at);
    assert_eq!(field(b"012345678", None).memory_bytes(), 32);
    assert_eq!(field(b"x12345678012345", None).memory_bytes(), 32);
    assert_eq!(field(b"x123456780123456", None).memory_bytes(), 48);
    assert_eq!(field(b"x1", Some(1)).memory_bytes(), 32);
}

/// Every way from one form to another: with and without an expiry, of all types of value, with keys
/// of every width, alone or shared.
#[test]
fn an_element_keeps_its_key_through_every_change() {
    for seed in seeds() {
        let mut random = random(seed);
        for key_len in [0, 1, 2, 3, 4, 10, 255, 256, 70_000] {
            let key = key_of(key_len);
            let mut entry = Entry::member(&key);
            assert_eq!((entry.value().str_len(), entry.encoding_name()), (Some(0), "embstr"));
            let (mut text, mut at) = (Vec::new(), None);
            let mut shared = Vec::new();
            for _ in 0..300 {
                let mut place = EntryMut::new(&mut entry);
                match random.below(5) {
                    0 => at = (random.below(2) == 0).then(|| random.next_u64() as i64),
                    1 => text = (random.next_u64() as i64 >> random.below(64)).to_string().into(),
                    2 => text = vec![b'x'; random.below(300) as usize],
                    3 => text = vec![b'x'; random.below(5_000) as usize],
                    _ => shared.push((place.clone(), text.clone(), at)),
                }
                match random.below(2) {
                    0 => place.replace(NewValue::Str(&text), at),
                    _ => {
                        place.set_value(NewValue::Str(&text));
                        place.set_expires_at(at);
                    }
                }
                entry.set_lru(random.next_u64() as u32);
                let (key, lru) = (&key[..], entry.lru());
                assert!(key_len > 255 || lru == 0);
                assert_eq!(
                    (entry.key(), text_of(&entry), entry.expires_at()),
                    (key, text.clone(), at)
                );
            }
            for (entry, text, at) in shared {
                let expected = (&key[..], text, at);
                assert_eq!((entry.key(), text_of(&entry), entry.expires_at()), expected);
            }
        }
    }
}

#[test]
fn a_shared_member_is_copied_as_one() {
    let mut entry = Entry::member(b"0123456789");
    let kept = entry.clone();
    EntryMut::new(&mut entry).set_expires_at(Some(5));
    EntryMut::new(&mut entry).set_expires_at(None);
    assert_eq!((entry.memory_bytes(), kept.memory_bytes()), (16, 16));
    assert_eq!((entry.key(), kept.key()), (kept.key(), &b"0123456789"[..]));
}

#[test]
fn lru_bits_survive_changes_and_touch_nothing_else() {
    let mut entry = Entry::new(b"key", NewValue::Str(b"value"), Some(7));
    entry.set_lru(u32::MAX);
    assert_eq!(entry.lru(), 0x00ff_ffff);
    entry.set_lru(0x00ab_cdef);
    let mut place = EntryMut::new(&mut entry);
    place.set_value(NewValue::Str(&[b'x'; 300]));
    place.set_expires_at(None);
    place.set_value(NewValue::Int(5));
    assert_eq!((entry.lru(), entry.key(), entry.expires_at()), (0x00ab_cdef, &b"key"[..], None));
}

#[test]
fn a_change_within_the_size_class_stays_in_place() {
    let mut entry = Entry::new(b"0123456789abcdef", NewValue::Int(1), Some(5));
    let address = entry.0.address();
    let mut place = EntryMut::new(&mut entry);
    place.set_value(NewValue::Int(1 << 40));
    place.set_value(NewValue::Str(b"abc"));
    place.set_expires_at(Some(9));
    place.replace(NewValue::Str(b"abcdefgh"), Some(10));
    assert_eq!(entry.0.address(), address);
    assert_eq!((text_of(&entry), entry.expires_at()), (b"abcdefgh".to_vec(), Some(10)));
}

#[test]
fn a_shared_entry_is_copied_and_the_other_holder_sees_nothing() {
    let big = vec![b'b'; 3000];
    for value in [NewValue::Str(b"abc"), NewValue::Int(4), NewValue::Str(&big)] {
        let mut entry = Entry::new(b"key", value, Some(5));
        let kept = entry.clone();
        let before = text_of(&kept);
        let mut place = EntryMut::new(&mut entry);
        place.append(b"tail").unwrap();
        place.set_expires_at(Some(6));
        assert_eq!((text_of(&kept), kept.expires_at()), (before.clone(), Some(5)));
        assert_eq!(text_of(&entry), [&before[..], b"tail"].concat());
        assert_eq!(entry.expires_at(), Some(6));
    }
}

#[test]
fn append_and_fill_work_across_every_size() {
    let mut entry = Entry::new(b"key", NewValue::Int(10), None);
    let mut expected = b"10".to_vec();
    for round in 0..200 {
        let tail = vec![b'a' + (round % 26) as u8; round % 37];
        expected.extend_from_slice(&tail);
        assert_eq!(EntryMut::new(&mut entry).append(&tail), Some(expected.len()));
        assert_eq!(text_of(&entry), expected);
        assert_eq!(entry.encoding_name(), "raw");
    }
    expected.resize(expected.len() + 100, 0);
    let len = EntryMut(&mut entry).write_at(expected.len(), b"").unwrap();
    assert_eq!((len, text_of(&entry)), (expected.len(), expected));
}

#[test]
fn a_big_value_changes_in_place_and_is_shared_by_a_copy() {
    let mut entry = Entry::new(b"key", NewValue::Str(&[b'a'; 5000]), None);
    let mut place = EntryMut::new(&mut entry);
    let string: &mut BigString = place.object_mut().unwrap();
    string.write_at(0, b"z");
    let copy = Entry::new(b"copy", entry.to_new_value(), None);
    let address = |entry: &Entry| text_address(entry.value());
    assert_eq!(address(&entry), address(&copy));
    assert_eq!(text_of(&copy)[..2], *b"za");
}

#[test]
fn a_string_grows_from_inline_to_chunks_in_one_write() {
    for value in [NewValue::Int(12), NewValue::Str(b"12x"), NewValue::Str(&[b'b'; 3000])] {
        let mut entry = Entry::new(b"key", value, Some(5));
        let mut expected = text_of(&entry);
        expected.resize(WHOLE_MAX_BYTES, 0);
        expected.push(b'z');
        assert_eq!(EntryMut::new(&mut entry).write_at(WHOLE_MAX_BYTES, b"z"), Some(expected.len()));
        assert!(text_of(&entry) == expected);
        assert!(entry.is_slow_to_drop());
        assert_eq!((entry.encoding_name(), entry.expires_at()), ("raw", Some(5)));
    }
}

#[test]
fn a_long_value_of_a_copy_changes_alone() {
    let mut entry = Entry::new(b"key", NewValue::Str(&[b'a'; WHOLE_MAX_BYTES + 1]), None);
    let copy = Entry::new(b"copy", entry.to_new_value(), None);
    EntryMut::new(&mut entry).append(b"b").unwrap();
    let lens = [&entry, &copy].map(|entry| entry.value().str_len());
    assert_eq!(lens, [Some(WHOLE_MAX_BYTES + 2), Some(WHOLE_MAX_BYTES + 1)]);
}

fn text_address(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Object(ObjectRef::String(string)) => {
            string.as_str().whole().unwrap().as_ptr() as usize
        }
        other => panic!("{other:?} is inline"),
    }
}

#[test]
fn an_entry_is_gone_strictly_after_its_time() {
    let entry = Entry::new(b"key", NewValue::Int(1), Some(100));
    assert!(!entry.is_expired(100));
    assert!(entry.is_expired(101));
    assert!(!Entry::new(b"key", NewValue::Int(1), None).is_expired(i64::MAX));
}

#[test]
fn entries_are_freed_on_any_thread() {
    let entries: Vec<Entry> = (0..1000)
        .map(|i| Entry::new(format!("key:{i}").as_bytes(), NewValue::Str(&[b'x'; 1500]), None))
        .collect();
    let shared = entries.clone();
    let thread = std::thread::spawn(move || shared.iter().map(|e| e.key().len()).sum::<usize>());
    drop(entries);
    assert_eq!(thread.join().unwrap(), 6890);
}
