//! That what is known of deadlines and the sum of bytes stay equal to the keys.

use std::collections::HashMap;

use super::*;
use crate::base::random::Random;
use crate::store::tree::tests::{random, seeds};
use crate::store::value::NewValue;

fn key(number: u64) -> Vec<u8> {
    format!("key:{number}").into_bytes()
}

fn check(table: &Table) {
    let expiries = table.iter().filter_map(Entry::expires_at);
    let (count, sum) = expiries.fold((0, 0), |(n, sum), at| (n + 1, sum + i128::from(at)));
    assert_eq!(table.expires_len(), count);
    let mean = (count > 0).then(|| i64::try_from(sum / count as i128).unwrap());
    assert_eq!(table.deadlines.mean(), mean);
    let first = table.iter().filter_map(Entry::expires_at).min();
    let next = table.next_deadline();
    assert!(first.is_none_or(|first| next.is_some_and(|next| next <= first)), "{next:?} {first:?}");
    let bytes = table.iter().map(Entry::memory_bytes).sum::<usize>();
    assert_eq!(table.entry_bytes(), bytes);
}

type Model = HashMap<Vec<u8>, Option<i64>>;

/// Several tables, each of which began as a clone of another and has gone its own way since.
#[test]
fn the_index_and_the_bytes_are_equal_to_the_keys_after_any_change() {
    for (seed, elements) in seeds().flat_map(|seed| [(seed, false), (seed, true)]) {
        let mut rng = random(seed);
        let mut tables = vec![(Table::new(seed), Model::new())];
        for round in 0..5_000 {
            let chosen = rng.below(tables.len() as u64) as usize;
            if rng.below(200) == 0 && tables.len() < 4 {
                let (table, model) = &tables[chosen];
                tables.push((table.clone(), model.clone()));
            } else if rng.below(200) == 0 && tables.len() > 1 {
                let (table, model) = tables.swap_remove(chosen);
                check(&table);
                assert_eq!(contents(&table), model);
                continue;
            }
            let (table, model) = &mut tables[chosen];
            let key = key(rng.below(300));
            let expiry = (rng.below(3) > 0).then(|| rng.below(1_000) as i64);
            change(&mut rng, table, model, key, expiry, elements);
            assert_eq!(table.len(), model.len());
            if round % 100 == 0 {
                check(table);
                assert_eq!(table.snapshot().expires_len(), table.expires_len());
            }
        }
        for (table, model) in tables {
            check(&table);
            assert_eq!(contents(&table), model);
        }
    }
}

fn contents(table: &Table) -> Model {
    table.iter().map(|entry| (entry.key().to_vec(), entry.expires_at())).collect()
}

