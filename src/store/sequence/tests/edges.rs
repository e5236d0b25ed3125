//! The ends, and what is just too much or too little.

use std::ops::Range;

use super::check::{check, nodes};
use super::*;
use crate::base::random::Random;

#[test]
fn an_empty_sequence_has_nothing() {
    let mut sequence: Sequence<u64> = Sequence::new();
    assert_eq!((sequence.len(), sequence.weight(), sequence.memory_bytes()), (0, 0, 0));
    assert!(sequence.is_empty() && !sequence.is_slow_to_drop());
    assert_eq!(sequence.get(Index(0)), None);
    assert_eq!(sequence.get(Weight(0)), None);
    assert_eq!(sequence.get(Last(|_: &()| true)), None);
    assert_eq!((sequence.first(), sequence.last()), (None, None));
    assert_eq!((sequence.pop_front(), sequence.pop_back()), (None, None));
    assert_eq!(sequence.modify(Index(0), |_| ()), None);
    assert_eq!(sequence.partition_point(|&()| true), Place::default());
    let mut cursor = sequence.cursor(Index(3));
    assert_eq!((cursor.next(), cursor.prev(), cursor.upcoming()), (None, None, &[][..]));
    assert_eq!(sequence.iter().next(), None);
    assert!(sequence.split_off(0).is_empty());
    assert!(sequence.remove_range(0..9).is_empty());
    sequence.append(Sequence::new());
    assert!(sequence.is_empty());
}

#[test]
fn the_last_item_takes_all_memory_with_it() {
    let mut sequence: Sequence<u64> = (0..5_000).collect();
    let mut left: Vec<u64> = (0..5_000).collect();
    let mut rng = Random::from_seed(3);
    while !left.is_empty() {
        let at = rng.below(left.len() as u64);
        assert_eq!(sequence.remove(Index(at)), Some(left.remove(at as usize)));
    }
    assert!(sequence.is_empty());
    assert_eq!((sequence.memory_bytes(), sequence.weight()), (0, 0));
}

#[test]
fn what_is_not_there_is_not_found_and_nothing_changes() {
    let mut sequence: Sequence<Thing> =
        (0..1_000).map(|number| Thing::new(number + 5, 2)).collect();
    let shared = sequence.clone();
    assert_eq!(sequence.get(Index(1_000)), None);
    assert_eq!(sequence.get(Weight(2_000)), None);
    assert_eq!(sequence.get(Last(|mark: &Thing| mark.number() < 5)), None);
    assert_eq!(sequence.remove(Index(1_000)), None);
    assert_eq!(sequence.remove(Weight(2_000)), None);
    assert_eq!(sequence.remove(Last(|mark: &Thing| mark.number() < 5)), None);
    assert_eq!(sequence.modify(Index(u64::MAX), |_| ()), None);
    assert!(sequence.remove_range(1_000..2_000).is_empty());
    assert!(sequence.remove_range(Range { start: 7, end: 7 }).is_empty());
    assert!(sequence.remove_range(Range { start: 8, end: 7 }).is_empty());
    assert_eq!(sequence.range(Range { start: 8, end: 7 }).len(), 0);
    assert_eq!(sequence.range(999..u64::MAX).count(), 1);
    assert_eq!(nodes(&sequence), nodes(&shared), "nothing was copied");
}

#[test]
fn an_index_beyond_the_end_is_the_end() {
    let mut sequence: Sequence<u64> = (0..100).collect();
    sequence.insert(Index(u64::MAX), 100);
    assert!(numbers(&sequence).into_iter().eq(0..=100));
    assert!(sequence.split_off(101).is_empty());
    assert_eq!(sequence.len(), 101);
}

#[test]
fn what_is_appended_or_put_before_stands_in_full_leaves() {
    let mut sequence = Sequence::new();
    for number in 0..20_000u64 {
        sequence.push_back(20_000 + number);
        sequence.push_front(19_999 - number);
    }
    check(&sequence);
    assert!(numbers(&sequence).into_iter().eq(0..40_000));
    // 625 full leaves, at least 31 children in each branch.
    assert!(nodes(&sequence).len() <= 625 + 2 + 625 / 31 + 4, "{}", nodes(&sequence).len());
}

