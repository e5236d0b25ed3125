//! Packs against real dumps, a simple model and hostile bytes.

mod hostile;
mod model;
mod redis;

use super::*;
use crate::base::random::Random;
use crate::store::packed::element::Element;
use crate::store::packed::limits::{Full, MAX_BYTES};
use crate::store::packed::malformed::Malformed;

/// Texts of all encodings, and numbers that are nearly none.
fn text(random: &mut Random) -> Vec<u8> {
    let mut bytes_of = |len: usize| {
        let mut bytes = vec![0; len];
        random.fill(&mut bytes);
        bytes
    };
    match bytes_of(1)[0] % 10 {
        0..=3 => {
            let bits = u64::from(bytes_of(1)[0] % 64);
            let number = i64::from_le_bytes(bytes_of(8).try_into().unwrap()) >> bits;
            number.to_string().into_bytes()
        }
        4 => format!("0{}", bytes_of(1)[0]).into_bytes(),
        5 => vec![],
        6 => {
            let len = 60 + usize::from(bytes_of(1)[0] % 80);
            bytes_of(len)
        }
        7 if bytes_of(1)[0] < 20 => {
            let len = 4000 + 80 * usize::from(bytes_of(1)[0]);
            bytes_of(len)
        }
        _ => {
            let len = usize::from(bytes_of(1)[0] % 12);
            bytes_of(len)
        }
    }
}

fn pack_of(texts: &[Vec<u8>]) -> Listpack {
    Listpack::from_elements(texts).unwrap()
}

fn texts_of(pack: &Listpack) -> Vec<Vec<u8>> {
    pack.iter().map(Element::to_vec).collect()
}

#[test]
fn a_pack_without_elements_takes_no_memory() {
    let mut pack = Listpack::new();
    assert_eq!((pack.memory_bytes(), pack.len(), pack.first()), (0, 0, None));
    assert_eq!(pack.as_bytes(), [7, 0, 0, 0, 0, 0, 0xff]);
    assert_eq!(pack.clone().memory_bytes(), 0);
    pack.push_back(b"a").unwrap();
    assert_eq!((pack.memory_bytes(), pack.total_bytes()), (16, 10));
    pack.remove_range(0, 5);
    assert_eq!((pack.memory_bytes(), pack.is_empty()), (0, true));
    assert_eq!(Builder::new().finish().memory_bytes(), 0);
    assert_eq!(Listpack::from_bytes(pack.as_bytes()).unwrap().memory_bytes(), 0);
}

#[test]
fn memory_follows_the_contents_both_ways() {
    let mut pack = Listpack::new();
    for _ in 0..100 {
        pack.push_back(&[b'x'; 30]).unwrap();
        assert!(
            (pack.total_bytes()..pack.total_bytes() * 5 / 4 + 16).contains(&pack.memory_bytes())
        );
    }
    while let Some(last) = pack.last() {
        pack.remove(last);
        assert!(pack.memory_bytes() <= pack.total_bytes() * 5 / 4 + 16);
    }
}

#[test]
fn a_pack_is_one_pointer_and_its_place_leaves_four_bits_free() {
    assert_eq!(size_of::<Option<Listpack>>(), size_of::<usize>());
    for pack in [Listpack::new(), Listpack::from_elements([b"a"]).unwrap()] {
        assert_eq!(pack.as_bytes().as_ptr() as usize % crate::store::packed::ALIGN, 0);
    }
}

#[test]
fn what_would_be_larger_than_a_gib_is_refused_and_changes_nothing() {
    // Pages of zeros that are never touched.
    let text = vec![0; MAX_BYTES - 7 - 10];
    let mut pack = Listpack::from_elements([b"a"]).unwrap();
    let before = pack.clone();
    assert!(pack.has_room(Listpack::entry_bytes(b"b")));
    assert!(!pack.has_room(Listpack::entry_bytes(&text)));
    assert!(!pack.has_room(usize::MAX));
    assert_eq!(pack.push_back(&text), Err(Full));
    assert_eq!(pack.push_front(&text), Err(Full));
    assert_eq!(pack.insert_all(None, &[Element::Str(&text[..MAX_BYTES / 2]); 5]), Err(Full));
    assert_eq!(Builder::new().push(&vec![0; MAX_BYTES - 7]), Err(Full));
    assert_eq!(pack, before);
    // In place of what is there it would just fit.
    assert_eq!(Listpack::entry_bytes(&text), MAX_BYTES - 7);
}

