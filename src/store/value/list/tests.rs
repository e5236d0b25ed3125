use std::collections::HashSet;

use super::*;
use crate::base::random::Random;

fn texts(list: &List) -> Vec<Vec<u8>> {
    list.iter().map(|element| element.to_vec()).collect()
}

fn draw(random: &mut Random) -> Vec<u8> {
    match random.below(8) {
        0 => vec![b'z'; random.below(10_000) as usize],
        1..=3 => random.below(20).to_string().into_bytes(),
        _ => vec![b'a' + random.below(4) as u8; random.below(300) as usize],
    }
}

/// Everything that can be asked of it agrees with the model.
fn check(list: &List, model: &[Vec<u8>], limit: ListLimit, random: &mut Random) {
    assert_eq!(list.len(), model.len());
    assert_eq!(texts(list), model);
    let back: Vec<_> = list.iter_back(usize::MAX).map(|element| element.to_vec()).collect();
    assert!(back.iter().eq(model.iter().rev()));
    let start = random.below(model.len() as u64 + 1) as usize;
    let end = start + random.below((model.len() - start) as u64 + 1) as usize;
    let part: Vec<_> = list.range(start..end).map(|element| element.to_vec()).collect();
    assert_eq!(part, model[start..end]);
    assert_eq!(list.get(start).map(|element| element.to_vec()).as_ref(), model.get(start));
    let bytes = |part| match part {
        Part::Pack(pack) => {
            assert!(limit.fits(pack.total_bytes(), pack.len()), "{pack:?}");
            pack.memory_bytes()
        }
        Part::Plain(text) => text.len(),
    };
    let memory: usize = list.parts().map(bytes).sum();
    let most = 2 * memory + 64 + 200 * list.part_count();
    assert!((memory..most).contains(&list.memory_bytes()), "{memory}");
}

fn room(list: &mut List, text: &[u8], limit: ListLimit) {
    list.make_room((1, text.len()), limit);
}

/// A list beside the vector that it ought to equal.
struct Pair {
    list: List,
    model: Vec<Vec<u8>>,
    limit: ListLimit,
    random: Random,
    held: Option<(List, Vec<Vec<u8>>)>,
}

impl Pair {
    fn new(seed: u64, setting: i64) -> Pair {
        let (list, limit) = (List::default(), ListLimit::new(setting));
        Pair { list, model: Vec::new(), limit, random: Random::from_seed(seed), held: None }
    }

    fn place(&mut self) -> usize {
        self.random.below(self.model.len() as u64 + 1) as usize
    }

    fn add(&mut self, text: Vec<u8>) {
        let index = self.place();
        room(&mut self.list, &text, self.limit);
        match self.random.below(4) {
            0 => {
                self.list.push(Side::Right, &text);
                self.model.push(text);
            }
            1 => {
                self.list.push(Side::Left, &text);
                self.model.insert(0, text);
            }
            2 if index < self.model.len() => {
                self.list.set(index, &text);
                self.model[index] = text;
            }
            _ => {
                self.list.insert(index, &text);
                self.model.insert(index, text);
            }
        }
    }

    fn take(&mut self, text: &[u8]) {
        match self.random.below(3) {
            0 => assert_eq!(self.list.pop(Side::Right, |it| it.to_vec()), self.model.pop()),
            1 => {
                let first = (!self.model.is_empty()).then(|| self.model.remove(0));
                assert_eq!(self.list.pop(Side::Left, |it| it.to_vec()), first);
            }
            _ => {
                let side = [Side::Left, Side::Right][self.random.below(2) as usize];
                let most = self.random.below(4) as usize;
                self.take_equal(text, side, most);
            }
        }
    }

    fn take_equal(&mut self, text: &[u8], side: Side, most: usize) {
        let places = (0..self.model.len()).filter(|&i| self.model[i] == text);
        let matching: Vec<usize> = places.collect();
        let taken = matching.len().min(most);
        assert_eq!(self.list.remove_equal(text, side, most), taken);
        let gone = match side {
            Side::Left => &matching[..taken],
            Side::Right => &matching[matching.len() - taken..],
        };
        gone.iter().rev().for_each(|&i| drop(self.model.remove(i)));
    }

