//! A listpack: strings and integers one behind the other, read from both ends.
//!
//! ```text
//! | total bytes | count  | element | element | ... | 0xff |
//! |  u32 LE     | u16 LE |
//! ```
//! A count of 65535 means that it is not known. How an element stands is told in `encoding`. Bytes
//! from outside come in by [`Listpack::from_bytes`], which looks at all of them; so what is in is
//! well-formed, and reading it cannot fail.

use std::fmt;

use super::buffer::Buffer;
use super::check;
use super::encoding::{
    END, Element, Encoded, HEADER_BYTES, Sought, UNKNOWN_COUNT, back_len_width, decode,
    start_before,
};

const EMPTY: [u8; HEADER_BYTES + 1] = [7, 0, 0, 0, 0, 0, END];

/// Where an element begins, in bytes from the beginning of the pack; the last place is the end.
/// A change moves what stands behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(u32);

/// One counted pointer. A clone shares the bytes until one of them changes.
#[derive(Clone)]
#[repr(transparent)]
pub struct Listpack(Buffer);

impl Default for Listpack {
    fn default() -> Listpack {
        Listpack(Buffer::new(&EMPTY))
    }
}

impl Listpack {
    /// A pack of these elements.
    pub fn of<'a>(elements: impl IntoIterator<Item = &'a [u8]>) -> Listpack {
        let mut bytes = EMPTY.to_vec();
        bytes.pop();
        let mut count = 0usize;
        for element in elements {
            let encoded = Encoded::of(element);
            let start = bytes.len();
            bytes.resize(start + encoded.len(), 0);
            encoded.write(&mut bytes[start..]);
            count += 1;
        }
        bytes.push(END);
        let mut pack = Listpack(Buffer::new(&bytes));
        pack.write_head(|_| u16::try_from(count).unwrap_or(UNKNOWN_COUNT));
        pack
    }

    /// Takes bytes as Redis writes them.
    ///
    /// # Errors
    /// They are not well-formed, or longer than a gigabyte.
    pub fn from_bytes(bytes: &[u8]) -> Result<Listpack, check::Malformed> {
        check::check(bytes)?;
        Ok(Listpack(Buffer::new(bytes)))
    }

    /// All of it, as Redis writes it.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }

    /// What the allocation takes, rounded as the allocator does.
    pub fn memory_bytes(&self) -> usize {
        self.0.memory_bytes()
    }

    fn count_field(&self) -> u16 {
        self.bytes().get(4..6).map_or(0, |count| u16::from_le_bytes([count[0], count[1]]))
    }

    /// The number of elements: O(N) if there were ever more than 65534.
    pub fn len(&self) -> usize {
        match self.count_field() {
            UNKNOWN_COUNT => self.iter().count(),
            count => usize::from(count),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.bytes().len() == EMPTY.len()
    }

    /// The place of the first element; of the end, if there is none.
    pub fn first(&self) -> Place {
        Place(HEADER_BYTES as u32)
    }

    /// The place behind the last element.
    pub fn end(&self) -> Place {
        Place((self.bytes().len() - 1) as u32)
    }

    /// The element at a place, and the place behind it; `None` at the end.
    #[inline]
    pub fn at(&self, place: Place) -> Option<(Element<'_>, Place)> {
        let at = place.0 as usize;
        let (element, body) = decode(self.bytes().get(at..)?)?;
        Some((element, Place((at + body + back_len_width(body)) as u32)))
    }

    /// The place of the element before a place; `None`: there is none.
    pub fn before(&self, place: Place) -> Option<Place> {
        if place <= self.first() {
            return None;
        }
        start_before(self.bytes(), place.0 as usize).map(|start| Place(start as u32))
    }

    /// The place of the `index`-th element; the end if there are just so many, or fewer.
    pub fn place(&self, index: usize) -> Place {
        let count = self.count_field();
        if count != UNKNOWN_COUNT && index > usize::from(count) / 2 {
            let back = usize::from(count).saturating_sub(index);
            return (0..back).fold(self.end(), |place, _| self.before(place).unwrap_or(place));
        }
        let mut place = self.first();
        for _ in 0..index {
            match self.at(place) {
                Some((_, next)) => place = next,
                None => break,
            }
        }
        place
    }

    /// The `index`-th element.
    pub fn get(&self, index: usize) -> Option<Element<'_>> {
        self.at(self.place(index)).map(|(element, _)| element)
    }

    /// The last element.
    pub fn last(&self) -> Option<Element<'_>> {
        self.at(self.before(self.end())?).map(|(element, _)| element)
    }

    #[inline]
    pub fn iter(&self) -> Iter<'_> {
        self.iter_from(self.first())
    }

    /// The elements from a place on.
    pub fn iter_from(&self, place: Place) -> Iter<'_> {
        Iter { pack: self, front: place, back: self.end() }
    }

    /// The elements up to a place.
    pub fn iter_to(&self, place: Place) -> Iter<'_> {
        Iter { pack: self, front: self.first(), back: place }
    }

    /// The place of the first element that is sought among every `stride`-th, from the first on.
    pub fn find(&self, sought: &Sought<'_>, stride: usize) -> Option<Place> {
        let mut place = self.first();
        loop {
            let (element, mut next) = self.at(place)?;
            if sought.is(element) {
                return Some(place);
            }
            for _ in 1..stride {
                next = self.at(next)?.1;
            }
            place = next;
        }
    }

    /// Puts an element before the one at a place, or at the end.
    pub fn insert(&mut self, place: Place, bytes: &[u8]) {
        self.splice((place, place), 0, &[Encoded::of(bytes)]);
    }

    /// Puts several elements before the one at a place, or at the end.
    pub fn insert_all(&mut self, place: Place, elements: &[&[u8]]) {
        let encoded: Vec<Encoded<'_>> = elements.iter().map(|bytes| Encoded::of(bytes)).collect();
        self.splice((place, place), 0, &encoded);
    }

    pub fn push_front(&mut self, bytes: &[u8]) {
        self.insert(self.first(), bytes);
    }

    pub fn push_back(&mut self, bytes: &[u8]) {
        self.insert(self.end(), bytes);
    }

    /// Puts an element in the place of the one that is there.
    pub fn replace(&mut self, place: Place, bytes: &[u8]) {
        let behind = self.at(place).map_or(place, |(_, behind)| behind);
        let removed = usize::from(behind != place);
        self.splice((place, behind), removed, &[Encoded::of(bytes)]);
    }

    /// Takes out `count` elements from a place on, or as many as there are.
    pub fn remove(&mut self, place: Place, count: usize) {
        let (mut behind, mut removed) = (place, 0);
        while removed < count
            && let Some((_, next)) = self.at(behind)
        {
            behind = next;
            removed += 1;
        }
        self.splice((place, behind), removed, &[]);
    }

    /// Takes out all elements but those from one place to another, which are `kept`.
    pub fn keep(&mut self, (from, to): (Place, Place), kept: usize) {
        let end = self.end();
        let behind = (end.0 - to.0) as usize;
        self.0.splice(to.0 as usize, behind, 0);
        self.0.splice(HEADER_BYTES, from.0 as usize - HEADER_BYTES, 0);
        self.write_head(|_| u16::try_from(kept).unwrap_or(UNKNOWN_COUNT));
    }

    /// Keeps the elements for which `is_kept` says so, and takes the others out.
    pub fn retain(&mut self, mut is_kept: impl FnMut(Element<'_>) -> bool) {
        let mut kept = Vec::new();
        let (mut place, mut count, mut from) = (self.first(), 0, HEADER_BYTES);
        let mut is_all = true;
        while let Some((element, next)) = self.at(place) {
            if is_kept(element) {
                count += 1;
            } else {
                is_all = false;
                kept.extend_from_slice(&self.bytes()[from..place.0 as usize]);
                from = next.0 as usize;
            }
            place = next;
        }
        if is_all {
            return;
        }
        kept.extend_from_slice(&self.bytes()[from..place.0 as usize]);
        let old = self.bytes().len() - HEADER_BYTES - 1;
        self.0.splice(HEADER_BYTES, old, kept.len()).copy_from_slice(&kept);
        self.write_head(|_| u16::try_from(count).unwrap_or(UNKNOWN_COUNT));
    }

    /// Cuts it in two before a place; this is the first half, of `count` elements.
    pub fn split_off(&mut self, place: Place, count: usize) -> Listpack {
        let all = self.len();
        let mut second = self.clone();
        second.keep((place, self.end()), all - count);
        self.keep((self.first(), place), count);
        second
    }

    /// Puts the elements of another behind the own ones.
    pub fn append(&mut self, other: &Listpack) {
        let (count, bytes) = (other.len(), other.bytes());
        let elements = &bytes[HEADER_BYTES..bytes.len() - 1];
        let end = self.bytes().len() - 1;
        self.0.splice(end, 0, elements.len()).copy_from_slice(elements);
        self.write_head(|own| sum(own, 0, count));
    }

    fn splice(&mut self, (from, to): (Place, Place), removed: usize, inserted: &[Encoded<'_>]) {
        let bytes = inserted.iter().map(Encoded::len).sum();
        let (at, gone) = (from.0 as usize, (to.0 - from.0) as usize);
        let mut gap = self.0.splice(at, gone, bytes);
        for encoded in inserted {
            let (own, rest) = gap.split_at_mut(encoded.len());
            encoded.write(own);
            gap = rest;
        }
        self.write_head(|own| sum(own, removed, inserted.len()));
    }

    /// Writes the total, and the count made of the one that is there.
    fn write_head(&mut self, count: impl FnOnce(u16) -> u16) {
        let count = count(self.count_field());
        let bytes = self.0.bytes_mut();
        let total = bytes.len() as u32;
        bytes[..4].copy_from_slice(&total.to_le_bytes());
        bytes[4..6].copy_from_slice(&count.to_le_bytes());
    }
}

/// A count that may be unknown, after so many were removed and added.
fn sum(count: u16, removed: usize, added: usize) -> u16 {
    if count == UNKNOWN_COUNT {
        return UNKNOWN_COUNT;
    }
    u16::try_from(usize::from(count) - removed + added).unwrap_or(UNKNOWN_COUNT)
}

/// The elements between two places, from either end.
#[derive(Clone)]
pub struct Iter<'a> {
    pack: &'a Listpack,
    front: Place,
    back: Place,
}