#[test]
fn a_count_that_the_head_cannot_hold_is_found_by_counting() {
    let mut pack = Listpack::from_elements(0..65_534_i64).unwrap();
    let stated = |pack: &Listpack| u16::from_le_bytes(pack.as_bytes()[4..6].try_into().unwrap());
    for more in 0..4 {
        assert_eq!(pack.len(), 65_534 + more);
        assert_eq!(usize::from(stated(&pack)), (65_534 + more).min(65_535));
        assert_eq!(Listpack::from_bytes(pack.as_bytes()).as_ref(), Ok(&pack));
        pack.push_back(b"x").unwrap();
    }
    assert_eq!(pack.seek(65_537), pack.last());
    assert_eq!(pack.seek(65_538), None);
    assert_eq!(pack.seek_from_end(0), pack.last());
    assert_eq!(pack.seek_from_end(65_537), pack.first());
    assert_eq!(pack.seek_from_end(65_538), None);
    pack.remove_range(0, 3);
    assert_eq!((pack.len(), stated(&pack)), (65_535, 65_535));
    pack.remove_range(0, 1);
    assert_eq!((pack.len(), stated(&pack)), (65_534, 65_534));
}

#[test]
fn texts_are_found_at_their_stride_only() {
    let pack = Listpack::from_elements([b"1", b"a", b"a", b"1", b"b", b"1"]).unwrap();
    let index =
        |position: Option<Position>| position.map(|position| pack.entries_before(position).count());
    assert_eq!(index(pack.find(b"a", 1)), Some(1));
    assert_eq!(index(pack.find(b"a", 2)), Some(2));
    assert_eq!(index(pack.find(b"1", 3)), Some(0));
    assert_eq!(index(pack.find(b"b", 3)), None);
    assert_eq!(index(pack.find(b"", 1)), None);
    assert_eq!(index(pack.find(b"01", 1)), None);
    let needle = Needle::new(b"1");
    let second = pack.after(pack.first().unwrap()).unwrap();
    assert_eq!(index(pack.find_from(second, &needle, 2)), Some(3));
    let hits: Vec<_> = pack.matches(&needle).map(|position| index(Some(position))).collect();
    assert_eq!(hits, [Some(0), Some(3), Some(5)]);
    assert!(needle.is(b"1") && !needle.is(b"01") && !needle.is(b""));
}

#[test]
fn matches_are_found_from_either_end_within_a_number_of_elements() {
    let long = "x".repeat(5000);
    let texts = ["a", "7", "b", "7", &long, "70000", &long, "b"].map(str::as_bytes);
    let pack = Listpack::from_elements(texts).unwrap();
    for sought in texts.into_iter().chain([&b""[..], b"07", b"x"]) {
        let needle = Needle::new(sought);
        for most in 0..=texts.len() + 1 {
            let expected = |found: Option<usize>| found.ok_or(most.min(texts.len()));
            let (mut there, mut back) = (pack.entries(), pack.entries());
            let found = texts.iter().take(most).position(|text| *text == sought);
            assert_eq!(there.next_match(&needle, most), expected(found));
            assert!(there.next().is_none_or(|_| found != Some(texts.len() - 1)));
            let found = texts.iter().rev().take(most).position(|text| *text == sought);
            assert_eq!(back.next_back_match(&needle, most), expected(found));
        }
    }
}

#[test]
fn groups_are_chosen_evenly_and_without_repeats() {
    let mut random = Random::from_seed(11);
    let pack = Listpack::from_elements(0..20_i64).unwrap();
    let groups = pack.groups(2);
    assert_eq!(groups.len(), 10);
    let mut alone = [0; 20];
    let mut sampled = [0; 20];
    for _ in 0..10_000 {
        let position = pack.random(2, &mut random).unwrap();
        alone[pack.get(position).int().unwrap() as usize] += 1;
        let some: Vec<Position> = pack.sample(3, 2, &mut random).collect();
        assert!(some.len() == 3 && some.is_sorted_by(|a, b| a < b));
        some.iter().for_each(|&at| sampled[pack.get(at).int().unwrap() as usize] += 1);
    }
    for (i, (alone, sampled)) in alone.into_iter().zip(sampled).enumerate() {
        let is_even = (850..1150).contains(&alone) && (2700..3300).contains(&sampled);
        assert!(if i % 2 == 0 { is_even } else { alone + sampled == 0 }, "{i}: {alone} {sampled}");
    }
    assert_eq!(pack.sample(100, 2, &mut random).collect::<Vec<_>>(), groups);
    assert_eq!(pack.sample(0, 2, &mut random).next(), None);
    assert_eq!(Listpack::new().random(1, &mut random), None);
    assert_eq!(Listpack::new().sample(3, 1, &mut random).next(), None);
}

#[test]
fn pairs_come_whole_from_both_ends() {
    let pack = Listpack::from_elements(0..6_i64).unwrap();
    let pairs = |pairs: Vec<(Element<'_>, Element<'_>)>| {
        pairs.iter().map(|(a, b)| (a.int().unwrap(), b.int().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(pairs(pack.iter().pairs().collect()), [(0, 1), (2, 3), (4, 5)]);
    assert_eq!(pairs(pack.iter().pairs().rev().collect()), [(4, 5), (2, 3), (0, 1)]);
}
