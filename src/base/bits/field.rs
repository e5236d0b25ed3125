//! Integers of any width at any bit of a string, the most significant bit first, and what becomes
//! of a number that does not fit.

/// The bytes that a field may touch: 64 bits that begin at the last bit of a byte.
pub const WINDOW_BYTES: usize = 9;

/// How many bits, and whether one is the sign: `i1` to `i64`, `u1` to `u63`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldType {
    is_signed: bool,
    bits: u32,
}

/// What a sum is in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Itself.
    Exact(i64),
    /// It is too large or too small.
    Beyond {
        /// The low bits of it.
        wrapped: i64,
        /// The end of the range that it is beyond.
        saturated: i64,
    },
}

impl FieldType {
    /// `i<bits>` or `u<bits>` in lower case.
    pub fn parse(word: &[u8]) -> Option<FieldType> {
        let (sign, digits) = word.split_first()?;
        let (is_signed, max) = match sign {
            b'i' => (true, 64),
            b'u' => (false, 63),
            _ => return None,
        };
        let bits = crate::base::number::parse_i64(digits)?;
        (1..=max).contains(&bits).then_some(FieldType { is_signed, bits: bits as u32 })
    }

    pub fn bits(self) -> u32 {
        self.bits
    }

    /// The low bits of a number as a number of this type.
    fn wrap(self, number: u64) -> i64 {
        let unused = 64 - self.bits;
        let high = number << unused;
        if self.is_signed { high as i64 >> unused } else { (high >> unused) as i64 }
    }

    fn max(self) -> i64 {
        i64::MAX >> (if self.is_signed { 64 - self.bits } else { 63 - self.bits })
    }

    fn min(self) -> i64 {
        if self.is_signed { -self.max() - 1 } else { 0 }
    }

    /// A number that is to be put into a field.
    pub fn fit(self, number: i64) -> Fit {
        // Redis subtracts a signed number from the maximum in 64 bits and takes what overflows for
        // too large: what comes from it or goes to it must mean the same on both sides.
        let is_above = if self.is_signed {
            number > self.max() || (self.bits < 64 && self.max().checked_sub(number).is_none())
        } else {
            number as u64 > self.max() as u64
        };
        self.fitted(number as u64, is_above, number < self.min())
    }

    /// The sum of a number of this type and any other.
    pub fn add(self, number: i64, increment: i64) -> Fit {
        let sum = i128::from(number) + i128::from(increment);
        self.fitted(sum as u64, sum > self.max().into(), sum < self.min().into())
    }

    fn fitted(self, number: u64, is_above: bool, is_below: bool) -> Fit {
        let wrapped = self.wrap(number);
        match (is_above, is_below) {
            (true, _) => Fit::Beyond { wrapped, saturated: self.max() },
            (false, true) => Fit::Beyond { wrapped, saturated: self.min() },
            (false, false) => Fit::Exact(wrapped),
        }
    }
}

/// A field in a string.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub kind: FieldType,
    /// Of its first bit.
    pub offset: u64,
}

impl Field {
    /// The first byte that it touches.
    pub fn first_byte(self) -> usize {
        (self.offset / 8) as usize
    }

    /// The first byte behind all that it touches.
    pub fn end_byte(self) -> usize {
        (self.offset + u64::from(self.kind.bits)).div_ceil(8) as usize
    }

    /// Its number, by the bytes from its first one on.
    pub fn get(self, window: &[u8; WINDOW_BYTES]) -> i64 {
        self.kind.wrap((as_number(window) >> self.shift()) as u64)
    }

    /// Puts a number of its type into the bytes from its first one on.
    pub fn set(self, window: &mut [u8; WINDOW_BYTES], number: i64) {
        let mask = u128::from(u64::MAX >> (64 - self.kind.bits));
        let others = as_number(window) & !(mask << self.shift());
        let all = others | (u128::from(number as u64) & mask) << self.shift();
        window.copy_from_slice(&all.to_be_bytes()[16 - WINDOW_BYTES..]);
    }

    /// How many bits of the window are behind it.
    fn shift(self) -> u32 {
        WINDOW_BYTES as u32 * 8 - (self.offset % 8) as u32 - self.kind.bits
    }
}