impl Iter<'_> {
    /// No elements.
    pub fn nothing() -> Self {
        static NOTHING: std::sync::LazyLock<Listpack> = std::sync::LazyLock::new(Listpack::default);
        NOTHING.iter()
    }
}

impl<'a> Iter<'a> {
    /// The place of the element that comes next.
    pub fn place(&self) -> Place {
        self.front
    }

    /// The place behind the one that comes next from the end.
    pub fn back_place(&self) -> Place {
        self.back
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        if self.front >= self.back {
            return None;
        }
        let (element, next) = self.pack.at(self.front)?;
        self.front = next;
        Some(element)
    }
}

impl<'a> DoubleEndedIterator for Iter<'a> {
    fn next_back(&mut self) -> Option<Element<'a>> {
        if self.front >= self.back {
            return None;
        }
        self.back = self.pack.before(self.back)?;
        self.pack.at(self.back).map(|(element, _)| element)
    }
}

impl fmt::Debug for Listpack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Random;

    fn texts(pack: &Listpack) -> Vec<Vec<u8>> {
        pack.iter().map(|element| element.to_vec()).collect()
    }

    fn draw(random: &mut Random) -> Vec<u8> {
        match random.below(6) {
            0 => random.below(200).to_string().into_bytes(),
            1 => (random.next_u64() as i64 >> random.below(64)).to_string().into_bytes(),
            2 => vec![b'x'; random.below(70) as usize],
            3 => vec![b'y'; random.below(300) as usize],
            4 => vec![b'z'; random.below(20) as usize * 500],
            _ => b"-0".to_vec(),
        }
    }

    /// Everything that can be asked of it agrees with the model.
    fn check(pack: &Listpack, model: &[Vec<u8>]) {
        assert_eq!(texts(pack), model);
        assert_eq!(pack.len(), model.len());
        let back: Vec<_> = pack.iter().rev().map(|element| element.to_vec()).collect();
        assert!(back.iter().eq(model.iter().rev()));
        assert_eq!(pack.last().map(|last| last.to_vec()).as_ref(), model.last());
        assert!(Listpack::from_bytes(pack.bytes()).is_ok());
    }

    #[test]
    fn changes_are_those_of_a_list_and_clones_stay_what_they_were() {
        let mut random = Random::from_seed(11);
        let mut pack = Listpack::default();
        let mut model: Vec<Vec<u8>> = Vec::new();
        let mut held: Option<(Listpack, Vec<Vec<u8>>)> = None;
        for _ in 0..3000 {
            let index = random.below(model.len() as u64 + 1) as usize;
            let place = pack.place(index);
            let text = draw(&mut random);
            match random.below(9) {
                0 => {
                    pack.push_front(&text);
                    model.insert(0, text);
                }
                1 | 2 => {
                    pack.push_back(&text);
                    model.push(text);
                }
                3 => {
                    pack.insert(place, &text);
                    model.insert(index, text);
                }
                4 if index < model.len() => {
                    pack.replace(place, &text);
                    model[index] = text;
                }
                5 => {
                    let count = random.below(4) as usize;
                    pack.remove(place, count);
                    let end = model.len().min(index + count);
                    model.drain(index..end);
                }
                6 => {
                    let second = pack.split_off(place, index);
                    let rest = model.split_off(index);
                    check(&second, &rest);
                    check(&pack, &model);
                    pack.append(&second);
                    model.extend(rest);
                }
                7 if random.below(8) == 0 => {
                    let to = index + random.below((model.len() - index) as u64 + 1) as usize;
                    pack.keep((place, pack.place(to)), to - index);
                    model = model[index..to].to_vec();
                }
                _ => {
                    let sought = Sought::new(&text);
                    let found = pack.find(&sought, 1);
                    let expected = model.iter().position(|other| *other == text);
                    assert_eq!(found, expected.map(|index| pack.place(index)));
                    if let Some((clone, was)) = held.replace((pack.clone(), model.clone())) {
                        check(&clone, &was);
                    }
                }
            }
            check(&pack, &model);
        }
    }

    #[test]
    fn every_second_element_is_looked_at_when_they_are_pairs() {
        let pack = Listpack::of([&b"a"[..], b"b", b"b", b"1", b"1", b"a"]);
        let find = |text: &[u8]| pack.find(&Sought::new(text), 2);
        assert_eq!(find(b"b"), Some(pack.place(2)));
        assert_eq!(find(b"1"), Some(pack.place(4)));
        assert_eq!((find(b"a"), find(b"c")), (Some(pack.first()), None));
    }

    #[test]
    fn more_elements_than_the_header_can_say_are_counted() {
        let mut pack = Listpack::of((0..65_533).map(|_| &b"1"[..]));
        assert_eq!(pack.len(), 65_533);
        for expected in 65_534..65_540 {
            pack.push_back(b"2");
            assert_eq!(pack.len(), expected);
        }
        assert_eq!(pack.get(65_538).map(|last| last.to_vec()).as_deref(), Some(&b"2"[..]));
        assert!(Listpack::from_bytes(pack.bytes()).is_ok());
        pack.remove(pack.first(), 65_535);
        assert_eq!(pack.len(), 4);
    }
}
