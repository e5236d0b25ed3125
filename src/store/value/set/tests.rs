use std::collections::BTreeSet;

use super::*;
use crate::base::random::Random;

type Model = BTreeSet<Vec<u8>>;

const LIMIT: SetLimit = SetLimit { max_ints: 30, max_members: 20, max_bytes: 40 };

fn contents(set: &Set) -> Model {
    let model: Model = set.iter().map(|member| member.to_vec()).collect();
    assert_eq!(model.len(), set.len(), "each member once");
    model
}

fn check(set: &Set, model: &Model) {
    assert_eq!(contents(set), *model);
    for (place, member) in set.iter().enumerate() {
        assert!(set.contains_element(member));
        let mut found = Vec::new();
        set.at_places([place as u64], |member| found.push(member.to_vec()));
        assert_eq!(found, [member.to_vec()]);
        assert_eq!(set.nth(place), Some(member));
    }
    assert_eq!(set.nth(model.len()), None);
    let (mut digest, mut of_model) = (Digest::default(), Digest::default());
    set.digest(&mut digest);
    model.iter().for_each(|member| of_model.add(member));
    assert_eq!(digest, of_model);
    match set.form() {
        SetForm::Ints(ints) => assert!(ints.len() <= LIMIT.max_ints),
        SetForm::Pack(pack) => assert!(pack.len() <= LIMIT.max_members),
        SetForm::Large(_) => {}
    }
}

fn draw(random: &mut Random, kind: u64) -> Vec<u8> {
    let number = random.below(60) as i64 - 30;
    match (kind, random.below(20)) {
        (1 | 2, 0) => format!("text {number}").into_bytes(),
        (2, 1) => vec![b'x'; 30 + random.below(20) as usize],
        (_, 2) => (number << 40).to_string().into_bytes(),
        (_, 3) => format!("0{number}").into_bytes(),
        _ => number.to_string().into_bytes(),
    }
}

#[test]
fn a_set_and_its_snapshots_equal_their_models_after_any_change() {
    let mut forms = [0; 3];
    for seed in 0..60 {
        let mut random = Random::from_seed(seed);
        let mut sets = vec![(Set::default(), Model::new())];
        for round in 0..400 {
            let chosen = random.below(sets.len() as u64) as usize;
            if random.below(50) == 0 && sets.len() < 4 {
                let copy = sets[chosen].clone();
                sets.push(copy);
            }
            let (set, model) = &mut sets[chosen];
            let member = draw(&mut random, seed % 3);
            match random.below(8) {
                0..=2 => assert_eq!(set.remove(&member), model.remove(&member)),
                3 if !model.is_empty() => {
                    let place = random.below(model.len() as u64) as usize;
                    let removed = set.remove_nth(place).expect("a member");
                    assert!(model.remove(&removed));
                }
                _ => assert_eq!(set.add(&member, LIMIT), model.insert(member.clone())),
            }
            assert_eq!(set.contains(&member), model.contains(&member));
            assert_eq!(set.remove_nth(model.len()), None);
            forms[match set.form() {
                SetForm::Ints(_) => 0,
                SetForm::Pack(_) => 1,
                SetForm::Large(_) => 2,
            }] += 1;
            if round % 50 == 0 {
                sets.iter().for_each(|(set, model)| check(set, model));
            }
        }
        sets.iter().for_each(|(set, model)| check(set, model));
    }
    assert!(forms.iter().all(|&count| count > 500), "all forms are met: {forms:?}");
}

#[test]
fn a_set_changes_its_form_at_its_limits() {
    let ints = |count: i64| {
        let mut set = Set::default();
        (0..count).for_each(|i| assert!(set.add(i.to_string().as_bytes(), LIMIT)));
        set
    };
    let form = |set: &Set| match set.form() {
        SetForm::Ints(_) => "ints",
        SetForm::Pack(_) => "pack",
        SetForm::Large(_) => "table",
    };
    assert_eq!((form(&ints(30)), form(&ints(31))), ("ints", "table"));
    let with = |count: i64, member: &[u8]| {
        let mut set = ints(count);
        assert!(set.add(member, LIMIT) && !set.add(member, LIMIT));
        assert_eq!(set.len() as i64, count + 1);
        form(&set)
    };
    assert_eq!((with(19, b"x"), with(20, b"x")), ("pack", "table"));
    assert_eq!((with(1, &[b'x'; 40]), with(1, &[b'x'; 41])), ("pack", "table"));
}

#[test]
fn a_change_under_a_snapshot_copies_little() {
    let mut set = Set::default();
    (0..100_000).for_each(|i| assert!(set.add(i.to_string().as_bytes(), LIMIT)));
    let snapshot = set.clone();
    assert!(set.add(b"new", LIMIT) && set.remove(b"7"));
    let place = |set: &Set, member: &str| match set.form() {
        SetForm::Large(table) => table.record(member.as_bytes()).map(<[u8]>::as_ptr),
        _ => unreachable!("it is large"),
    };
    let members = (0..100_000).map(|i| i.to_string());
    let shared = members.filter(|m| place(&set, m) == place(&snapshot, m)).count();
    assert!((99_800..100_000).contains(&shared), "{shared}");
    assert!(snapshot.contains(b"7") && !snapshot.contains(b"new") && !set.contains(b"7"));
}
