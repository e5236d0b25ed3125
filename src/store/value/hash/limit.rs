//! How large a hash may be and still be one pack.

use crate::store::packed::Element;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashLimit {
    pub max_fields: usize,
    /// Of a field, and of a value.
    pub max_bytes: usize,
}

impl Default for HashLimit {
    fn default() -> Self {
        HashLimit { max_fields: 512, max_bytes: 64 }
    }
}

/// The longest text of a number.
const INT_TEXT_MAX_BYTES: usize = 20;

impl HashLimit {
    /// Whether a text of so many bytes may be in a pack.
    #[inline]
    pub fn fits(self, bytes: usize) -> bool {
        bytes <= self.max_bytes
    }

    #[inline]
    pub(super) fn fits_value(self, value: Element<'_>) -> bool {
        match value {
            Element::Str(text) => self.fits(text.len()),
            Element::Int(_) if self.fits(INT_TEXT_MAX_BYTES) => true,
            Element::Int(_) => self.fits(value.text_len()),
        }
    }
}
