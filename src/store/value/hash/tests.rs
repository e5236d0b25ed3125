use std::collections::BTreeMap;

use super::*;
use crate::base::random::Random;

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

const LIMIT: HashLimit = HashLimit { max_fields: 20, max_bytes: 40 };

fn text_of(value: ValueRef<'_>) -> Vec<u8> {
    value.as_str(&mut itoa::Buffer::new()).expect("a string").to_whole().into_owned()
}

fn contents(hash: &Hash) -> Model {
    let pairs = hash.iter().map(|(field, value)| (field.to_vec(), text_of(value)));
    let model: Model = pairs.collect();
    assert_eq!(model.len(), hash.len(), "each field once");
    model
}

fn draw(random: &mut Random) -> Vec<u8> {
    match random.below(12) {
        0..=4 => random.below(1000).to_string().into_bytes(),
        5 => vec![b'v'; 41],
        6 => vec![b'w'; random.below(3000) as usize],
        _ => vec![b'a' + random.below(4) as u8; random.below(20) as usize],
    }
}

fn check(hash: &Hash, model: &Model) {
    assert_eq!(contents(hash), *model);
    for (place, (field, _)) in hash.iter().enumerate() {
        let mut found = Vec::new();
        hash.at_places([place as u64], |field, _| found.push(field.to_vec()));
        assert_eq!(found, [field.to_vec()]);
        assert_eq!(hash.nth(place).map(|(field, _)| field), Some(field));
    }
    assert!(hash.nth(model.len()).is_none() && hash.nth(usize::MAX).is_none());
    let bytes: usize = model.iter().map(|(field, value)| field.len() + value.len()).sum();
    assert!((bytes / 2..bytes * 3 + 200 * model.len() + 2000).contains(&hash.memory_bytes()));
    let mut of_model = Digest::default();
    for (field, value) in model {
        let mut pair = Digest::default();
        pair.mix(field);
        pair.mix(value);
        of_model.add_digest(&pair);
    }
    let mut digest = Digest::default();
    hash.digest(&mut digest);
    assert_eq!(digest, of_model);
}

#[test]
fn a_hash_and_its_snapshots_equal_their_models_after_any_change() {
    for seed in 0..30 {
        let mut random = Random::from_seed(seed);
        let fields = if seed % 2 == 0 { 15 } else { 200 };
        let mut hashes = vec![(Hash::default(), Model::new())];
        for round in 0..1500 {
            let chosen = random.below(hashes.len() as u64) as usize;
            if random.below(100) == 0 && hashes.len() < 4 {
                let copy = hashes[chosen].clone();
                hashes.push(copy);
            }
            let (hash, model) = &mut hashes[chosen];
            let field = random.below(fields).to_string().into_bytes();
            if random.below(3) == 0 {
                let removed = model.remove(&field);
                assert_eq!(hash.remove(&field).is_some(), removed.is_some());
            } else {
                let value = draw(&mut random);
                let is_new = hash.set(&field, Element::Str(&value), LIMIT).is_new;
                assert_eq!(is_new, model.insert(field.clone(), value).is_none());
            }
            assert_eq!(hash.get(&field).map(text_of), model.get(&field).cloned());
            assert_eq!(hash.contains(&field), model.contains_key(&field));
            let is_small = hash.pack().is_some();
            assert!(!is_small || model.len() <= LIMIT.max_fields, "seed {seed}, round {round}");
            if round % 100 == 0 {
                hashes.iter().for_each(|(hash, model)| check(hash, model));
            }
        }
        hashes.iter().for_each(|(hash, model)| check(hash, model));
    }
}

#[test]
fn a_hash_becomes_large_at_its_limits() {
    let mut hash = Hash::default();
    for i in 0..LIMIT.max_fields {
        assert!(hash.set(i.to_string().as_bytes(), Element::Int(1), LIMIT).is_new);
    }
    assert!(hash.set(b"0", Element::Str(&[b'x'; 40]), LIMIT).garbage.is_none());
    let mut copy = hash.clone();
    assert_eq!(hash.encoding_name(), "listpack");
    assert!(hash.set(b"one more", Element::Int(1), LIMIT).is_new);
    assert_eq!((hash.encoding_name(), hash.len()), ("hashtable", LIMIT.max_fields + 1));
    assert!(!copy.set(b"0", Element::Str(&[b'x'; 41]), LIMIT).is_new);
    assert_eq!((copy.encoding_name(), copy.len()), ("hashtable", LIMIT.max_fields));
}

/// What a change of a large hash copies does not depend on its size.
#[test]
fn a_change_under_a_snapshot_copies_little() {
    let mut hash = Hash::default();
    for i in 0..100_000 {
        let _ = hash.set(format!("field:{i}").as_bytes(), Element::Int(i), LIMIT);
    }
    let snapshot = hash.clone();
    let place = |hash: &Hash, field: &[u8]| match hash.0.form() {
        Form::Large(table) => table.record(field).expect("a field").as_ptr(),
        Form::Pack(_) => unreachable!("it is large"),
    };
    let shared = |hash: &Hash| {
        let fields = (0..100_000).map(|i| format!("field:{i}"));
        fields.filter(|f| place(hash, f.as_bytes()) == place(&snapshot, f.as_bytes())).count()
    };
    assert_eq!(shared(&hash), 100_000);
    let _ = hash.set(b"field:7", Element::Str(b"changed"), LIMIT);
    assert!((99_900..100_000).contains(&shared(&hash)), "{}", shared(&hash));
    assert_eq!(snapshot.get(b"field:7").map(text_of), Some(b"7".to_vec()));
    assert_eq!(hash.get(b"field:7").map(text_of), Some(b"changed".to_vec()));
}

#[test]
fn a_walk_sees_each_field_once_while_others_come_and_go() {
    let mut hash = Hash::default();
    for i in 0..2000 {
        let _ = hash.set(format!("stays:{i}").as_bytes(), Element::Int(i), LIMIT);
    }
    let (mut seen, mut cursor, mut other) = (Vec::new(), 0, 0);
    loop {
        cursor = hash.scan(cursor, 10, |field, _| seen.push(field.to_vec()));
        for _ in 0..20 {
            let _ = hash.set(format!("goes:{other}").as_bytes(), Element::Int(1), LIMIT);
            hash.remove(format!("goes:{}", other / 2).as_bytes());
            other += 1;
        }
        if cursor == 0 {
            break;
        }
    }
    seen.retain(|field| field.starts_with(b"stays:"));
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((seen.len(), count), (2000, 2000));
}