fn as_number(window: &[u8; WINDOW_BYTES]) -> u128 {
    let mut bytes = [0; 16];
    bytes[16 - WINDOW_BYTES..].copy_from_slice(window);
    u128::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str) -> FieldType {
        FieldType::parse(name.as_bytes()).expect("a type")
    }

    /// (type, number, what is added or `None`, wrapped, saturated or `None` if it fits); redis-server
    /// was asked for each.
    const SUMS: &[(&str, i64, Option<i64>, i64, Option<i64>)] = &[
        ("i8", 127, None, 127, None),
        ("i8", 128, None, -128, Some(127)),
        ("i8", -129, None, 127, Some(-128)),
        ("i8", i64::MIN, None, 0, Some(127)),
        ("i8", i64::MIN + 127, None, 127, Some(127)),
        ("i8", i64::MIN + 128, None, -128, Some(-128)),
        ("i63", -4611686018427387906, None, 4611686018427387902, Some(4611686018427387903)),
        ("i64", i64::MIN, None, i64::MIN, None),
        ("u8", 255, None, 255, None),
        ("u8", 256, None, 0, Some(255)),
        ("u8", -1, None, 255, Some(255)),
        ("u63", -1, None, i64::MAX, Some(i64::MAX)),
        ("i8", 100, Some(27), 127, None),
        ("i8", 100, Some(28), -128, Some(127)),
        ("i8", -100, Some(-29), 127, Some(-128)),
        ("i8", 0, Some(i64::MAX), -1, Some(127)),
        ("i64", i64::MAX, Some(1), i64::MIN, Some(i64::MAX)),
        ("i64", i64::MIN, Some(-1), i64::MAX, Some(i64::MIN)),
        ("i64", i64::MIN, Some(i64::MAX), -1, None),
        ("u8", 10, Some(-11), 255, Some(0)),
        ("u8", 255, Some(1), 0, Some(255)),
        ("u63", 4, Some(i64::MIN), 4, Some(0)),
        ("u63", 1, Some(i64::MAX), 0, Some(i64::MAX)),
    ];

    #[test]
    fn what_does_not_fit_wraps_or_saturates_as_in_redis() {
        for &(name, number, increment, wrapped, saturated) in SUMS {
            let fit = match increment {
                None => kind(name).fit(number),
                Some(increment) => kind(name).add(number, increment),
            };
            let expected = match saturated {
                None => Fit::Exact(wrapped),
                Some(saturated) => Fit::Beyond { wrapped, saturated },
            };
            assert_eq!(fit, expected, "{name} {number} {increment:?}");
        }
    }

    #[test]
    fn types_have_1_to_64_bits_and_unsigned_ones_a_bit_less() {
        for bad in ["", "u", "i", "u0", "i0", "u64", "i65", "U8", "I8", "i08", "i+8", "u-1", "x8"] {
            assert_eq!(FieldType::parse(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!((kind("i64").bits(), kind("u63").bits(), kind("u1").bits()), (64, 63, 1));
    }

    /// Every type at every bit of a byte, between ones and between zeros.
    #[test]
    fn a_field_touches_its_own_bits_only() {
        let types = (1..=64).flat_map(|bits| [format!("i{bits}"), format!("u{bits}")]);
        for name in types.filter(|name| name != "u64") {
            for first in 0..8 {
                let field = Field { kind: kind(&name), offset: 800 + first };
                let ones = field.kind.wrap(u64::MAX);
                for (around, number) in [(0x00, ones), (0xff, 0), (0xff, field.kind.max())] {
                    let before = [around; WINDOW_BYTES];
                    let mut window = before;
                    field.set(&mut window, number);
                    assert_eq!(field.get(&window), number, "{name} at {first}");
                    let changed = (as_number(&window) ^ as_number(&before)).count_ones();
                    let expected = match around {
                        0 => field.kind.bits,
                        _ => (!number as u64 & u64::MAX >> (64 - field.kind.bits)).count_ones(),
                    };
                    assert_eq!(changed, expected, "{name} at {first}");
                }
                assert_eq!(field.first_byte(), 100);
                let end = 800 + first as usize + field.kind.bits as usize;
                assert_eq!(field.end_byte(), end.div_ceil(8));
            }
        }
    }
}
