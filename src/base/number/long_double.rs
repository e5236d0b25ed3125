//! The 80-bit floating point of x87, in which Redis adds for INCRBYFLOAT and HINCRBYFLOAT.

use rustc_apfloat::ieee::X87DoubleExtended;
use rustc_apfloat::{Float, Round};

/// The longest text that is read as a number, in bytes (Redis reads 5 KiB at most).
const MAX_TEXT_BYTES: usize = 5 * 1024 - 1;

/// Digits after the point in [`LongDouble::format_human`].
const DECIMALS: usize = 17;

/// A number with a 64-bit significand and a 15-bit exponent, on any processor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LongDouble(X87DoubleExtended);

impl LongDouble {
    /// Reads a number as C's `strtold` does, with Redis's conditions: all of the text, no blank
    /// before it, not NaN, less than 5 KiB, and neither too big nor so small that it becomes
    /// zero. Infinity is read: it is for the sum to be refused.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() > MAX_TEXT_BYTES {
            return None;
        }
        let (negative, digits) = split_sign(text);
        let magnitude = if is_infinity(digits) {
            X87DoubleExtended::INFINITY
        } else if let [b'0', b'x' | b'X', hexadecimal @ ..] = digits {
            X87DoubleExtended::from_bits(parse_hexadecimal::<X87DoubleExtended>(hexadecimal)?)
        } else {
            parse_decimal(digits)?
        };
        Some(LongDouble(if negative { -magnitude } else { magnitude }))
    }

    pub fn is_finite(self) -> bool {
        self.0.is_finite()
    }

    /// Appends the number as Redis shows it to humans: rounded to 17 decimals, zeros at the end
    /// removed, never with an exponent.
    pub fn format_human(self, out: &mut Vec<u8>) {
        if !self.is_finite() {
            let text: &[u8] = match (self.0.is_nan(), self.0.is_negative()) {
                (true, _) => b"nan",
                (false, true) => b"-inf",
                (false, false) => b"inf",
            };
            return out.extend_from_slice(text);
        }
        let (significand, exponent) = self.magnitude();
        let (whole, fraction) = if exponent < 0 {
            fixed_point(significand, exponent.unsigned_abs())
        } else {
            (shifted_decimal(significand, exponent.unsigned_abs()), String::new())
        };
        let fraction = fraction.trim_end_matches('0');
        if self.0.is_negative() && (whole != "0" || !fraction.is_empty()) {
            out.push(b'-');
        }
        out.extend_from_slice(whole.as_bytes());
        if !fraction.is_empty() {
            out.push(b'.');
            out.extend_from_slice(fraction.as_bytes());
        }
    }

    /// The significand and exponent of the finite number `significand * 2^exponent`.
    fn magnitude(self) -> (u64, i32) {
        const BIAS: i32 = 16_383 + 63;
        let bits = self.0.to_bits();
        let biased = (bits >> 64) as i32 & 0x7fff;
        (bits as u64, biased.max(1) - BIAS)
    }
}

impl std::ops::Add for LongDouble {
    type Output = LongDouble;

    /// The sum, rounded to the nearest, half to even.
    fn add(self, other: Self) -> Self {
        LongDouble((self.0 + other.0).value)
    }
}

impl From<i64> for LongDouble {
    fn from(number: i64) -> Self {
        LongDouble(X87DoubleExtended::from_i128(number.into()).value)
    }
}

/// Reads a decimal number without a sign.
fn parse_decimal(digits: &[u8]) -> Option<X87DoubleExtended> {
    if !is_decimal(digits) {
        return None;
    }
    let parsed =
        X87DoubleExtended::from_str_r(str::from_utf8(digits).ok()?, Round::NearestTiesToEven);
    in_range(parsed.ok()?.value, digits.split(|byte| matches!(byte, b'e' | b'E')).next()?)
}

/// Whether the text is `ddd[.ddd][e[+|-]ddd]`, with at least one digit around the dot.
fn is_decimal(text: &[u8]) -> bool {
    let (mantissa, exponent) = split_exponent(text, b'e');
    is_mantissa(mantissa, u8::is_ascii_digit) && exponent.is_none_or(is_exponent)
}

/// Parts a number at the letter before its exponent, in either case.
fn split_exponent(text: &[u8], letter: u8) -> (&[u8], Option<&[u8]>) {
    let mut parts = text.splitn(2, |byte| byte.eq_ignore_ascii_case(&letter));
    (parts.next().unwrap_or_default(), parts.next())
}

