//! Doubles: sorted set scores, coordinates, RESP3 doubles.

use std::fmt::{self, Write};

use rustc_apfloat::ieee::Double;

use super::integer::{push_i64, push_u64};
use super::long_double::{is_infinity, parse_hexadecimal, split_sign};

/// Reads a double as C's `strtod` does, with Redis's conditions: all of the text, no blank
/// before it, not NaN, and neither too big for a double nor so small that it becomes zero.
pub fn parse_f64(text: &[u8]) -> Option<f64> {
    let (negative, digits) = split_sign(text);
    let magnitude = if is_infinity(digits) {
        f64::INFINITY
    } else if let [b'0', b'x' | b'X', hexadecimal @ ..] = digits {
        f64::from_bits(parse_hexadecimal::<Double>(hexadecimal)? as u64)
    } else {
        parse_decimal(digits)?
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// Reads a double as C's `strtod` does, of all of the text or up to a NUL; not NaN. Blanks may stand
/// before it, what is too big is infinite, what is too small is zero, and so is no text at all.
pub fn parse_f64_as_c(text: &[u8]) -> Option<f64> {
    parse_c_text(text, |text| {
        let (negative, digits) = split_sign(text);
        parse_f64(text).or_else(|| {
            let magnitude = parse_any_decimal(digits)?;
            Some(if negative { -magnitude } else { magnitude })
        })
    })
}

/// As [`parse_f64_as_c`], but not what is too big or too small.
pub fn parse_f64_as_c_in_range(text: &[u8]) -> Option<f64> {
    parse_c_text(text, parse_f64)
}

fn parse_c_text(text: &[u8], parse: impl FnOnce(&[u8]) -> Option<f64>) -> Option<f64> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    if text.is_empty() {
        return Some(0.0);
    }
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let blanks = text.iter().take_while(|byte| is_blank(byte)).count();
    parse(text.get(blanks..).unwrap_or_default())
}

fn parse_any_decimal(digits: &[u8]) -> Option<f64> {
    if !matches!(digits.first()?, b'0'..=b'9' | b'.') {
        return None; // A second sign, or one of the words that Rust knows.
    }
    str::from_utf8(digits).ok()?.parse().ok()
}

/// Reads a decimal number without a sign.
fn parse_decimal(digits: &[u8]) -> Option<f64> {
    let number = parse_any_decimal(digits)?;
    let is_zero = || {
        let mantissa = digits.iter().take_while(|byte| !matches!(byte, b'e' | b'E'));
        mantissa.into_iter().all(|byte| matches!(byte, b'0' | b'.'))
    };
    (number.is_finite() && (number != 0.0 || is_zero())).then_some(number)
}

/// Appends a double as C's `printf("%.17g")`: enough digits to read back as the same one.
pub fn format_f64_17g(number: f64, out: &mut Vec<u8>) {
    if push_special(number, out) {
        return;
    }
    let mut text = StackText::default();
    let _ = write!(text, "{:.16e}", number.abs()); // Fits: see StackText.
    let Decimal { digits, exponent } = text.decimal();
    let significant = digits.iter().rposition(|&digit| digit != b'0').map_or(1, |last| last + 1);
    let digits = digits.get(..significant).unwrap_or_default();
    if (-4..17).contains(&exponent) {
        push_plain(digits, exponent, out);
    } else {
        push_scientific(digits, exponent, 2, out);
    }
}

/// Appends a double in the fewest digits that read back as the same one, as Redis 7.2 writes it
/// in replies: `3`, `0.1`, `1.5e+300`, `inf`, `-inf`, `nan`, `-0`.
///
/// The layout is that of its `fpconv` library. Its digits are not always the fewest (about one
/// double in a thousand gets one more, or not the nearest); ours are.
pub fn format_f64_shortest(number: f64, out: &mut Vec<u8>) {
    const SAFE: f64 = (i64::MAX / 2) as f64;
    let integer = number as i64;
    if number != 0.0 && number.abs() <= SAFE && integer as f64 == number {
        return push_i64(out, integer);
    }
    if push_special(number, out) {
        return;
    }
    let mut text = StackText::default();
    let _ = write!(text, "{:e}", number.abs()); // Fits: see StackText.
    let Decimal { digits, exponent } = text.decimal();
    let count = digits.len() as i32;
    // The power of ten of the last digit.
    let last = exponent + 1 - count;
    let zeros_to_add = last >= 0 && exponent < count + 7;
    let plain_fraction = last < 0 && (last > -7 || exponent.abs() < 4);
    if zeros_to_add || plain_fraction {
        push_plain(digits, exponent, out);
    } else {
        push_scientific(digits, exponent, 1, out);
    }
}

/// Appends what is no digits: `nan`, `inf`, zero, and the sign. Returns whether that was all.
fn push_special(number: f64, out: &mut Vec<u8>) -> bool {
    if number.is_nan() {
        out.extend_from_slice(b"nan");
        return true;
    }
    if number.is_sign_negative() {
        out.push(b'-');
    }
    if number.is_infinite() {
        out.extend_from_slice(b"inf");
    } else if number == 0.0 {
        out.push(b'0');
    }
    number.is_infinite() || number == 0.0
}

/// Appends digits whose first stands for `10^exponent`, without an exponent.
fn push_plain(digits: &[u8], exponent: i32, out: &mut Vec<u8>) {
    if exponent < 0 {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', (-1 - exponent) as usize));
        return out.extend_from_slice(digits);
    }
    let whole = exponent as usize + 1;
    match digits.split_at_checked(whole) {
        Some((whole, fraction)) if !fraction.is_empty() => {
            out.extend_from_slice(whole);
            out.push(b'.');
            out.extend_from_slice(fraction);
        }
        _ => {
            out.extend_from_slice(digits);
            out.extend(std::iter::repeat_n(b'0', whole - digits.len()));
        }
    }
}

/// Appends digits as `d.ddde+xx`, with at least so many digits in the exponent.
fn push_scientific(digits: &[u8], exponent: i32, exponent_digits: usize, out: &mut Vec<u8>) {
    let (first, rest) = digits.split_at_checked(1).unwrap_or_default();
    out.extend_from_slice(first);
    if !rest.is_empty() {
        out.push(b'.');
        out.extend_from_slice(rest);
    }
    out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
    let exponent = exponent.unsigned_abs();
    if exponent_digits == 2 && exponent < 10 {
        out.push(b'0');
    }
    push_u64(out, u64::from(exponent));
}

/// Digits, the first of which stands for `10^exponent`.
struct Decimal<'a> {
    digits: &'a [u8],
    exponent: i32,
}

