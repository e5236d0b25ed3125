//! Random operations on a pack and on a list of texts, under seeds that a failure prints.

use super::*;

type Model = Vec<Vec<u8>>;

#[track_caller]
fn check(pack: &Listpack, model: &Model) {
    assert_eq!(pack.len(), model.len());
    assert_eq!(pack.is_empty(), model.is_empty());
    assert_eq!(texts_of(pack), *model);
    // The bytes follow from the contents alone, and are good.
    assert_eq!(*pack, pack_of(model));
    assert_eq!(Listpack::from_bytes(pack.as_bytes()).as_ref(), Ok(pack));
    assert!(pack.memory_bytes() >= pack.total_bytes() || pack.is_empty());
}

/// What only reads, at each element.
#[track_caller]
fn check_reading(pack: &Listpack, model: &Model) {
    let positions: Vec<Position> = pack.entries().map(|(position, _)| position).collect();
    let mut backwards: Vec<Position> = pack.entries().rev().map(|(at, _)| at).collect();
    backwards.reverse();
    assert_eq!(backwards, positions);
    assert_eq!(
        (pack.first(), pack.last()),
        (positions.first().copied(), positions.last().copied())
    );
    assert_eq!(pack.seek(model.len()), None);
    assert_eq!(pack.seek_from_end(model.len()), None);
    for (i, &position) in positions.iter().enumerate() {
        assert_eq!(pack.seek(i), Some(position));
        assert_eq!(pack.seek_from_end(model.len() - 1 - i), Some(position));
        assert_eq!(&pack.get(position), model[i].as_slice());
        assert_eq!(pack.after(position), positions.get(i + 1).copied());
        assert_eq!(pack.before(position), i.checked_sub(1).map(|i| positions[i]));
        assert_eq!(pack.entries_from(position).count(), model.len() - i);
        assert_eq!(pack.entries_before(position).count(), i);
        for stride in 1..4 {
            let expected = (0..model.len()).step_by(stride).find(|&j| model[j] == model[i]);
            assert_eq!(pack.find(&model[i], stride), expected.map(|j| positions[j]));
        }
    }
    let absent = b"no such element".as_slice();
    assert_eq!(pack.find(absent, 1), None);
}

/// One random operation on both.
fn step(pack: &mut Listpack, model: &mut Model, random: &mut Random) {
    let len = model.len();
    let texts: Model = (0..random.below(4)).map(|_| text(random)).collect();
    let elements: Vec<Element<'_>> = texts.iter().map(Element::from).collect();
    let one = text(random);
    let index = random.below(len as u64 + 1) as usize;
    let count = random.below(5) as usize;
    let position = pack.seek(index);
    let end = (index + count).min(len);
    match (random.below(13), position) {
        (0, _) => {
            pack.push_back(&one).unwrap();
            model.push(one);
        }
        (1, _) => {
            pack.push_front(&one).unwrap();
            model.insert(0, one);
        }
        (2, Some(position)) => {
            pack.insert_before(position, &one).unwrap();
            model.insert(index, one);
        }
        (3, Some(position)) => {
            pack.insert_after(position, &one).unwrap();
            model.insert(index + 1, one);
        }
        (4, _) => {
            pack.insert_all(position, &elements).unwrap();
            model.splice(index..index, texts);
        }
        (5, Some(position)) => {
            pack.replace(position, &one).unwrap();
            model[index] = one;
        }
        (6, _) => {
            pack.splice(position, count, &elements).unwrap();
            model.splice(index..end, texts);
        }
        (7, Some(position)) => {
            pack.remove_entries(position, count);
            model.drain(index..end);
        }
        (8, _) => {
            pack.remove_range(index, count);
            model.drain(index..end);
        }
        (9, Some(position)) => split_and_join(pack, model, (position, index), random),
        (10, _) => remove_some_groups(pack, model, random),
        (11, _) => *pack = pack.clone(),
        (12, _) if random.below(20) == 0 => {
            pack.clear();
            model.clear();
        }
        _ => {}
    }
}

/// Splits both in two and mostly puts them together again, in one order or the other.
fn split_and_join(
    pack: &mut Listpack,
    model: &mut Model,
    (position, index): (Position, usize),
    random: &mut Random,
) {
    let taken = pack.split_off(position);
    let rest = model.split_off(index);
    check(&taken, &rest);
    if random.below(8) > 0 {
        pack.append(&taken).unwrap();
        model.extend(rest);
    } else if random.below(8) > 0 {
        pack.prepend(&taken).unwrap();
        model.splice(0..0, rest);
    }
}

fn remove_some_groups(pack: &mut Listpack, model: &mut Model, random: &mut Random) {
    let stride = 1 + random.below(3) as usize;
    let groups = pack.groups(stride);
    let chosen: Vec<bool> = groups.iter().map(|_| random.below(8) == 0).collect();
    let positions: Vec<Position> =
        groups.iter().zip(&chosen).filter(|(_, chosen)| **chosen).map(|(at, _)| *at).collect();
    pack.remove_groups(&positions, stride);
    let mut index = 0;
    model.retain(|_| {
        index += 1;
        !chosen[(index - 1) / stride]
    });
}

#[test]
fn a_pack_does_what_a_list_of_texts_does() {
    for seed in [1, 2, Random::from_entropy().next_u64()] {
        println!("seed {seed:#x}");
        let random = &mut Random::from_seed(seed);
        let (mut pack, mut model) = (Listpack::new(), Model::new());
        for round in 0..3000 {
            step(&mut pack, &mut model, random);
            if model.len() > 60 {
                pack.remove_range(10, 40);
                model.drain(10..50);
            }
            check(&pack, &model);
            if round % 10 == 0 {
                check_reading(&pack, &model);
            }
        }
    }
}