/// Reads the number after `0x`, as the bits of `F`. Without `p` the exponent is 0.
pub(super) fn parse_hexadecimal<F: Float>(text: &[u8]) -> Option<u128> {
    if text.len() > MAX_TEXT_BYTES {
        return None;
    }
    let (mantissa, exponent) = split_exponent(text, b'p');
    if !is_mantissa(mantissa, u8::is_ascii_hexdigit) || !exponent.is_none_or(is_exponent) {
        return None;
    }
    let exponent = exponent.map_or(0, clamped_exponent);
    let text = format!("0x{}p{exponent}", str::from_utf8(mantissa).ok()?);
    let parsed = F::from_str_r(&text, Round::NearestTiesToEven).ok()?;
    in_range(parsed.value, mantissa).map(F::to_bits)
}

/// The number, unless it became infinite, or zero although the mantissa is not.
fn in_range<F: Float>(number: F, mantissa: &[u8]) -> Option<F> {
    let is_zero = || mantissa.iter().all(|byte| matches!(byte, b'0' | b'.'));
    (number.is_finite() && (number.is_non_zero() || is_zero())).then_some(number)
}

fn is_mantissa(text: &[u8], is_digit: fn(&u8) -> bool) -> bool {
    let digits = text.iter().filter(|byte| is_digit(byte)).count();
    let dots = text.iter().filter(|&&byte| byte == b'.').count();
    digits > 0 && dots <= 1 && digits + dots == text.len()
}