fn change(
    rng: &mut Random,
    table: &mut Table,
    model: &mut Model,
    key: Vec<u8>,
    expiry: Option<i64>,
    elements: bool,
) {
    match rng.below(7) {
        0 if elements => {
            let is_new = table.slot(&key).add_member();
            assert_eq!(is_new, !model.contains_key(&key));
            model.entry(key).or_insert(None);
        }
        1 if elements => {
            table.slot(&key).set_element(NewValue::Int(2), expiry);
            model.insert(key, expiry);
        }
        0 => {
            let replaced = table.insert(Entry::new(&key, NewValue::Int(1), expiry));
            let old = model.insert(key, expiry);
            assert_eq!(replaced.map(|entry| entry.expires_at()), old);
        }
        1 => {
            table.slot(&key).set(NewValue::Int(2), expiry, 0);
            model.insert(key, expiry);
        }
        2 => {
            let mut slot = table.slot(&key);
            let old = slot.entry().map(Entry::expires_at);
            assert_eq!(old, model.get(&key).copied());
            let text = vec![b'x'; 1 << rng.below(14)];
            slot.set(NewValue::Text(&text), old.flatten(), 0);
            model.entry(key.clone()).or_insert(None);
        }
        3 => {
            let removed = table.remove(&key).map(|entry| entry.expires_at());
            assert_eq!(removed, model.remove(&key));
        }
        4 => {
            let removed = table.slot(&key).remove().map(|entry| entry.expires_at());
            assert_eq!(removed, model.remove(&key));
        }
        5 => {
            let mut slot = table.slot(&key);
            let updated = slot.entry_mut().map(|mut entry| {
                entry.set_expires_at(expiry);
                entry.append(b"some more");
            });
            assert_eq!(updated, model.get_mut(&key).map(|old| *old = expiry));
        }
        _ => {
            let now = rng.below(100) as i64;
            let popped = table.pop_expired(now);
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
    let mut table = Table::new(3);
    let mut rng = random(3);
    for number in 0..keys {
        let at = rng.below(1_000) as i64;
        table.insert(Entry::new(&key(number), NewValue::Int(at), Some(at)));
    }
    let mut expired = 0;
    for now in 0..=1_001 {
        while table.next_deadline().is_some_and(|at| at < now) {
            if let Some(entry) = table.pop_expired(now) {
                assert_eq!(entry.expires_at(), Some(now - 1));
                expired += 1;
            }
        }
    }
    assert_eq!((expired, table.len(), table.expires_len()), (keys, 0, 0));
}

#[test]
fn an_expired_key_is_given_until_it_is_taken_out() {
    let mut table = Table::new(1);
    table.insert(Entry::new(b"key", NewValue::Int(1), Some(100)));
    assert!(table.get(b"key").unwrap().is_expired(101));
    assert!(table.pop_expired(100).is_none());
    assert_eq!(table.pop_expired(101).unwrap().key(), b"key");
    assert!(table.get(b"key").is_none());
}

#[test]
fn the_average_time_to_live_is_that_of_all_keys_with_one() {
    let mut table = Table::new(1);
    assert_eq!(table.average_ttl(0), 0);
    for (key, at) in [(b"a", Some(1_000)), (b"b", Some(3_000)), (b"c", None)] {
        table.insert(Entry::new(key, NewValue::Int(1), at));
    }
    assert_eq!(table.average_ttl(500), 1_500);
    assert_eq!(table.average_ttl(5_000), 0);
}

#[test]
fn a_cleared_table_forgets_its_deadlines() {
    let mut table = Table::new(1);
    table.insert(Entry::new(b"key", NewValue::Int(1), Some(100)));
    let old = table.clear();
    assert_eq!((table.len(), table.expires_len(), table.next_deadline()), (0, 0, None));
    assert_eq!((old.len(), old.expires_len()), (1, 1));
}

/// Both find and note in shared nodes what is due, and change copies of their own.
#[test]
fn two_clones_change_and_expire_on_two_threads() {
    for seed in seeds() {
        let mut rng = random(seed);
        let mut table = Table::new(seed);
        for number in 0..5_000 {
            let at = (rng.below(2) == 0).then(|| rng.below(1_000) as i64);
            table.insert(Entry::new(&key(number), NewValue::Int(0), at));
        }
        let mut model = contents(&table);
        let (mut other, mut other_model) = (table.clone(), model.clone());
        let mut other_rng = random(seed ^ 1);
        let thread = std::thread::spawn(move || {
            live(&mut other_rng, &mut other, &mut other_model);
            check(&other);
            assert_eq!(contents(&other), other_model);
        });
        live(&mut rng, &mut table, &mut model);
        thread.join().unwrap();
        check(&table);
        assert_eq!(contents(&table), model);
    }
}

/// Sets, removes and expires keys as time goes by.
fn live(rng: &mut Random, table: &mut Table, model: &mut Model) {
    for now in 0..1_000 {
        while table.next_deadline().is_some_and(|at| at < now) {
            if let Some(entry) = table.pop_expired(now) {
                assert_eq!(model.remove(entry.key()), Some(Some(now - 1)));
            }
        }
        assert!(!model.values().flatten().any(|at| *at < now));
        for _ in 0..3 {
            let key = key(rng.below(6_000));
            let at = (rng.below(2) == 0).then(|| now + rng.below(100) as i64);
            table.slot(&key).set(NewValue::Int(now), at, 0);
            model.insert(key, at);
        }
    }
}
