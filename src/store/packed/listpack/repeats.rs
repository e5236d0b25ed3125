//! Whether elements differ, of a pack of somebody else.

use std::collections::HashSet;

use ahash::RandomState;

use super::pack::Listpack;
use crate::store::packed::element::Element;

impl Listpack {
    /// Whether two are equal of every `stride`th element: fields of a hash, members of a set.
    pub fn has_repeats(&self, stride: usize) -> bool {
        let elements = || self.iter().step_by(stride.max(1));
        let state = RandomState::with_seeds(1, 2, 3, 4);
        let mut hashes: Vec<u64> = elements()
            .map(|element| match element {
                Element::Int(number) => state.hash_one(number),
                Element::Str(text) => state.hash_one(text),
            })
            .collect();
        hashes.sort_unstable();
        if hashes.is_sorted_by(|one, other| one < other) {
            return false;
        }
        // Equal hashes are nearly always those of equal elements.
        let mut seen = HashSet::with_capacity(hashes.len());
        !elements().all(|element| seen.insert(element.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_found_among_every_second_element_only() {
        let pack = |texts: &[&str]| {
            Listpack::from_elements(texts.iter().map(|text| text.as_bytes())).expect("room")
        };
        assert!(!pack(&[]).has_repeats(2));
        let fields = pack(&["a", "1", "b", "1", "1", "a"]);
        assert!(!fields.has_repeats(2) && fields.has_repeats(1));
        assert!(pack(&["7", "1", "b", "1", "7", "a"]).has_repeats(2));
        let many = Listpack::from_elements(0..5000).expect("room");
        assert!(!many.has_repeats(1));
        let one_more = Listpack::from_elements((0..5000).chain([4321])).expect("room");
        assert!(one_more.has_repeats(1));
    }
}