fn is_exponent(text: &[u8]) -> bool {
    let digits = split_sign(text).1;
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// A binary exponent, cut to where every mantissa of [`MAX_TEXT_BYTES`] is out of range.
fn clamped_exponent(text: &[u8]) -> i32 {
    let (negative, digits) = split_sign(text);
    let digit = |sum: i32, byte: &u8| (sum * 10 + i32::from(byte - b'0')).min(100_000);
    let exponent = digits.iter().fold(0, digit);
    if negative { -exponent } else { exponent }
}

/// Takes one sign off. Returns whether it was a minus.
pub(super) fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

pub(super) fn is_infinity(text: &[u8]) -> bool {
    text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity")
}

/// The whole part and the [`DECIMALS`] of `significand / 2^shift`, rounded half to even.
fn fixed_point(significand: u64, shift: u32) -> (String, String) {
    const SCALE: u128 = 10u128.pow(DECIMALS as u32);
    // Below 2^64 * 2^57, so that a shift of 128 leaves nothing, not even one half.
    let scaled = u128::from(significand) * SCALE;
    let rounded = match shift {
        128.. => 0,
        _ => {
            let quotient = scaled >> shift;
            let remainder = scaled & ((1 << shift) - 1);
            let half = 1 << (shift - 1);
            let up = remainder > half || remainder == half && quotient & 1 == 1;
            quotient + u128::from(up)
        }
    };
    ((rounded / SCALE).to_string(), format!("{:0DECIMALS$}", rounded % SCALE))
}

/// The digits of the integer `significand << shift`.
fn shifted_decimal(significand: u64, shift: u32) -> String {
    if shift <= 64 {
        return (u128::from(significand) << shift).to_string();
    }
    // Groups of nine digits, lowest first. A shift of 34 keeps each product below 2^64.
    const GROUP: u64 = 10u64.pow(9);
    const MAX_STEP: u32 = 34;
    let mut groups =
        vec![significand % GROUP, significand / GROUP % GROUP, significand / GROUP / GROUP];
    let mut left = shift;
    while left > 0 {
        let step = left.min(MAX_STEP);
        let mut carry = 0;
        for group in &mut groups {
            let product = (*group << step) + carry;
            (*group, carry) = (product % GROUP, product / GROUP);
        }
        while carry > 0 {
            groups.push(carry % GROUP);
            carry /= GROUP;
        }
        left -= step;
    }
    while groups.len() > 1 && groups.last() == Some(&0) {
        groups.pop();
    }
    let mut digits = groups.pop().unwrap_or_default().to_string();
    for group in groups.iter().rev() {
        digits.push_str(&format!("{group:09}"));
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(a: &str, b: &str) -> Option<String> {
        let sum = LongDouble::parse(a.as_bytes())? + LongDouble::parse(b.as_bytes())?;
        let mut out = Vec::new();
        sum.format_human(&mut out);
        Some(String::from_utf8(out).unwrap())
    }

    /// Each row was answered by redis-server 7.0.15: SET to the first, INCRBYFLOAT the second.
    /// They were chosen from 30,000 random ones, all of which agreed.
    #[test]
    fn sums_are_those_of_incrbyfloat() {
        let cases = [
            ("0.1", "0.2", "0.3"),
            ("3", "1.1", "4.1"),
            ("5.0e3", "200", "5200"),
            ("10.50", "0.1", "10.6"),
            ("1", "-0.00000000000000000009", "1"),
            ("-1e-30", "0", "0"),
            ("-0", "-0", "0"),
            ("9223372036854775807", "1", "9223372036854775808"),
            ("18446744073709551615", "1", "18446744073709551616"),
            ("0x1p63", "0.5", "9223372036854775808"),
            ("0x1p200", "-1", "1606938044258990275541962092341162602522202993782792835301376"),
            ("1e25", "1", "10000000000000000000000000"),
            ("859e24", "0.00000000000000074772", "859000000000000000016777216"),
            ("3.6e-4951", "0", "0"),
            ("0.99999999999999999", "0", "0.99999999999999999"),
            ("0.999999999999999999", "0", "1"),
            ("0.000000000000000005", "0", "0"),
            ("0.000000000000000015", "0", "0.00000000000000002"),
            ("0x1p-18", "0", "0.00000381469726562"),
            ("0x3p-18", "0", "0.00001144409179688"),
            ("17179869184.00000001", "0.00000001", "17179869184.00000001862645149"),
            ("28492166472459150033", "5.206161699298181e-50", "28492166472459150032"),
            ("16807170025364121", "-54.76580672938879", "16807170025364066.234375"),
            ("-96.2046", "0.89080540477200", "-95.313794595228"),
            ("7195060134557152926230274e-22", "-820.000", "-100.4939865442847074"),
            ("-0.021469175191240072", "23335042496", "23335042495.97853082418441772"),
            ("0x575bb3dab926f28e268174.d530f1526f", "0", "105609599384274264089690112"),
            ("87.0", "0.0000000000000022204", "87.00000000000000222"),
            (
                "405600.67530e-763",
                "275987831158966652860910e-11",
                "2759878311589.66652870178222656",
            ),
            ("0x1.fffffffffffff8p0", "0", "1.99999999999999989"),
        ];
        for (a, b, expected) in cases {
            assert_eq!(sum(a, b).as_deref(), Some(expected), "{a} + {b}");
        }
    }

    #[test]
    fn the_greatest_number_keeps_all_its_digits() {
        let text = sum("1.18973149535723176502126385303097021e4932", "0").unwrap();
        assert_eq!(text.len(), 4933);
        assert!(text.starts_with("1189731495357231765021263853030970205169"));
        assert!(text.ends_with("19552086811989770240"));
        assert_eq!(sum("-1e400", "0").unwrap().len(), 402);
    }

    #[test]
    fn infinity_is_read_but_shows_in_the_sum() {
        assert_eq!(sum("inf", "1").as_deref(), Some("inf"));
        assert_eq!(sum("-Infinity", "1").as_deref(), Some("-inf"));
        assert_eq!(sum("inf", "-inf").as_deref(), Some("nan"));
        let parse = |text: &str| LongDouble::parse(text.as_bytes()).unwrap();
        assert!(!(parse("1.1e4932") + parse("1.1e4932")).is_finite());
    }

    #[test]
    fn integers_are_exact() {
        for number in [0, -1, i64::MAX, i64::MIN] {
            let mut out = Vec::new();
            LongDouble::from(number).format_human(&mut out);
            assert_eq!(out, number.to_string().as_bytes());
        }
    }

    #[test]
    fn what_is_no_number_or_out_of_range_is_refused() {
        let refused = [
            "",
            " 1",
            "1 ",
            ".",
            "e5",
            "1e",
            "1e5.5",
            "--1",
            "1_0",
            "nan",
            "nan(1)",
            "infi",
            "0x",
            "0xp1",
            "0x1p",
            "1e4933",
            "1e99999999999999999999",
            "1e-99999999999999999999",
            "1e-4951",
            "0x1p16384",
            "0x1p-16447",
            "\u{fc}",
        ];
        for text in refused {
            assert_eq!(LongDouble::parse(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn text_is_read_up_to_5_kib() {
        let longest = [vec![b'0'; MAX_TEXT_BYTES - 1], b"1".to_vec()].concat();
        assert_eq!(LongDouble::parse(&longest), Some(LongDouble::from(1)));
        assert_eq!(LongDouble::parse(&[longest, b"1".to_vec()].concat()), None);
    }

    #[test]
    fn no_text_makes_the_reader_panic() {
        let mut random = crate::base::random::Random::from_seed(3);
        let alphabet = b"0123456789.eExXpP+-aFinf";
        for _ in 0..50_000 {
            let mut text = Vec::new();
            for _ in 0..random.below(14) {
                text.push(alphabet[random.below(alphabet.len() as u64) as usize]);
            }
            if let Some(number) = LongDouble::parse(&text) {
                number.format_human(&mut text);
            }
            crate::base::number::parse_f64(&text);
        }
    }
}