/// The text of one positive double in scientific notation: 17 digits, a dot, `e-` and 3 digits
/// make 23 bytes at most.
#[derive(Default)]
struct StackText {
    bytes: [u8; 24],
    len: usize,
}

impl StackText {
    /// Takes `d.ddde-xx` apart, by removing the dot in place.
    fn decimal(&mut self) -> Decimal<'_> {
        let text = self.bytes.get_mut(..self.len).unwrap_or_default();
        let e = text.iter().position(|&byte| byte == b'e').unwrap_or(text.len());
        let (digits, exponent) = text.split_at_mut(e);
        let exponent = exponent.get(1..).and_then(|exponent| str::from_utf8(exponent).ok());
        let exponent = exponent.and_then(|exponent| exponent.parse().ok()).unwrap_or(0);
        if let [first, dot, ..] = digits {
            *dot = *first;
        }
        let digits: &[u8] = match &*digits {
            [_, rest @ ..] if !rest.is_empty() => rest,
            one => one,
        };
        Decimal { digits, exponent }
    }
}

impl Write for StackText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_17g(number: f64) -> String {
        let mut out = Vec::new();
        format_f64_17g(number, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn shortest(number: f64) -> String {
        let mut out = Vec::new();
        format_f64_shortest(number, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn doubles_are_read_as_redis_reads_scores() {
        let cases: &[(&str, f64)] = &[
            ("1.", 1.0),
            (".5", 0.5),
            ("+1", 1.0),
            ("00012", 12.0),
            ("-1E-05", -1e-5),
            ("inf", f64::INFINITY),
            ("+InFiNiTy", f64::INFINITY),
            ("-inf", f64::NEG_INFINITY),
            ("1e-320", 1e-320),
            ("4.9e-324", 5e-324),
            ("0e99999999999999999999", 0.0),
            ("0x10", 16.0),
            ("-0X1.8P-1", -0.75),
            ("0x.8", 0.5),
            ("0x1.fffffffffffff8p0", 2.0),
            ("0x0.00p5", 0.0),
            ("0x0p99999999999999999999", 0.0),
            ("0x1p-1074", 5e-324),
        ];
        for (text, number) in cases {
            assert_eq!(parse_f64(text.as_bytes()), Some(*number), "{text:?}");
        }
        assert!(parse_f64(b"-0").is_some_and(|zero| zero.is_sign_negative()));
    }

    #[test]
    fn what_is_no_double_or_out_of_range_is_refused() {
        let refused = [
            "",
            " 1",
            "1 ",
            ".",
            "e5",
            "1e",
            "1e+",
            "1e5.5",
            "--1",
            "+-1",
            "1_0",
            "nan",
            "-nan",
            "nan(1)",
            "infi",
            "in",
            "+",
            "0x",
            "0x.",
            "0xp1",
            "0x1p",
            "0x1.g",
            "0x1p+",
            "0x-1",
            "1e400",
            "-1e400",
            "1e-400",
            "2e-324",
            "1e99999999999999999999",
            "0x1p1024",
            "0x1p-1080",
            "0x1p99999999999999999999",
            "1\0",
            "\u{fc}",
        ];
        for text in refused {
            assert_eq!(parse_f64(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(parse_f64(b"1\xff"), None);
    }

    #[test]
    fn the_ends_of_ranges_are_read_as_c_reads_them() {
        let cases: &[(&[u8], f64)] = &[
            (b"", 0.0),
            (b"\0x", 0.0),
            (b"1\0x", 1.0),
            (b" \t\n1.5", 1.5),
            (b"1e400", f64::INFINITY),
            (b"-1e400", f64::NEG_INFINITY),
            (b"1e-400", 0.0),
            (b"+inf", f64::INFINITY),
            (b"0x10", 16.0),
        ];
        for (text, number) in cases {
            assert_eq!(parse_f64_as_c(text), Some(*number), "{}", text.escape_ascii());
        }
        for text in ["nan", " ", "1 ", "x", "--1", "infi", "1x"] {
            assert_eq!(parse_f64_as_c(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn seventeen_digits_are_written_as_c_writes_them() {
        let cases: &[(f64, &str)] = &[
            (0.0, "0"),
            (-0.0, "-0"),
            (3.0, "3"),
            (-1.5, "-1.5"),
            (0.1, "0.10000000000000001"),
            (0.0001, "0.0001"),
            (0.00001, "1.0000000000000001e-05"),
            (1e16, "10000000000000000"),
            (1e17, "1e+17"),
            (123456789012345678.0, "1.2345678901234568e+17"),
            (1e100, "1e+100"),
            (5e-324, "4.9406564584124654e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            // Exactly between two texts: the even digit wins.
            (562949953421312.125, "562949953421312.12"),
            (562949953421312.375, "562949953421312.38"),
        ];
        for (number, text) in cases {
            assert_eq!(text_17g(*number), *text);
        }
    }

    #[test]
    fn the_shortest_text_has_the_layout_of_redis_7_2() {
        let cases: &[(f64, &str)] = &[
            (0.0, "0"),
            (-0.0, "-0"),
            (3.0, "3"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e18, "1000000000000000000"),
            (1e19, "1e+19"),
            (1234567890123456e7, "12345678901234560000000"),
            (1.5e300, "1.5e+300"),
            (0.0001, "0.0001"),
            (0.000001, "0.000001"),
            (0.0000001, "1e-7"),
            (0.0012345678, "0.0012345678"),
            (0.00012345678, "1.2345678e-4"),
            (12345.678901, "12345.678901"),
            (12345.6789012, "1.23456789012e+4"),
            (1.25e-300, "1.25e-300"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
            (-f64::NAN, "nan"),
        ];
        for (number, text) in cases {
            assert_eq!(shortest(*number), *text);
        }
    }

    #[test]
    fn every_double_reads_back_from_both_texts() {
        let mut random = crate::base::random::Random::from_seed(1);
        for _ in 0..20_000 {
            let number = f64::from_bits(random.next_u64());
            if number.is_nan() {
                continue;
            }
            for text in [text_17g(number), shortest(number)] {
                assert_eq!(parse_f64(text.as_bytes()), Some(number), "{text}");
            }
        }
    }
}
