//! Sets against real dumps, a simple model and hostile bytes.

use std::collections::BTreeSet;

use super::*;
use crate::base::random::Random;
use crate::store::packed::malformed::Malformed;

/// The header of a set and what follows it.
fn around(width: u32, count: u32, numbers: &[u8]) -> Vec<u8> {
    [&width.to_le_bytes()[..], &count.to_le_bytes(), numbers].concat()
}

fn numbers_of(set: &Intset) -> Vec<i64> {
    set.iter().collect()
}

#[track_caller]
fn assert_is(bytes: &[u8], numbers: &[i64]) {
    let set = Intset::from_bytes(bytes).unwrap();
    assert_eq!(set.as_bytes(), bytes);
    assert_eq!(numbers_of(&set), numbers);
    // Made by ourselves, in any order, it is the same.
    assert_eq!(Intset::from_values(numbers.iter().copied()).unwrap().as_bytes(), bytes);
    let orders: [Vec<i64>; 2] = [numbers.to_vec(), numbers.iter().rev().copied().collect()];
    for order in orders {
        let mut inserted = Intset::new();
        order.iter().for_each(|&number| assert!(inserted.insert(number).unwrap()));
        assert_eq!(inserted.as_bytes(), bytes);
    }
}

#[test]
fn sets_of_redis_are_read_and_made_byte_for_byte() {
    // What DUMP of redis-server 7.0.15 gives, behind type byte and length.
    assert_is(b"\x02\0\0\0\x03\0\0\0\xfd\xff\x01\0\x02\0", &[-3, 1, 2]);
    assert_is(b"\x04\0\0\0\x02\0\0\0\x01\0\0\0\x70\x11\x01\0", &[1, 70_000]);
    assert_is(
        b"\x08\0\0\0\x03\0\0\0\x00\x0e\xfa\xd5\xfe\xff\xff\xff\x01\0\0\0\0\0\0\0\
          \xff\xff\xff\xff\xff\xff\xff\x7f",
        &[-5_000_000_000, 1, i64::MAX],
    );
}

