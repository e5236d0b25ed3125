//! Random operations against a vector.

use super::check::{check, check_sums};
use super::*;
use crate::base::random::Random;
use crate::store::sequence::{Back, Builder, Front};
use crate::store::tree::tests::{random, seeds};

type Model = Vec<Thing>;

/// Lengths around which the operations go, so that trees of one to four levels come about.
const SIZES: [u64; 4] = [40, 400, 4_000, 30_000];

#[test]
fn random_operations_agree_with_a_vector_and_clones_stay_as_they_were() {
    for seed in seeds() {
        for size in SIZES {
            run(&mut random(seed), size, 1_500);
        }
    }
}

fn run(rng: &mut Random, size: u64, rounds: u64) {
    println!("size {size}");
    let mut model: Model = (0..size).map(|number| thing(rng, number * 8)).collect();
    let mut sequence: Sequence<Thing> = model.iter().cloned().collect();
    let mut kept: Vec<(Sequence<Thing>, Model)> = Vec::new();
    for round in 0..rounds {
        let removing = (round * 6 / rounds) % 2 == 1;
        operate(rng, &mut sequence, &mut model, removing);
        look(rng, &sequence, &model);
        if rng.below(rounds / 20) == 0 {
            check(&sequence);
        }
        if rng.below(rounds / 10) == 0 {
            kept.push((sequence.clone(), model.clone()));
        }
        if kept.len() > 3 {
            let (sequence, model) = kept.swap_remove(rng.below(3) as usize);
            compare(&sequence, &model);
        }
    }
    kept.push((sequence, model));
    kept.iter().for_each(|(sequence, model)| compare(sequence, model));
}

fn compare(sequence: &Sequence<Thing>, model: &Model) {
    check(sequence);
    check_sums(sequence, model);
    assert!(sequence.iter().eq(model));
    assert!(sequence.iter().rev().eq(model.iter().rev()));
    assert_eq!(sequence.is_empty(), model.is_empty());
}

fn thing(rng: &mut Random, number: u64) -> Thing {
    Thing::new(number, rng.below(6))
}

/// A thing whose number fits between its neighbours, to be put in at that place.
fn fitting(rng: &mut Random, model: &Model, at: usize) -> Thing {
    let least = at.checked_sub(1).map_or(0, |before| model[before].number());
    let most = model.get(at).map_or(least + 16, Thing::number);
    let number = least + (most - least) / 2;
    thing(rng, number)
}

/// A place, often one at an end.
fn some_place(rng: &mut Random, len: usize) -> usize {
    let place = match rng.below(8) {
        0 => 0,
        1 => len as u64,
        2 => rng.below(70).min(len as u64),
        3 => (len as u64).saturating_sub(rng.below(70)),
        _ => rng.below(len as u64 + 1),
    };
    place as usize
}

fn operate(rng: &mut Random, sequence: &mut Sequence<Thing>, model: &mut Model, removing: bool) {
    let at = some_place(rng, model.len());
    match rng.below(20) {
        0..=7 if removing => remove(rng, sequence, model, at),
        0..=3 => {
            let new = fitting(rng, model, at);
            match at {
                0 => sequence.push_front(new.clone()),
                _ if at == model.len() => sequence.push_back(new.clone()),
                _ => sequence.insert(Index(at as u64), new.clone()),
            }
            model.insert(at, new);
        }
        4..=7 => {
            let new = fitting(rng, model, at);
            let at = model.partition_point(|old| old.number() <= new.number());
            let number = new.number();
            sequence.insert(Last(|mark: &Thing| mark.number() <= number), new.clone());
            model.insert(at, new);
        }
        8..=10 => remove(rng, sequence, model, at),
        11..=13 => modify(rng, sequence, model, at),
        14 => {
            let tail = sequence.split_off(at as u64);
            let model_tail = model.split_off(at);
            check(sequence);
            compare(&tail, &model_tail);
            sequence.append(tail);
            model.extend(model_tail);
        }
        15 => {
            let end = (at + some_place(rng, model.len() / 4)).min(model.len());
            let removed = sequence.remove_range(at as u64..end as u64);
            let model_removed: Model = model.drain(at..end).collect();
            compare(&removed, &model_removed);
        }
        16 => {
            let from = model.last().map_or(0, Thing::number);
            let more: Model = (0..rng.below(300)).map(|more| thing(rng, from + more)).collect();
            sequence.extend(more.iter().cloned());
            model.extend(more);
        }
        _ => grow(rng, sequence, model, at),
    }
}

fn remove(rng: &mut Random, sequence: &mut Sequence<Thing>, model: &mut Model, at: usize) {
    let many = 1 + rng.below(4) * rng.below(30);
    for _ in 0..many {
        let at = at.min(model.len().saturating_sub(1));
        let expected = if at < model.len() { Some(model.remove(at)) } else { None };
        let removed = match at {
            0 if rng.below(2) == 0 => sequence.pop_front(),
            _ if at == model.len() => sequence.pop_back(),
            _ => sequence.remove(Index(at as u64)),
        };
        assert_eq!(removed, expected);
    }
}

