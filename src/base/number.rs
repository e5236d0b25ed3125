//! Numbers as text, by the rules of each place where Redis reads or writes one.

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

/// Appends a double in the fewest digits that read back as the same one, as Redis 7.2 writes it
/// in replies: `3`, `0.1`, `1.5e+300`, `inf`, `-inf`, `nan`, `-0`.
pub fn format_f64_shortest(number: f64, out: &mut Vec<u8>) {
    use std::io::Write;
    let _ = write!(out, "{number}"); // A Vec does not fail.
}