#[test]
fn a_queue_keeps_its_size() {
    for (backwards, len) in [(false, 5_000), (true, 5_000), (false, 90), (true, 30), (false, 1)] {
        let mut sequence: Sequence<u64> = (0..len).collect();
        let fresh = sequence.memory_bytes();
        for number in 0..10_000 {
            if backwards {
                sequence.push_front(number);
                sequence.pop_back();
            } else {
                sequence.push_back(number);
                sequence.pop_front();
            }
        }
        check(&sequence);
        assert_eq!(sequence.len(), len);
        assert!(sequence.memory_bytes() < fresh + 4_096, "{}", sequence.memory_bytes());
    }
}

#[test]
fn items_put_in_at_random_take_little_more_than_their_pointers() {
    let mut rng = Random::from_seed(11);
    let mut sequence = Sequence::new();
    for number in 0..100_000u64 {
        sequence.insert(Index(rng.below(number + 1)), number);
    }
    check(&sequence);
    let overhead = sequence.memory_bytes() as f64 / 100_000.0 - 8.0;
    assert!(overhead < 4.0, "{overhead} bytes an item");
    // As many are taken out again: what remains is not spread thin.
    for number in (50_000..100_000).rev() {
        sequence.remove(Index(rng.below(number)));
    }
    check(&sequence);
    let overhead = sequence.memory_bytes() as f64 / 50_000.0 - 8.0;
    assert!(overhead < 5.0, "{overhead} bytes an item");
}

#[test]
fn all_ways_to_part_and_to_put_together_agree() {
    for len in [1u64, 2, 63, 64, 65, 128, 2_047, 2_048, 2_049, 70_000] {
        let whole: Sequence<u64> = (0..len).collect();
        let steps = [0, 1, 31, 32, 33, 63, 64, 65, len / 2, len - 1, len];
        for at in steps.into_iter().filter(|at| *at <= len) {
            let mut left = whole.clone();
            let right = left.split_off(at);
            check(&left);
            check(&right);
            assert_eq!((left.len(), right.len()), (at, len - at));
            left.append(right);
            check(&left);
            assert!(numbers(&left).into_iter().eq(0..len), "{len} at {at}");
        }
    }
}

#[test]
fn sequences_of_all_heights_are_put_together() {
    let lens = [1u64, 5, 64, 700, 2_100, 70_000];
    for (one, other) in lens.into_iter().flat_map(|one| lens.map(|other| (one, other))) {
        // Grown in the middle and at both ends, so that the edges are thin.
        let grown = |from: u64, len: u64| {
            let mut sequence: Sequence<u64> = (from + len / 3..from + len / 3 * 2).collect();
            (from..from + len / 3).rev().for_each(|number| sequence.push_front(number));
            (from + len / 3 * 2..from + len).for_each(|number| sequence.push_back(number));
            sequence
        };
        let mut both = grown(0, one);
        both.append(grown(one, other));
        check(&both);
        assert!(numbers(&both).into_iter().eq(0..one + other), "{one} and {other}");
    }
}

#[test]
fn equal_marks_are_kept_in_the_order_in_which_they_came() {
    let mut sequence = Sequence::new();
    for weight in 0..500 {
        sequence.insert(Last(|mark: &Thing| mark.number() <= 3), Thing::new(3, weight));
    }
    check(&sequence);
    assert!(sequence.iter().map(|thing| thing.0.weight).eq(0..500));
    assert_eq!(sequence.partition_point(|mark| mark.number() < 3).index, 0);
    assert_eq!(sequence.partition_point(|mark| mark.number() <= 3).index, 500);
}

#[test]
fn a_sequence_too_long_for_the_caches_is_searched_as_others_are() {
    let mut sequence: Sequence<Thing> =
        (0..140_000).map(|number| Thing::new(number * 2, 1)).collect();
    for number in (0..280_000).step_by(997) {
        let last = Last(|mark: &Thing| mark.number() <= number);
        assert_eq!(sequence.get(last).map(Thing::number), Some(number & !1));
        assert_eq!(
            sequence.partition_point(|mark| mark.number() < number).index,
            number.div_ceil(2)
        );
        assert_eq!(sequence.modify(last, |thing| thing.number()), Some(number & !1));
    }
    let removed = sequence.remove(Last(|mark: &Thing| mark.number() <= 70_000)).unwrap();
    sequence.insert(Last(|mark: &Thing| mark.number() <= 70_000), removed);
    check(&sequence);
    assert!(sequence.iter().map(Thing::number).eq((0..280_000).step_by(2)));
}