fn modify(rng: &mut Random, sequence: &mut Sequence<Thing>, model: &mut Model, at: usize) {
    let Some(old) = model.get(at).cloned() else {
        assert_eq!(sequence.modify(Index(at as u64), |_| ()), None);
        return;
    };
    let new = thing(rng, old.number());
    if rng.below(2) == 0 {
        let replaced = match at {
            0 => sequence.replace(Front, new.clone()),
            _ if at + 1 == model.len() => sequence.replace(Back, new.clone()),
            _ => sequence.replace(Index(at as u64), new.clone()),
        };
        assert_eq!(replaced, Some(old));
        model[at] = new;
    } else {
        // The last of those with the same number.
        let at = model.partition_point(|other| other.number() <= old.number()) - 1;
        let place = Last(|mark: &Thing| mark.number() <= old.number());
        let replaced = sequence.modify(place, |thing| std::mem::replace(thing, new.clone()));
        assert_eq!(replaced, Some(std::mem::replace(&mut model[at], new)));
    }
}

/// Puts in many at one place, forwards or backwards.
fn grow(rng: &mut Random, sequence: &mut Sequence<Thing>, model: &mut Model, mut at: usize) {
    let forwards = rng.below(2) == 0;
    for _ in 0..rng.below(100) {
        let new = fitting(rng, model, at);
        sequence.insert(Index(at as u64), new.clone());
        model.insert(at, new);
        at += usize::from(forwards);
    }
}

/// Looks at one place in all ways there are.
fn look(rng: &mut Random, sequence: &Sequence<Thing>, model: &Model) {
    assert_eq!(sequence.first(), model.first());
    assert_eq!(sequence.last(), model.last());
    let at = some_place(rng, model.len());
    assert_eq!(sequence.get(Index(at as u64)), model.get(at));
    let number = model.get(at).map_or(7, |thing| thing.number() + rng.below(2));
    let before = model.partition_point(|thing| thing.number() < number);
    let place = sequence.partition_point(|mark| mark.number() < number);
    let weight: u64 = model[..before].iter().map(Thing::weight).sum();
    assert_eq!(place, Place { index: before as u64, weight });
    let last = sequence.get(Last(|mark: &Thing| mark.number() < number));
    assert_eq!(last, before.checked_sub(1).map(|at| &model[at]));
    look_by_weight(rng, sequence, model, (before, weight));

    let mut cursor = sequence.cursor(Last(|mark: &Thing| mark.number() < number));
    let mut at = before;
    for _ in 0..rng.below(200) {
        if rng.below(3) > 0 {
            assert_eq!(cursor.next(), model.get(at));
            at = (at + 1).min(model.len());
        } else {
            assert_eq!(cursor.prev(), at.checked_sub(1).map(|at| &model[at]));
            at = at.saturating_sub(1);
        }
    }
    assert_eq!(cursor.index(), at as u64);
    assert_eq!(cursor.upcoming().first(), model.get(at));
    assert!(model[at..].starts_with(cursor.upcoming()));

    let end = at + rng.below(200) as usize;
    let part = sequence.range(at as u64..end as u64);
    let expected = &model[at..end.min(model.len())];
    assert_eq!(part.len(), expected.len());
    assert!(part.clone().eq(expected) && part.rev().eq(expected.iter().rev()));
}

/// Looks for units of weight around the item at a place, which has that much before it.
fn look_by_weight(
    rng: &mut Random,
    sequence: &Sequence<Thing>,
    model: &Model,
    (at, before): (usize, u64),
) {
    let unit = before + rng.below(12);
    let mut left = unit - before;
    let found = model[at..].iter().position(|thing| {
        let is_in = left < thing.weight();
        left -= if is_in { 0 } else { thing.weight() };
        is_in
    });
    let found = found.map(|found| at + found);
    assert_eq!(sequence.get(Weight(unit)), found.map(|at| &model[at]));
    let mut cursor = sequence.cursor(Weight(unit));
    let place = Place { index: found.unwrap_or(model.len()) as u64, weight: unit - left };
    assert_eq!(cursor.place(), place);
    assert_eq!(cursor.next(), found.map(|at| &model[at]));
}

#[test]
fn what_is_built_has_full_leaves_but_for_the_last() {
    for len in (0..300).chain([64 * 32, 64 * 32 + 1, 64 * 33 + 5, 140_000]) {
        let mut builder = Builder::new();
        (0..len).for_each(|number| builder.push(number));
        let sequence = Sequence::from(builder);
        check(&sequence);
        assert!(numbers(&sequence).into_iter().eq(0..len));
        let leaves = len.div_ceil(64);
        assert!(super::check::nodes(&sequence).len() as u64 <= leaves + leaves / 31 + 3);
    }
}
