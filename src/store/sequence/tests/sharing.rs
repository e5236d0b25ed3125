//! What is copied when others hold it, and that they may be on other threads.

use std::thread;

use super::check::{check, nodes};
use super::*;
use crate::base::random::Random;

const LEN: u64 = 300_000;

fn long() -> Sequence<u64> {
    (0..LEN).collect()
}

/// The nodes of the first that the second has not, and what they take.
fn not_shared(one: &Sequence<u64>, other: &Sequence<u64>) -> (usize, usize) {
    let (one, other) = (nodes(one), nodes(other));
    let own: Vec<_> = one.difference(&other).collect();
    (own.len(), own.iter().map(|(_, bytes)| bytes).sum())
}

#[test]
fn a_clone_shares_all_nodes() {
    let sequence = long();
    assert_eq!(not_shared(&sequence, &sequence.clone()), (0, 0));
}

#[test]
fn a_write_after_a_clone_copies_one_path() {
    let mut rng = Random::from_seed(1);
    let clone = long();
    let levels = clone.tree.as_ref().unwrap().height as usize + 1;
    assert_eq!(levels, 4);
    for _ in 0..30 {
        let mut sequence = clone.clone();
        let at = Index(rng.below(LEN));
        // The node beside the path that is split off, or is evened out with.
        let beside = match rng.below(3) {
            0 => {
                sequence.insert(at, 1);
                levels
            }
            1 => {
                sequence.remove(at);
                levels
            }
            _ => {
                sequence.replace(at, 1);
                0
            }
        };
        let (copied, bytes) = not_shared(&sequence, &clone);
        assert!(copied <= levels + beside, "{copied} nodes");
        assert!(bytes < 16_384, "{bytes} bytes");
    }
}

#[test]
fn writes_to_what_is_copied_copy_no_more() {
    let mut sequence = long();
    let _clone = sequence.clone();
    sequence.replace(Index(1_000), 1);
    let before = nodes(&sequence);
    for at in 1_000..1_010 {
        sequence.replace(Index(at), 2);
    }
    assert_eq!(nodes(&sequence), before);
}

#[test]
fn a_range_is_taken_out_of_what_is_shared_by_few_copies() {
    let mut sequence = long();
    let clone = sequence.clone();
    let removed = sequence.remove_range(1_000..LEN - 1_000);
    check(&sequence);
    check(&removed);
    assert!(numbers(&removed).into_iter().eq(1_000..LEN - 1_000));
    assert!(numbers(&clone).into_iter().eq(0..LEN));
    let (copied, _) = not_shared(&sequence, &clone);
    let (copied_of_removed, _) = not_shared(&removed, &clone);
    assert!(copied + copied_of_removed < 24, "{copied} and {copied_of_removed} nodes");
}

#[test]
fn clones_are_read_and_dropped_on_other_threads_while_the_owner_writes() {
    let mut rng = Random::from_seed(5);
    let mut sequence: Sequence<Thing> = (0..5_000).map(|number| Thing::new(number, 1)).collect();
    let mut readers = Vec::new();
    for round in 0..40u64 {
        let (clone, expected) = (sequence.clone(), sequence.iter().map(Thing::number).sum::<u64>());
        readers.push(thread::spawn(move || {
            assert_eq!(clone.iter().map(Thing::number).sum::<u64>(), expected);
            assert!(clone.iter().rev().map(Thing::number).is_sorted_by(|one, other| one >= other));
            check(&clone);
        }));
        for _ in 0..200 {
            let at = rng.below(sequence.len());
            let number = sequence.get(Index(at)).unwrap().number();
            if rng.below(2) == 0 {
                sequence.insert(Index(at), Thing::new(number, round));
            } else {
                sequence.remove(Index(at));
            }
        }
    }
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    check(&sequence);
}
