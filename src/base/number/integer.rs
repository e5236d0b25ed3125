//! Integers, as strictly as Redis reads them.

use bytes::BufMut;

/// Reads a decimal integer, strictly: no blank, plus sign, leading zero or `-0`, and all of the
/// text (`string2ll`).
#[inline]
pub fn parse_i64(text: &[u8]) -> Option<i64> {
    match text {
        b"0" => Some(0),
        [b'-', digits @ ..] => 0i64.checked_sub_unsigned(parse_nonzero(digits)?),
        digits => parse_nonzero(digits)?.try_into().ok(),
    }
}

/// Reads a decimal integer from 0 to 2^64 - 1, as strictly as [`parse_i64`].
pub fn parse_u64(text: &[u8]) -> Option<u64> {
    if text == b"0" { Some(0) } else { parse_nonzero(text) }
}

fn parse_nonzero(digits: &[u8]) -> Option<u64> {
    if !matches!(digits.first()?, b'1'..=b'9') {
        return None;
    }
    let mut number = 0u64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(number)
}

/// Appends an integer in decimal.
#[inline]
pub fn push_i64(out: &mut impl BufMut, number: i64) {
    out.put_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends an integer in decimal.
#[inline]
pub fn push_u64(out: &mut impl BufMut, number: u64) {
    out.put_slice(itoa::Buffer::new().format(number).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_strictly_to_the_ends_of_their_range() {
        for number in [0, 1, -1, 10, 999_999_999_999, i64::MAX, i64::MIN] {
            assert_eq!(parse_i64(number.to_string().as_bytes()), Some(number));
        }
        let refused =
            ["", "-", "+1", " 1", "1 ", "01", "-0", "-01", "00", "1a", "a", "--1", "0x1", "1.0"];
        for text in refused.iter().chain(&["9223372036854775808", "-9223372036854775809"]) {
            assert_eq!(parse_i64(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(parse_i64(b"99999999999999999999999999"), None);
    }

    #[test]
    fn unsigned_integers_reach_2_to_the_64() {
        assert_eq!(parse_u64(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(parse_u64(b"0"), Some(0));
        for text in ["18446744073709551616", "-1", "", "00"] {
            assert_eq!(parse_u64(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn integers_are_written_in_decimal() {
        let mut out = Vec::new();
        push_i64(&mut out, i64::MIN);
        push_u64(&mut out, u64::MAX);
        assert_eq!(out, b"-922337203685477580818446744073709551615");
    }
}
