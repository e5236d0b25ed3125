//! What a field holds, and how INFO prints it.

use std::fmt::Write;

/// A value with its unit, as far as how it is printed depends on it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Number(i64),
    Text(String),
    Word(&'static str),
    /// Two digits after the point.
    Ratio(f64),
    /// A ratio in percent, with a `%` behind it.
    Percent(f64),
    /// Printed as seconds with six digits.
    Micros(i64),
    /// Printed with a unit that fits: `1.50M`.
    Bytes(u64),
}

impl Value {
    /// Writes the value as INFO prints it.
    pub fn push_to(&self, text: &mut String) {
        let written = match self {
            Value::Number(number) => write!(text, "{number}"),
            Value::Text(words) => text.write_str(words),
            Value::Word(word) => text.write_str(word),
            Value::Ratio(ratio) => write!(text, "{ratio:.2}"),
            Value::Percent(percent) => write!(text, "{percent:.2}%"),
            Value::Micros(micros) => {
                write!(text, "{}.{:06}", micros / 1_000_000, micros % 1_000_000)
            }
            Value::Bytes(bytes) => push_bytes(text, *bytes),
        };
        debug_assert!(written.is_ok(), "a String takes everything");
    }
}

/// `512B`, `1.00K`, `1.50M`.
fn push_bytes(text: &mut String, bytes: u64) -> std::fmt::Result {
    const UNITS: [char; 6] = ['K', 'M', 'G', 'T', 'P', 'E'];
    if bytes < 1024 {
        return write!(text, "{bytes}B");
    }
    let steps = (bytes.ilog2() / 10) as usize;
    let unit = 1u64 << (10 * steps);
    write!(text, "{:.2}{}", bytes as f64 / unit as f64, UNITS[steps - 1])
}

macro_rules! numbers {
    ($($type:ty)+) => {$(
        impl From<$type> for Value {
            fn from(number: $type) -> Value {
                Value::Number(i64::try_from(number).unwrap_or(i64::MAX))
            }
        }
    )+};
}

numbers!(i32 i64 u16 u32 u64 usize bool);

impl From<&'static str> for Value {
    fn from(word: &'static str) -> Value {
        Value::Word(word)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: Value) -> String {
        let mut text = String::new();
        value.push_to(&mut text);
        text
    }

    #[test]
    fn values_are_printed_as_redis_prints_them() {
        assert_eq!(shown(true.into()), "1");
        assert_eq!(shown((-1i64).into()), "-1");
        assert_eq!(shown(Value::Ratio(1.236)), "1.24");
        assert_eq!(shown(Value::Percent(99.5)), "99.50%");
        assert_eq!(shown(Value::Micros(1_000_042)), "1.000042");
    }

    #[test]
    fn bytes_are_printed_with_the_unit_that_fits() {
        let lines = [
            (0, "0B"),
            (1023, "1023B"),
            (1024, "1.00K"),
            (916_408, "894.93K"),
            (25_276_514_304, "23.54G"),
            (u64::MAX, "16.00E"),
        ];
        for (bytes, text) in lines {
            assert_eq!(shown(Value::Bytes(bytes)), text);
        }
    }
}
