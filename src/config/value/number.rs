//! Numbers: counts, times, and amounts of memory, each within its row's range.

use super::{Line, Reason, Source, Value, c_integer};
use crate::base::number::parse_i64;

/// What a row says about its number.
#[derive(Clone, Copy, Debug)]
pub struct NumberRule {
    pub notation: Notation,
    /// The least and the greatest value that is taken.
    pub min: i128,
    pub max: i128,
    /// Values that are taken but mean the nearest of these.
    pub clamp: Option<(i128, i128)>,
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    Decimal,
    /// Bytes, with an optional unit: `100`, `1kb`.
    Memory,
    /// [`Notation::Memory`], or `5%`, which is kept as -5.
    MemoryOrPercent,
    Octal,
}

impl NumberRule {
    /// A plain number.
    pub const fn decimal(min: i128, max: i128) -> Self {
        NumberRule { notation: Notation::Decimal, min, max, clamp: None }
    }

    /// An amount of memory in bytes.
    pub const fn memory(min: i128, max: i128) -> Self {
        NumberRule { notation: Notation::Memory, min, max, clamp: None }
    }

    /// An amount of memory in bytes, or up to 100 percent of `maxmemory`.
    pub const fn memory_or_percent(max: i128) -> Self {
        NumberRule { notation: Notation::MemoryOrPercent, min: -100, max, clamp: None }
    }

    /// A number in base 8.
    pub const fn octal(min: i128, max: i128) -> Self {
        NumberRule { notation: Notation::Octal, min, max, clamp: None }
    }

    /// The same, where values outside `least..=most` count as the nearest inside.
    pub const fn clamped(mut self, least: i128, most: i128) -> Self {
        self.clamp = Some((least, most));
        self
    }

    fn parse(&self, text: &[u8]) -> Result<i128, Reason> {
        let value = self.read(text)?;
        self.check(value)?;
        Ok(self.clamp.map_or(value, |(least, most)| value.clamp(least, most)))
    }

    fn read(&self, text: &[u8]) -> Result<i128, Reason> {
        let (value, complaint) = match self.notation {
            Notation::Decimal => {
                (parse_i64(text).map(i128::from), "argument couldn't be parsed into an integer")
            }
            Notation::Memory => {
                (parse_memory(text).map(i128::from), "argument must be a memory value")
            }
            Notation::MemoryOrPercent => (
                parse_memory(text).map(i128::from).or_else(|| parse_percent(text)),
                "argument must be a memory or percent value",
            ),
            Notation::Octal => (
                c_integer(text, 8).map(i128::from),
                "argument couldn't be parsed as an octal number",
            ),
        };
        value.ok_or(complaint.into())
    }

    fn check(&self, value: i128) -> Result<(), Reason> {
        let NumberRule { min, max, .. } = *self;
        if (min..=max).contains(&value) {
            return Ok(());
        }
        Err(match self.notation {
            Notation::MemoryOrPercent if value < 0 => {
                format!("percentage argument must be less or equal to {}", -min).into()
            }
            Notation::Octal => {
                format!("argument must be between {min:o} and {max:o} inclusive").into()
            }
            _ => format!("argument must be between {min} and {max} inclusive").into(),
        })
    }

    fn text(&self, value: i128) -> Vec<u8> {
        match self.notation {
            Notation::MemoryOrPercent if value < 0 => format!("{}%", -value).into_bytes(),
            Notation::Octal => format!("{value:o}").into_bytes(),
            _ => value.to_string().into_bytes(),
        }
    }

    /// The value as `CONFIG REWRITE` writes it.
    pub(super) fn rewritten(&self, value: i128) -> Vec<u8> {
        match self.notation {
            Notation::Memory | Notation::MemoryOrPercent if value > 0 => format_memory(value),
            _ => self.text(value),
        }
    }
}

