use std::collections::BTreeMap;

use super::*;
use crate::base::random::Random;

type Model = BTreeMap<Vec<u8>, f64>;

const LIMIT: SortedSetLimit = SortedSetLimit { max_members: 20, max_bytes: 40 };

fn in_order(model: &Model) -> Vec<(Vec<u8>, f64)> {
    let mut elements: Vec<_> = model.iter().map(|(m, s)| (m.clone(), *s)).collect();
    elements.sort_by(|one, other| one.1.total_cmp(&other.1).then_with(|| one.0.cmp(&other.0)));
    elements
}

fn elements(all: Elements<'_>) -> Vec<(Vec<u8>, f64)> {
    all.map(|(member, score)| (member.to_vec(), score)).collect()
}

/// Few different scores, so that members decide; all of them in order by `total_cmp` too.
fn draw_score(random: &mut Random) -> f64 {
    match random.below(12) {
        0 => f64::INFINITY,
        1 => f64::NEG_INFINITY,
        2 => random.unit_f64() * 1e300,
        3 => -random.unit_f64(),
        4 => 1e17,
        number => number as f64,
    }
}

fn check(zset: &SortedSet, model: &Model, random: &mut Random) {
    let expected = in_order(model);
    assert_eq!(elements(zset.iter()), expected);
    let back: Vec<_> = expected.iter().rev().cloned().collect();
    assert_eq!(elements(zset.iter_back()), back);
    assert_eq!((zset.len(), zset.is_empty()), (model.len(), model.is_empty()));
    for (place, (member, score)) in expected.iter().enumerate() {
        assert_eq!(zset.rank(member), Some((place, *score)));
        let nth = zset.nth(place).map(|(member, score)| (member.to_vec(), score));
        assert_eq!(nth.as_ref(), Some(&expected[place]));
        let mut found = Vec::new();
        zset.at_places([place as u64], |member, score| found.push((member.to_vec(), score)));
        assert_eq!(found, [expected[place].clone()]);
    }
    assert!(zset.nth(model.len()).is_none() && zset.nth(usize::MAX).is_none());
    for _ in 0..10 {
        let ends = [0, 0].map(|_| random.below(expected.len() as u64 + 3) as usize);
        let places = ends[0].min(ends[1])..ends[0].max(ends[1]);
        let cut = places.start.min(expected.len())..places.end.min(expected.len());
        assert_eq!(elements(zset.range(places.clone(), false)), expected[cut.clone()]);
        let mut back = elements(zset.range(places, true));
        back.reverse();
        assert_eq!(back, expected[cut]);
        let score = draw_score(random);
        let below = expected.partition_point(|(_, other)| *other < score);
        assert_eq!(zset.count_scores(|other| other < score), below);
    }
    let mut of_model = Digest::default();
    for (member, score) in model {
        let (mut pair, mut text) = (Digest::default(), Vec::new());
        pair.mix(member);
        format_f64_17g(*score, &mut text);
        pair.mix(&text);
        of_model.add_digest(&pair);
    }
    let mut digest = Digest::default();
    zset.digest(&mut digest);
    assert_eq!(digest, of_model);
}

/// One change of both.
fn step(zset: &mut SortedSet, model: &mut Model, random: &mut Random, members: u64) {
    let member = match random.below(40) {
        0 => vec![b'x'; 41],
        _ => random.below(members).to_string().into_bytes(),
    };
    match random.below(20) {
        0..=11 => {
            let score = draw_score(random);
            let change = zset.set(&member, score, LIMIT);
            let old = model.insert(member.clone(), score);
            assert_eq!(change, Change { old, new: Some(score) });
            assert_eq!(change.is_added(), old.is_none());
        }
        12 => {
            let change = zset.update(&member, LIMIT, |_| None);
            assert_eq!(change, Change { old: model.get(&member).copied(), new: None });
        }
        13..=16 => assert_eq!(zset.remove(&member), model.remove(&member).is_some()),
        17 => {
            let expected = in_order(model);
            let (end, place) = match random.below(2) {
                0 => (End::Min, 0),
                _ => (End::Max, expected.len().wrapping_sub(1)),
            };
            assert_eq!(
                zset.pop(end, |member, score| (member.to_vec(), score)).as_ref(),
                expected.get(place)
            );
            expected.get(place).map(|(member, _)| model.remove(member));
        }
        _ if random.below(5) == 0 => {
            let expected = in_order(model);
            let start = random.below(expected.len() as u64 + 1) as usize;
            let end = start + random.below(8) as usize;
            zset.remove_range(start..end);
            for (member, _) in &expected[start..end.min(expected.len())] {
                model.remove(member);
            }
        }
        _ => {}
    }
    assert_eq!(zset.score(&member), model.get(&member).copied());
}

#[test]
fn a_sorted_set_and_its_snapshots_equal_their_models_after_any_change() {
    for seed in 0..20 {
        let mut random = Random::from_seed(seed);
        let members = if seed % 2 == 0 { 15 } else { 400 };
        let mut zsets = vec![(SortedSet::default(), Model::new())];
        for round in 0..1500 {
            let chosen = random.below(zsets.len() as u64) as usize;
            if random.below(100) == 0 && zsets.len() < 4 {
                let copy = zsets[chosen].clone();
                zsets.push(copy);
            }
            let (zset, model) = &mut zsets[chosen];
            step(zset, model, &mut random, members);
            let is_small = zset.pack().is_some();
            assert!(!is_small || model.len() <= LIMIT.max_members, "seed {seed}, round {round}");
            if round % 100 == 0 {
                zsets.iter().for_each(|(zset, model)| check(zset, model, &mut random));
            }
        }
        zsets.iter().for_each(|(zset, model)| check(zset, model, &mut random));
    }
}

