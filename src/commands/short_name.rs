//! Names of commands that fit one number: every command that comes is looked up by its name.

/// The longest name that is short, in bytes.
const BYTES_MAX: usize = 8;

/// A name of one to eight bytes, in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ShortName {
    /// The bytes in lower case, by their length in an order of its own.
    word: u64,
    len: u8,
}

impl ShortName {
    /// `None` for a name that is too long, or empty.
    #[inline]
    pub(super) fn of(name: &[u8]) -> Option<ShortName> {
        let word = match *name {
            // Two halves that overlap.
            [_, _, _, _, ..] if name.len() <= BYTES_MAX => {
                let half = |bytes: Option<&[u8; 4]>| bytes.map(|&bytes| u32::from_le_bytes(bytes));
                let (first, last) = (half(name.first_chunk())?, half(name.last_chunk())?);
                u64::from(first) | u64::from(last) << 32
            }
            [a, b, c] => u64::from(u32::from_le_bytes([a, b, c, 0])),
            [a, b] => u64::from(u32::from_le_bytes([a, b, 0, 0])),
            [a] => u64::from(a),
            _ => return None,
        };
        Some(ShortName { word: lower_case(word), len: name.len() as u8 })
    }

    fn hash(self) -> u64 {
        (self.word ^ u64::from(self.len)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// Eight bytes, with their letters in lower case; no others change.
fn lower_case(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH_BITS: u64 = EACH * 0x80;
    let low_bits = word & !HIGH_BITS;
    // The high bit of each byte says whether it comes up to the letter; no sum reaches the next one.
    let from_a = low_bits + EACH * u64::from(0x80 - b'A');
    let after_z = low_bits + EACH * u64::from(0x80 - b'Z' - 1);
    let upper = (from_a ^ after_z) & !word & HIGH_BITS;
    word | upper >> 2
}

/// A table of short names with the indexes of their rows: a place is that of the hash, or the next
/// one that was free. At most half of the places are taken.
#[derive(Default)]
pub(super) struct ShortNames {
    /// A power of two, or none.
    places: Vec<Place>,
    len: usize,
}

#[derive(Clone, Copy, Default)]
struct Place {
    word: u64,
    row: u32,
    /// 0 in a place that is free.
    len: u8,
}

impl Place {
    fn name(self) -> ShortName {
        ShortName { word: self.word, len: self.len }
    }
}

impl ShortNames {
    /// The index of a name's row.
    #[inline]
    pub(super) fn find(&self, name: ShortName) -> Option<usize> {
        let mut index = self.home_of(name);
        loop {
            let place = self.places.get(index)?;
            if place.name() == name {
                return Some(place.row as usize);
            }
            if place.len == 0 {
                return None;
            }
            index = self.after(index);
        }
    }

    /// Adds a name that is not there.
    pub(super) fn insert(&mut self, name: ShortName, row: usize) {
        if 2 * self.len >= self.places.len() {
            self.rebuild((2 * self.places.len()).max(16), |_| true);
        }
        self.put(Place { word: name.word, row: row as u32, len: name.len });
    }

    /// Takes a name out.
    pub(super) fn remove(&mut self, name: ShortName) {
        self.rebuild(self.places.len(), |place| place.name() != name);
    }

    fn rebuild(&mut self, size: usize, is_kept: impl Fn(&Place) -> bool) {
        let old = std::mem::replace(&mut self.places, vec![Place::default(); size]);
        self.len = 0;
        let taken = old.into_iter().filter(|place| place.len > 0);
        taken.filter(is_kept).for_each(|place| self.put(place));
    }

    fn put(&mut self, place: Place) {
        let mut index = self.home_of(place.name());
        while self.places[index].len > 0 {
            index = self.after(index);
        }
        self.places[index] = place;
        self.len += 1;
    }

    /// Of no meaning while there are no places.
    #[inline]
    fn home_of(&self, name: ShortName) -> usize {
        (name.hash() >> 32) as usize & self.places.len().wrapping_sub(1)
    }

    #[inline]
    fn after(&self, index: usize) -> usize {
        (index + 1) & self.places.len().wrapping_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_equal_as_ascii_in_any_case() {
        let names: Vec<Vec<u8>> = (0..=255)
            .flat_map(|byte: u8| {
                let within = |len: usize| {
                    (0..len).map(move |at| {
                        let mut name = b"abcdefgh"[..len].to_vec();
                        name[at] = byte;
                        name
                    })
                };
                [1, 2, 3, 4, 5, 7, 8].into_iter().flat_map(within).collect::<Vec<_>>()
            })
            .collect();
        for name in &names {
            let short = ShortName::of(name).expect("short");
            assert_eq!(short, ShortName::of(&name.to_ascii_uppercase()).expect("short"));
            for other in names.iter().step_by(97) {
                let is_equal = ShortName::of(other).expect("short") == short;
                assert_eq!(is_equal, name.eq_ignore_ascii_case(other), "{name:?} {other:?}");
            }
        }
        assert_eq!((ShortName::of(b""), ShortName::of(b"ninebytes")), (None, None));
        assert_ne!(ShortName::of(b"get"), ShortName::of(b"get\0"));
    }

    #[test]
    fn names_are_found_until_they_are_taken_out() {
        let name = |i: usize| ShortName::of(format!("n{i}").as_bytes()).expect("short");
        let mut names = ShortNames::default();
        assert_eq!(names.find(name(0)), None);
        names.remove(name(0));
        (0..1000).for_each(|i| names.insert(name(i), i));
        (0..500).for_each(|i| names.remove(name(2 * i)));
        for i in 0..1100 {
            assert_eq!(names.find(name(i)), (i % 2 == 1 && i < 1000).then_some(i));
        }
    }
}
