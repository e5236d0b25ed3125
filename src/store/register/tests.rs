use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::base::random::Random;

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn text_of(value: ValueRef<'_>) -> Vec<u8> {
    value.as_str(&mut itoa::Buffer::new()).unwrap().to_whole().into_owned()
}

fn contents<const PAIRS: bool>(register: &Register<PAIRS>) -> Model {
    let of_value = |value| if PAIRS { text_of(value) } else { Vec::new() };
    let pairs = register.iter().map(|(key, value)| (key.to_vec(), of_value(value)));
    let all: Vec<_> = pairs.collect();
    assert_eq!(all.len(), register.len());
    let model: Model = all.into_iter().collect();
    assert_eq!(model.len(), register.len(), "each once");
    model
}

/// What it is made of is in order, and it takes what it says.
fn check<const PAIRS: bool>(register: &Register<PAIRS>, model: &Model) {
    assert_eq!(contents(register), *model);
    let mut borders: Vec<u64> = Vec::new();
    let mut bytes = 0;
    for block in register.blocks.iter() {
        assert!(block.count() > 0, "no block is empty");
        borders.push(*block.mark());
        bytes += block.bytes();
    }
    assert!(borders.is_sorted_by(|one, other| one < other));
    assert!(borders.first().is_none_or(|first| *first == 0));
    for (block, i) in register.blocks.iter().zip(1..) {
        for (tag, record) in block.iter() {
            let spot = register.spot(key_of::<PAIRS>(record));
            assert!(spot.tag == tag && spot.place >= borders[i - 1]);
            assert!(borders.get(i).is_none_or(|end| spot.place < *end));
        }
    }
    assert!(register.logical_bytes() >= bytes + register.rest.logical_bytes());
    for (place, (key, _)) in register.iter().enumerate() {
        assert_eq!(register.nth(place).map(|(key, _)| key), Some(key));
    }
    assert!(register.nth(model.len()).is_none() && register.nth(usize::MAX).is_none());
}

/// One whose hashes differ in so many bits only.
fn colliding<const PAIRS: bool>(hash_bits: u64) -> Register<PAIRS> {
    Register { rest: Table::with_kept_hash_bits(hash_bits, u64::MAX), ..Register::default() }
}

/// All hashes, some, few and one.
const HASH_BITS: [u64; 4] = [u64::MAX, 0xff00_0000_0000_00ff, 0xc000_0000_0000_0000, 0];

fn draw(random: &mut Random) -> Vec<u8> {
    let len = match random.below(40) {
        0 => 200 + random.below(200),
        1 => 2000,
        2..=8 => random.below(120),
        _ => random.below(12),
    };
    vec![b'a' + random.below(20) as u8; len as usize]
}

#[test]
fn fields_and_their_snapshots_equal_their_models_after_any_change() {
    for seed in 0..24 {
        println!("seed {seed}");
        let mut random = Random::from_seed(seed);
        let names = [60, 400, 3000][seed as usize % 3];
        let empty = colliding::<true>(HASH_BITS[seed as usize / 3 % 4]);
        let mut all = vec![(empty, Model::new())];
        for round in 0..6000 {
            let chosen = random.below(all.len() as u64) as usize;
            if random.below(500) == 0 {
                let copy = all[chosen].clone();
                all.truncate(2);
                all.push(copy);
            }
            let index = chosen.min(all.len() - 1);
            let (fields, model) = &mut all[index];
            let mut name = random.below(names).to_string().into_bytes();
            if name.len() == 1 {
                name.extend([b'n'; 300]);
            }
            // Sometimes it grows, sometimes it shrinks.
            if random.below(10) < [2, 7][round / 1500 % 2] {
                let removed = model.remove(&name);
                assert_eq!(fields.remove(&name).is_some(), removed.is_some());
            } else {
                let value = draw(&mut random);
                let is_new = fields.set(&name, Element::Str(&value)).is_new;
                assert_eq!(is_new, model.insert(name.clone(), value).is_none());
            }
            assert_eq!(fields.get(&name).map(text_of), model.get(&name).cloned());
            assert_eq!(fields.contains(&name), model.contains_key(&name));
            if round % 500 == 0 {
                all.iter().for_each(|(fields, model)| check(fields, model));
            }
        }
        for (fields, model) in &mut all {
            check(fields, model);
            for name in std::mem::take(model).keys() {
                assert!(fields.remove(name).is_some());
            }
            check(fields, model);
            assert!(fields.is_empty());
        }
    }
}

