//! That what is known of deadlines and the sum of bytes stay equal to the keys.

use std::collections::HashMap;

use super::*;
use crate::base::random::Random;
use crate::store::tree::tests::{random, seeds};
use crate::store::value::NewValue;

fn key(number: u64) -> Vec<u8> {
    format!("key:{number}").into_bytes()
}

fn check(database: &Database) {
    let expiries = database.iter().filter_map(Entry::expires_at);
    let (count, sum) = expiries.fold((0, 0), |(n, sum), at| (n + 1, sum + i128::from(at)));
    assert_eq!(database.expires_len(), count);
    let mean = (count > 0).then(|| i64::try_from(sum / count as i128).unwrap());
    assert_eq!(database.deadlines.mean(), mean);
    let first = database.iter().filter_map(Entry::expires_at).min();
    let next = database.next_deadline();
    assert!(first.is_none_or(|first| next.is_some_and(|next| next <= first)), "{next:?} {first:?}");
    let bytes = database.iter().map(Entry::memory_bytes).sum::<usize>();
    assert_eq!(database.entry_bytes(), bytes);
}

#[test]
fn the_index_and_the_bytes_are_equal_to_the_keys_after_any_change() {
    for seed in seeds() {
        let mut rng = random(seed);
        let mut database = Database::new(seed);
        let mut model: HashMap<Vec<u8>, Option<i64>> = HashMap::new();
        for round in 0..5_000 {
            let key = key(rng.below(300));
            let expiry = (rng.below(3) > 0).then(|| rng.below(1_000) as i64);
            change(&mut rng, &mut database, &mut model, key, expiry);
            assert_eq!(database.len(), model.len());
            if round % 100 == 0 {
                check(&database);
                assert_eq!(database.snapshot().expires_len(), database.expires_len());
            }
        }
        let kept: HashMap<Vec<u8>, Option<i64>> =
            database.iter().map(|entry| (entry.key().to_vec(), entry.expires_at())).collect();
        assert_eq!(kept, model);
    }
}

fn change(
    rng: &mut Random,
    database: &mut Database,
    model: &mut HashMap<Vec<u8>, Option<i64>>,
    key: Vec<u8>,
    expiry: Option<i64>,
) {
    match rng.below(7) {
        0 => {
            let replaced = database.insert(Entry::new(&key, NewValue::Int(1), expiry));
            let old = model.insert(key, expiry);
            assert_eq!(replaced.map(|entry| entry.expires_at()), old);
        }
        1 => {
            database.slot(&key).set(NewValue::Int(2), expiry, 0);
            model.insert(key, expiry);
        }
        2 => {
            let mut slot = database.slot(&key);
            let old = slot.entry().map(Entry::expires_at);
            assert_eq!(old, model.get(&key).copied());
            let text = vec![b'x'; 1 << rng.below(14)];
            slot.set(NewValue::Text(&text), old.flatten(), 0);
            model.entry(key.clone()).or_insert(None);
        }
        3 => {
            let removed = database.remove(&key).map(|entry| entry.expires_at());
            assert_eq!(removed, model.remove(&key));
        }
        4 => {
            let removed = database.slot(&key).remove().map(|entry| entry.expires_at());
            assert_eq!(removed, model.remove(&key));
        }
        5 => {
            let mut slot = database.slot(&key);
            let updated = slot.entry_mut().map(|mut entry| {
                entry.set_expires_at(expiry);
                entry.append(b"some more");
            });
            assert_eq!(updated, model.get_mut(&key).map(|old| *old = expiry));
        }
        _ => {
            let now = rng.below(100) as i64;
            let popped = database.pop_expired(now);
            let is_due = |at: &Option<i64>| at.is_some_and(|at| at < now);
            assert_eq!(popped.is_some(), model.values().any(is_due));
            if let Some(entry) = popped {
                let at = model.remove(entry.key()).unwrap();
                assert!(is_due(&at) && entry.expires_at() == at);
            }
        }
    }
}

#[test]
fn every_key_is_taken_out_right_after_its_time_and_none_before() {
    let keys = if cfg!(debug_assertions) { 20_000 } else { 1_000_000 };
    let mut database = Database::new(3);
    let mut rng = random(3);
    for number in 0..keys {
        let at = rng.below(1_000) as i64;
        database.insert(Entry::new(&key(number), NewValue::Int(at), Some(at)));
    }
    let mut expired = 0;
    for now in 0..=1_001 {
        while database.next_deadline().is_some_and(|at| at < now) {
            if let Some(entry) = database.pop_expired(now) {
                assert_eq!(entry.expires_at(), Some(now - 1));
                expired += 1;
            }
        }
    }
    assert_eq!((expired, database.len(), database.expires_len()), (keys, 0, 0));
}

#[test]
fn an_expired_key_is_given_until_it_is_taken_out() {
    let mut database = Database::new(1);
    database.insert(Entry::new(b"key", NewValue::Int(1), Some(100)));
    assert!(database.get(b"key").unwrap().is_expired(101));
    assert!(database.pop_expired(100).is_none());
    assert_eq!(database.pop_expired(101).unwrap().key(), b"key");
    assert!(database.get(b"key").is_none());
}

#[test]
fn the_average_time_to_live_is_that_of_all_keys_with_one() {
    let mut database = Database::new(1);
    assert_eq!(database.average_ttl(0), 0);
    for (key, at) in [(b"a", Some(1_000)), (b"b", Some(3_000)), (b"c", None)] {
        database.insert(Entry::new(key, NewValue::Int(1), at));
    }
    assert_eq!(database.average_ttl(500), 1_500);
    assert_eq!(database.average_ttl(5_000), 0);
}

#[test]
fn a_cleared_database_forgets_its_deadlines() {
    let mut database = Database::new(1);
    database.insert(Entry::new(b"key", NewValue::Int(1), Some(100)));
    let old = database.clear();
    assert_eq!((database.len(), database.expires_len(), database.next_deadline()), (0, 0, None));
    assert_eq!((old.len(), old.expires_len()), (1, 1));
}
