//! Doubles with a fixed number of digits behind the point: degrees.

use super::integer::push_u64;

/// Appends a double with 17 digits behind the point, but for the zeros at their end, and without an
/// exponent: degrees. What is not finite or 2^63 and more is written as its whole part.
pub fn format_f64_plain(number: f64, out: &mut Vec<u8>) {
    const DIGITS: usize = 17;
    const ONE: u128 = 10_u128.pow(DIGITS as u32);
    let magnitude = number.abs();
    let mut whole = magnitude as u64;
    let fraction = magnitude.fract().to_bits();
    // The fraction is the mantissa divided by 2^shift: at least 2^53, since it is below 1.
    let exponent = fraction >> 52;
    let hidden = u64::from(exponent > 0) << 52;
    let mantissa = u128::from(fraction & ((1 << 52) - 1) | hidden);
    let shift = 1075 - exponent.max(1);
    let mut digits = match shift {
        // What is less than half of the last digit is nothing.
        127.. => 0,
        _ => {
            let product = mantissa * ONE;
            let (quotient, rest) = (product >> shift, product & ((1 << shift) - 1));
            let half = 1 << (shift - 1);
            quotient + u128::from(rest > half || (rest == half && quotient & 1 == 1))
        }
    };
    if digits == ONE {
        (whole, digits) = (whole + 1, 0);
    }
    if number.is_sign_negative() && (whole > 0 || digits > 0) {
        out.push(b'-');
    }
    push_u64(out, whole);
    if digits > 0 {
        let mut text = [b'0'; DIGITS];
        for digit in text.iter_mut().rev() {
            *digit = b'0' + (digits % 10) as u8;
            digits /= 10;
        }
        let significant = text.iter().rposition(|&digit| digit != b'0').map_or(0, |last| last + 1);
        out.push(b'.');
        out.extend_from_slice(text.get(..significant).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_written_with_all_their_digits_and_no_zeros_behind_them() {
        let plain = |number: f64| {
            let mut out = Vec::new();
            format_f64_plain(number, &mut out);
            String::from_utf8(out).unwrap()
        };
        let mut random = crate::base::random::Random::from_seed(1);
        let check = |number: f64| {
            let expected = format!("{number:.17}");
            let expected = expected.trim_end_matches('0').trim_end_matches('.');
            let expected = if expected == "-0" { "0" } else { expected };
            assert_eq!(plain(number), expected, "{number:e}");
        };
        for _ in 0..20_000 {
            let size = 2f64.powi(random.below(100) as i32 - 70);
            check((random.unit_f64() - 0.5) * size);
        }
        let tie = 5e-18 * 2f64.powi(-1);
        for number in [0.0, -0.0, 0.5, -180.0, 1e-17, 5e-18, tie, 1e-300, 5e-324, -1e-18] {
            check(number);
        }
        for number in [1.0 - f64::EPSILON, 1.0 - f64::EPSILON / 2.0, 4503599627370495.5] {
            check(number);
        }
    }
}