    fn cut(&mut self) {
        let start = self.place();
        let end = start + self.random.below((self.model.len() - start) as u64 + 1) as usize;
        self.list.keep(start..end);
        self.model = self.model[start..end].to_vec();
    }

    fn ask(&mut self, text: &[u8]) {
        let index = self.place();
        let found = self.list.find(text, index);
        let expected = self.model[index..].iter().position(|other| other == text);
        assert_eq!(found, expected.map(|found| index + found));
        let back: Vec<_> = self.list.matches(text, true, 10).collect();
        let last_ten = (self.model.len().saturating_sub(10)..self.model.len()).rev();
        assert!(back.into_iter().eq(last_ten.filter(|&i| self.model[i] == text)));
        let most = self.model.len() / 2;
        let half: Vec<_> = self.list.matches(text, false, most).collect();
        assert!(half.into_iter().eq((0..most).filter(|&i| self.model[i] == text)));
        let held = self.held.replace((self.list.clone(), self.model.clone()));
        if let Some((clone, was)) = held {
            assert_eq!(texts(&clone), was);
        }
    }
}

#[test]
fn changes_are_those_of_a_vector_and_clones_stay_what_they_were() {
    for (seed, setting) in [(1, -2), (2, 3), (3, -1), (4, 128)] {
        let mut pair = Pair::new(seed, setting);
        let mut was_large = false;
        for round in 0..1000 {
            let text = draw(&mut pair.random);
            match pair.random.below(if round % 300 < 200 { 5 } else { 8 }) {
                0..=2 => pair.add(text),
                3 => pair.ask(&text),
                4 if pair.random.below(20) == 0 => pair.cut(),
                _ => pair.take(&text),
            }
            was_large |= pair.list.0.is_large();
            check(&pair.list, &pair.model, pair.limit, &mut pair.random);
        }
        assert!(was_large);
    }
}

#[test]
fn a_list_is_packed_again_when_half_of_the_limit_is_left() {
    let limit = ListLimit::new(8);
    let mut list = List::default();
    let push = |list: &mut List| {
        list.make_room((1, 1), limit);
        list.push(Side::Right, b"x");
    };
    (0..8).for_each(|_| push(&mut list));
    assert!(!list.0.is_large());
    push(&mut list);
    assert!(list.0.is_large());
    (0..4).for_each(|_| _ = list.pop(Side::Right, |_| ()));
    assert!(list.0.is_large(), "5 are left");
    list.pop(Side::Right, |_| ());
    assert_eq!((list.0.is_large(), list.len()), (false, 4));
}

#[test]
fn a_change_of_a_long_list_under_a_snapshot_copies_one_block() {
    let limit = ListLimit::new(-2);
    let mut list = List::default();
    for i in 0..200_000u32 {
        let text = i.to_string();
        list.make_room((1, text.len()), limit);
        list.push(Side::Right, text.as_bytes());
    }
    let snapshot = list.clone();
    list.set(100_000, b"200000");
    let shared = |list: &List| {
        let start = |part| match part {
            Part::Pack(pack) => pack.as_bytes().as_ptr(),
            Part::Plain(text) => text.as_ptr(),
        };
        list.parts().map(start).collect::<Vec<_>>()
    };
    let before: HashSet<_> = shared(&snapshot).into_iter().collect();
    let changed = shared(&list).into_iter().filter(|block| !before.contains(block)).count();
    assert!((1..=2).contains(&changed), "{changed}");
    assert_eq!(snapshot.get(100_000).map(|element| element.to_vec()).unwrap(), b"100000");
    assert_eq!(list.get(199_999).map(|element| element.to_vec()).unwrap(), b"199999");
    assert!(list.memory_bytes() < 2_400_000, "{}", list.memory_bytes());
}
