//! What a record is made of.
//!
//! ```text
//! member   text
//! field    length of the name u8 | name | value
//! ```

/// The name in a record.
#[inline]
pub(super) fn key_of<const PAIRS: bool>(record: &[u8]) -> &[u8] {
    match (PAIRS, record) {
        (true, [len, texts @ ..]) => texts.get(..usize::from(*len)).unwrap_or_default(),
        _ => record,
    }
}

/// The value in a record.
#[inline]
pub(super) fn value_of<const PAIRS: bool>(record: &[u8]) -> &[u8] {
    match (PAIRS, record) {
        (true, [len, texts @ ..]) => texts.get(usize::from(*len)..).unwrap_or_default(),
        _ => &[],
    }
}
