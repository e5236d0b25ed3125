//! Looking up many elements in one pack.

use ahash::RandomState;

use super::pack::Listpack;
use crate::store::memory::same_key;
use crate::store::packed::element::Element;

/// Where each element of a pack stands, by its hash: for whoever asks a pack for many elements, each
/// of which would otherwise be compared with all of them.
///
/// The slots are at least twice as many as the elements. In each is the place of one of them, from 1
/// on, or 0; an element is in the first free slot from its hash on.
pub struct Index<'a> {
    elements: Vec<Element<'a>>,
    slots: Vec<u32>,
    state: RandomState,
}

impl<'a> Index<'a> {
    /// An empty one, with room for so many elements.
    pub fn with_room(count: usize) -> Index<'a> {
        let slots = vec![0; (2 * count).next_power_of_two().max(2)];
        // Drawn when the process began.
        Index { elements: Vec::with_capacity(count), slots, state: RandomState::new() }
    }

    pub fn of(pack: &'a Listpack) -> Index<'a> {
        let mut index = Index::with_room(pack.len());
        pack.iter().for_each(|element| {
            index.insert(element);
        });
        index
    }

    /// Puts an element in, in the form in which a pack gives it out; `false` if it is there, or if
    /// there is no room.
    #[inline]
    pub fn insert(&mut self, element: Element<'a>) -> bool {
        let slot = self.slot_of(element);
        match self.slots.get_mut(slot) {
            Some(place) if *place == 0 && self.elements.len() < self.elements.capacity() => {
                self.elements.push(element);
                *place = self.elements.len() as u32;
                true
            }
            _ => false,
        }
    }

    /// Whether an element is there, which has the form in which a pack gives it out.
    #[inline]
    pub fn contains(&self, element: Element<'_>) -> bool {
        self.slots.get(self.slot_of(element)).is_some_and(|place| *place != 0)
    }

    /// The elements, in the order in which they were put in.
    pub fn elements(&self) -> &[Element<'a>] {
        &self.elements
    }

    /// The slot of an element, or the free one where it belongs.
    #[inline]
    fn slot_of(&self, element: Element<'_>) -> usize {
        let hash = match element {
            Element::Int(number) => self.state.hash_one(number),
            Element::Str(text) => self.state.hash_one(text),
        };
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let place = self.slots.get(slot).copied().unwrap_or_default() as usize;
            let there = place.checked_sub(1).and_then(|place| self.elements.get(place));
            match (there, element) {
                (None, _) => return slot,
                (Some(Element::Int(there)), Element::Int(sought)) if *there == sought => break,
                (Some(Element::Str(there)), Element::Str(sought)) if same_key(there, sought) => {
                    break;
                }
                _ => slot = (slot + 1) & mask,
            }
        }
        slot
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::base::random::Random;

    #[test]
    fn an_index_has_what_the_pack_has() {
        let mut random = Random::from_seed(3);
        for count in [0, 1, 2, 3, 7, 128, 700] {
            let texts: HashSet<Vec<u8>> = (0..count)
                .map(|_| random.below(2000))
                .map(|number| match number % 3 {
                    0 => number.to_string().into_bytes(),
                    1 => format!("0{number}").into_bytes(),
                    _ => format!("element:{number}:{}", "x".repeat(number as usize % 50))
                        .into_bytes(),
                })
                .collect();
            let pack = Listpack::from_elements(&texts).unwrap();
            let mut index = Index::of(&pack);
            assert_eq!(index.elements().len(), texts.len());
            assert!(texts.iter().all(|text| index.contains(Element::of(text))));
            assert!(!index.contains(Element::of(b"-1")) && !index.contains(Element::of(b"absent")));
            assert!(pack.iter().all(|element| !index.insert(element)), "it is there");
        }
    }
}