/// Reads an amount of memory: digits and one of `b k kb m mb g gb`, in any case; `k` is 1000 and
/// `kb` 1024, and so on. No digits at all are 0. `None` for anything else and above 64 bits.
pub fn parse_memory(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.to_ascii_lowercase().as_slice() {
        b"" | b"b" => 1,
        b"k" => 1000,
        b"kb" => 1 << 10,
        b"m" => 1000 * 1000,
        b"mb" => 1 << 20,
        b"g" => 1000 * 1000 * 1000,
        b"gb" => 1 << 30,
        _ => return None,
    };
    let mut value: u64 = 0;
    for digit in number {
        value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
    }
    value.checked_mul(factor)
}

/// `5%` is -5.
fn parse_percent(text: &[u8]) -> Option<i128> {
    let (last, number) = text.split_last()?;
    let percent = (*last == b'%').then(|| parse_i64(number)).flatten()?;
    (percent >= 0).then_some(-i128::from(percent))
}

/// An amount of memory in the greatest unit that holds it exactly.
fn format_memory(bytes: i128) -> Vec<u8> {
    for (shift, unit) in [(30, "gb"), (20, "mb"), (10, "kb")] {
        if bytes % (1 << shift) == 0 {
            return format!("{}{unit}", bytes >> shift).into_bytes();
        }
    }
    bytes.to_string().into_bytes()
}

macro_rules! number_values {
    ($($type:ty),*) => {$(
        impl Value for $type {
            type Rule = NumberRule;

            fn parse(
                &self,
                arguments: &[&[u8]],
                rule: &NumberRule,
                _: Source,
            ) -> Result<Self, Reason> {
                let value = rule.parse(arguments.first().copied().unwrap_or_default())?;
                Self::try_from(value).map_err(|_| Reason::from("argument is out of range"))
            }

            fn text(&self, rule: &NumberRule) -> Vec<u8> {
                rule.text(*self as i128)
            }

            fn lines(&self, default: &Self, rule: &NumberRule) -> Vec<Line> {
                let arguments = rule.rewritten(*self as i128);
                vec![Line { arguments, forced: self != default }]
            }
        }
    )*};
}

number_values!(u16, u32, u64, usize, i32, i64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_takes_units_in_any_case_and_refuses_the_rest() {
        for (text, bytes) in [
            ("", 0),
            ("100", 100),
            ("1b", 1),
            ("1k", 1000),
            ("1KB", 1024),
            ("2m", 2_000_000),
            ("2Mb", 2 << 20),
            ("3g", 3_000_000_000),
            ("3gB", 3 << 30),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(parse_memory(text.as_bytes()), Some(bytes), "{text}");
        }
        for text in ["-1", "1x", "1 kb", "kbb", "1.5gb", "18446744073709551616", "99999999999gb"] {
            assert_eq!(parse_memory(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn memory_is_rewritten_in_the_greatest_unit_that_is_exact() {
        for (bytes, text) in
            [(1 << 30, "1gb"), (3 << 29, "1536mb"), (1 << 20, "1mb"), (4096, "4kb"), (1000, "1000")]
        {
            assert_eq!(format_memory(bytes), text.as_bytes());
        }
    }

    #[test]
    fn a_percentage_is_kept_as_its_negative() {
        let rule = NumberRule::memory_or_percent(i64::MAX.into());
        assert_eq!(rule.parse(b"5%"), Ok(-5));
        assert_eq!(rule.text(-5), b"5%");
        assert_eq!(rule.rewritten(-5), b"5%");
        assert_eq!(rule.rewritten(2048), b"2kb");
        assert_eq!(
            rule.parse(b"200%").unwrap_err(),
            "percentage argument must be less or equal to 100"
        );
        assert_eq!(rule.parse(b"%").unwrap_err(), "argument must be a memory or percent value");
    }

    #[test]
    fn octal_numbers_are_read_and_printed_in_base_8() {
        let rule = NumberRule::octal(0, 0o777);
        assert_eq!(rule.parse(b"700"), Ok(0o700));
        assert_eq!(rule.text(0o700), b"700");
        assert_eq!(
            rule.parse(b"1000").unwrap_err(),
            "argument must be between 0 and 777 inclusive"
        );
        assert_eq!(rule.parse(b"8").unwrap_err(), "argument couldn't be parsed as an octal number");
    }
}