#[test]
fn a_sorted_set_becomes_large_at_its_limits() {
    let mut zset = SortedSet::default();
    for i in 0..LIMIT.max_members {
        assert!(zset.set(i.to_string().as_bytes(), 1.0, LIMIT).is_added());
    }
    let mut copy = zset.clone();
    assert!(zset.set(b"0", 2.0, SortedSetLimit { max_members: 3, max_bytes: 0 }).is_update());
    assert_eq!(zset.encoding_name(), "listpack", "what is there is not measured");
    assert!(zset.set(b"one more", 1.0, LIMIT).is_added());
    assert_eq!((zset.encoding_name(), zset.len()), ("skiplist", LIMIT.max_members + 1));
    copy.remove(b"0");
    assert!(copy.set(&[b'x'; 41], 0.5, LIMIT).is_added());
    assert_eq!((copy.encoding_name(), copy.len()), ("skiplist", LIMIT.max_members));
}

#[test]
fn members_of_one_score_are_counted_by_their_bytes() {
    for count in [10, 500] {
        let mut zset = SortedSet::default();
        for i in 0..count {
            zset.set(format!("{i:03}").as_bytes(), 0.0, LIMIT);
        }
        assert_eq!(zset.count_members(|member| member < b"005".as_slice()), 5);
        assert_eq!(zset.count_members(|member| member <= b"005".as_slice()), 6);
        assert_eq!(zset.count_members(|_| true), count);
    }
}

#[test]
fn what_is_built_of_many_is_what_came_one_by_one() {
    let mut random = Random::from_seed(7);
    for count in [0, 1, 20, 21, 1000] {
        for order in 0..3 {
            let model: Model = (0..count)
                .map(|i| (format!("m{i}").into_bytes(), draw_score(&mut random)))
                .collect();
            let mut all = in_order(&model);
            match order {
                0 => {}
                1 => all.reverse(),
                _ => all = model.clone().into_iter().collect(),
            }
            let (mut builder, mut sums) = (Builder::new(), Sums::default());
            for (member, score) in &all {
                assert!(builder.push(member, *score));
                sums.add(member, |old| old.map_or(*score, |_| f64::NAN));
            }
            if let Some((member, _)) = all.first() {
                assert!(!builder.push(member, 0.0));
            }
            for zset in [builder.finish(LIMIT), sums.finish(LIMIT)] {
                check(&zset, &model, &mut random);
                assert_eq!(zset.pack().is_some(), count <= LIMIT.max_members);
            }
        }
    }
    let mut sums = Sums::default();
    for score in [1.0, 2.5] {
        sums.add(b"m", |old| old.unwrap_or(0.0) + score);
    }
    assert_eq!(sums.finish(LIMIT).score(b"m"), Some(3.5));
}

/// What a change of a large sorted set copies does not depend on its size.
#[test]
fn a_change_under_a_snapshot_copies_little() {
    let mut zset = SortedSet::default();
    for i in 0..100_000 {
        zset.set(format!("member:{i}").as_bytes(), f64::from(i % 1000), LIMIT);
    }
    let snapshot = zset.clone();
    let by_name = |zset: &SortedSet, member: &[u8]| {
        std::ptr::from_ref(zset.table().and_then(|table| table.get(member)).expect("a member"))
    };
    let by_place = |zset: &SortedSet, place: usize| match zset.0.form() {
        Form::Large(large) => std::ptr::from_ref(large.nth(place).expect("an element")),
        Form::Pack(_) => unreachable!("it is large"),
    };
    let changes: [fn(&mut SortedSet); 3] = [
        |zset| {
            zset.set(b"member:7", 7.5, LIMIT);
        },
        |zset| {
            zset.remove(b"member:7");
        },
        |zset| zset.remove_range(5000..5001),
    ];
    for change in changes {
        let mut copy = snapshot.clone();
        change(&mut copy);
        let members = (0..100_000).map(|i| format!("member:{i}")).filter(|member| {
            copy.score(member.as_bytes()).is_some()
                && by_name(&copy, member.as_bytes()) == by_name(&snapshot, member.as_bytes())
        });
        assert!(members.count() > 99_900);
        let mut places = std::collections::HashSet::new();
        places.extend((0..copy.len()).map(|place| by_place(&copy, place)));
        let shared = (0..100_000).filter(|&place| places.contains(&by_place(&snapshot, place)));
        assert!(shared.count() > 99_700);
    }
    assert_eq!(snapshot.score(b"member:7"), Some(7.0));
}

/// redis-server 7.0 takes 128 bytes and more for each of these.
#[test]
fn an_element_of_a_large_sorted_set_takes_few_bytes() {
    let mut zset = SortedSet::default();
    let mut random = Random::from_seed(1);
    for i in 0..50_000 {
        zset.set(format!("member:{i:05}").as_bytes(), random.unit_f64(), LIMIT);
    }
    let bytes = zset.memory_bytes() / zset.len();
    assert!((40..85).contains(&bytes), "{bytes}");
}

#[test]
fn a_walk_sees_each_member_once_while_others_come_and_go() {
    let mut zset = SortedSet::default();
    for i in 0..2000 {
        zset.set(format!("stays:{i}").as_bytes(), f64::from(i), LIMIT);
    }
    let (mut seen, mut cursor, mut other) = (Vec::new(), 0, 0);
    loop {
        cursor = zset.scan(cursor, 10, |member, _| seen.push(member.to_vec()));
        for _ in 0..20 {
            zset.set(format!("goes:{other}").as_bytes(), 1.0, LIMIT);
            zset.remove(format!("goes:{}", other / 2).as_bytes());
            other += 1;
        }
        if cursor == 0 {
            break;
        }
    }
    seen.retain(|member| member.starts_with(b"stays:"));
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((seen.len(), count), (2000, 2000));
}