#[test]
fn a_set_without_numbers_takes_no_memory() {
    let mut set = Intset::new();
    assert_eq!((set.memory_bytes(), set.len(), set.get(0)), (0, 0, None));
    assert_eq!(set.as_bytes(), [2, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(set.random(&mut Random::from_seed(1)), None);
    assert!(!set.contains(0) && !set.remove(0));
    assert!(set.insert(i64::MIN).unwrap());
    assert_eq!((set.memory_bytes(), set.total_bytes()), (16, 16));
    assert!(set.remove(i64::MIN));
    assert_eq!(set.memory_bytes(), 0);
    // It begins anew, with the narrowest numbers.
    assert_eq!(set.as_bytes(), [2, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(size_of::<Option<Intset>>(), size_of::<usize>());
}

#[test]
fn numbers_become_wider_for_one_that_needs_it_and_stay_so() {
    let edges: [i64; 8] = [
        i16::MIN.into(),
        i16::MAX.into(),
        i64::from(i16::MIN) - 1,
        i64::from(i16::MAX) + 1,
        i32::MIN.into(),
        i32::MAX.into(),
        i64::from(i32::MIN) - 1,
        i64::from(i32::MAX) + 1,
    ];
    let widths = [2, 2, 4, 4, 4, 4, 8, 8];
    for (edge, width) in edges.into_iter().zip(widths) {
        let mut set = Intset::from_values([-1, 0, 1]).unwrap();
        assert!(set.insert(edge).unwrap() && !set.insert(edge).unwrap());
        assert_eq!(set.total_bytes(), 8 + 4 * width, "{edge}");
        assert!(set.remove(edge));
        assert_eq!(set.total_bytes(), 8 + 3 * width, "{edge}");
        assert_eq!(set, Intset::from_values([-1, 0, 1]).unwrap());
    }
}

#[test]
fn a_set_does_what_a_sorted_set_of_numbers_does() {
    for seed in [1, 2, Random::from_entropy().next_u64()] {
        println!("seed {seed:#x}");
        let random = &mut Random::from_seed(seed);
        for round in 0..40 {
            let (mut set, mut model) = (Intset::new(), BTreeSet::new());
            // Some rounds have narrow numbers only.
            let shift = [52, 40, 20, 0][round % 4];
            for _ in 0..80 {
                let number = (random.next_u64() as i64) >> (shift + random.below(12));
                match random.below(6) {
                    0..=2 => assert_eq!(set.insert(number), Ok(model.insert(number))),
                    3 => assert_eq!(set.remove(number), model.remove(&number)),
                    4 => {
                        let index = random.below(20) as usize;
                        let expected = model.iter().nth(index).copied();
                        assert_eq!(set.remove_at(index), expected);
                        expected.inspect(|number| assert!(model.remove(number)));
                    }
                    _ => {
                        let mask = 1 << random.below(8);
                        set.retain(|number| number & mask != 0 || number % 3 > 0);
                        model.retain(|number| number & mask != 0 || number % 3 > 0);
                    }
                }
                check(&set, &model, number);
            }
        }
    }
}

fn check(set: &Intset, model: &BTreeSet<i64>, number: i64) {
    assert!(set.iter().eq(model.iter().copied()));
    assert!(set.iter().rev().eq(model.iter().rev().copied()));
    assert_eq!((set.len(), set.is_empty()), (model.len(), model.is_empty()));
    assert_eq!(set.contains(number), model.contains(&number));
    for (index, &number) in model.iter().enumerate() {
        assert_eq!((set.get(index), set.index_of(number)), (Some(number), Ok(index)));
    }
    assert_eq!(set.get(model.len()), None);
    let again = Intset::from_bytes(set.as_bytes());
    assert_eq!(again.ok(), (!set.is_empty()).then(|| set.clone()));
}

#[test]
fn a_number_by_chance_is_each_equally_often() {
    let set = Intset::from_values(0..10).unwrap();
    let random = &mut Random::from_seed(5);
    let mut counts = [0; 10];
    (0..10_000).for_each(|_| counts[set.random(random).unwrap() as usize] += 1);
    assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
    let some: Vec<i64> = set.sample(4, random).collect();
    assert!(some.len() == 4 && some.is_sorted_by(|a, b| a < b) && *some.last().unwrap() < 10);
    assert!(set.sample(11, random).eq(0..10));
}

#[test]
fn what_is_no_set_is_refused() {
    let refused = |bytes: &[u8]| Intset::from_bytes(bytes).unwrap_err();
    for len in 0..8 {
        assert_eq!(refused(&around(2, 0, &[])[..len]), Malformed::TooShort { bytes: len });
    }
    assert_eq!(refused(&around(2, 0, &[])), Malformed::TooShort { bytes: 8 });
    for width in [0, 1, 3, 6, 16, u32::MAX] {
        assert_eq!(refused(&around(width, 1, &[0; 16])), Malformed::BadEntry { at: 0 });
    }
    let wrong = |stated, bytes| Malformed::WrongTotal { stated, bytes };
    assert_eq!(refused(&around(2, 2, &[1, 0])), wrong(12, 10));
    assert_eq!(refused(&around(2, 1, &[1, 0, 2])), wrong(10, 11));
    let most = u64::from(u32::MAX) * 8 + 8;
    assert_eq!(refused(&around(8, u32::MAX, &[0; 8])), wrong(most, 16));
    // In 32 bits, this many numbers would take no more than there are bytes.
    assert_eq!(refused(&around(8, 0x2000_0001, &[0; 8])), wrong(0x1_0000_0010, 16));
    assert_eq!(refused(&around(2, 2, &[1, 0, 1, 0])), Malformed::Unsorted { at: 10 });
    assert_eq!(refused(&around(2, 2, &[0, 0, 0xff, 0xff])), Malformed::Unsorted { at: 10 });
    assert_eq!(
        refused(&around(4, 2, &[0, 0, 1, 0, 0xff, 0xff, 0, 0])),
        Malformed::Unsorted { at: 12 }
    );
}