/// A run of elements that are beside each other in the blocks, so that whole blocks become empty
/// between ones too full to be joined with.
#[test]
fn blocks_that_become_empty_between_full_ones_take_no_others_along() {
    for (from, to) in [(0, 300), (700, 1100), (2700, 3000)] {
        let mut fields = Fields::default();
        let mut model = Model::new();
        for i in 0..3000 {
            let name = format!("n{i}").into_bytes();
            assert!(fields.set(&name, Element::Str(b"v")).is_new);
            model.insert(name, b"v".to_vec());
        }
        let snapshot = (fields.clone(), model.clone());
        let run: Vec<_> = fields.iter().map(|(key, _)| key.to_vec()).collect();
        for name in &run[from..to] {
            assert!(fields.remove(name).is_some());
            model.remove(name);
            assert_eq!(fields.len(), model.len());
        }
        check(&fields, &model);
        for (i, name) in run.iter().enumerate().filter(|(i, _)| !(from..to).contains(i)) {
            // What is too long for a block leaves it.
            let value = if i % 500 < 100 { vec![b'x'; 300] } else { b"w".to_vec() };
            assert!(!fields.set(name, Element::Str(&value)).is_new);
            model.insert(name.clone(), value);
        }
        check(&fields, &model);
        check(&snapshot.0, &snapshot.1);
    }
}

#[test]
fn members_and_their_snapshots_equal_their_models_after_any_change() {
    for seed in 0..12 {
        println!("seed {seed}");
        let mut random = Random::from_seed(seed);
        let mut members = colliding::<false>(HASH_BITS[seed as usize % 4]);
        let (mut model, mut held) = (Model::new(), None);
        for round in 0..6000 {
            let mut member = draw(&mut random);
            member.extend(random.below(3000).to_string().bytes());
            if random.below(10) < [1, 7][round / 2000 % 2] {
                let any = random.below(model.len().max(1) as u64) as usize;
                let Some(member) = members.nth(any).map(|(member, _)| member.to_vec()) else {
                    continue;
                };
                assert!(members.remove(&member).is_some() && members.remove(&member).is_none());
                model.remove(&member);
            } else {
                let is_new = model.insert(member.clone(), Vec::new()).is_none();
                assert_eq!(members.add(&member), is_new);
                assert!(members.contains(&member) && !members.add(&member));
            }
            if round % 500 == 0 {
                check(&members, &model);
                if let Some((held, was)) = held.replace((members.clone(), model.clone())) {
                    check(&held, &was);
                }
            }
        }
    }
}

#[test]
fn a_walk_sees_each_element_once_while_others_come_and_go() {
    for (seed, hash_bits) in (0..8).zip(HASH_BITS.into_iter().cycle()) {
        println!("seed {seed}");
        let mut random = Random::from_seed(seed);
        let mut fields = colliding::<true>(hash_bits);
        let stays = |i: u64| format!("stays:{i}{}", "x".repeat([0, 300][i as usize % 7 / 6]));
        for i in 0..1500 {
            assert!(fields.set(stays(i).as_bytes(), Element::Int(1)).is_new);
        }
        let (mut seen, mut cursor, mut steps) = (Vec::new(), 0, 0);
        loop {
            let before = seen.len();
            cursor = fields.scan(cursor, 10, |field, _| seen.push(field.to_vec()));
            assert!(seen.len() - before < 300, "a step is short: {}", seen.len() - before);
            steps += 1;
            if cursor == 0 {
                break;
            }
            for _ in 0..30 {
                // Some get longer, and may so come to the table.
                let value = draw(&mut random);
                let name = stays(random.below(1500));
                assert!(!fields.set(name.as_bytes(), Element::Str(&value)).is_new);
                let other = format!("goes:{}", random.below(500));
                match random.below(2) {
                    0 => drop(fields.remove(other.as_bytes())),
                    _ => drop(fields.set(other.as_bytes(), Element::Str(&value))),
                }
            }
        }
        seen.retain(|field| field.starts_with(b"stays:"));
        let expected: BTreeSet<_> = (0..1500).map(|i| stays(i).into_bytes()).collect();
        assert_eq!((seen.len(), steps > 20), (1500, true));
        assert!(seen.into_iter().collect::<BTreeSet<_>>() == expected);
    }
}

#[test]
fn an_element_of_a_large_register_takes_few_bytes() {
    let (mut members, mut fields) = (Members::default(), Fields::default());
    for i in 0..100_000 {
        assert!(members.add(format!("member:{i:05}").as_bytes()));
        let value = format!("value:{i:06}");
        assert!(
            fields.set(format!("field:{i:06}").as_bytes(), Element::Str(value.as_bytes())).is_new
        );
    }
    let each = |bytes: usize| bytes as f64 / 100_000.0;
    assert!(each(members.logical_bytes()) < 19.0, "{}", each(members.logical_bytes()));
    assert!(each(fields.logical_bytes()) < 35.0, "{}", each(fields.logical_bytes()));
}

/// As from a file: block after block, where a last block that was halved would stay half full.
#[test]
fn what_comes_in_order_takes_hardly_more_than_what_comes_in_none() {
    let mut members = Members::default();
    (0..20_000).for_each(|i| assert!(members.add(format!("member:{i:05}").as_bytes())));
    let mut again = Members::default();
    members.iter().for_each(|(member, _)| assert!(again.add(member)));
    let sizes =
        |register: &Members| (register.blocks.len() as f64, register.logical_bytes() as f64);
    let ((blocks, bytes), (again_blocks, again_bytes)) = (sizes(&members), sizes(&again));
    assert!(again_blocks < blocks * 1.1, "{again_blocks} {blocks}");
    assert!(again_bytes < bytes * 1.04, "{again_bytes} {bytes}");
    check(&again, &contents(&members));
}
