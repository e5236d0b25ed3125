//! What is sought in a pack.

use super::entry::Entry;
use crate::store::packed::element::Element;

/// A text that is sought, as the bytes of the entry that it would be: others are passed over
/// without a look at what they say.
#[derive(Clone, Copy)]
pub struct Needle<'a>(Entry<'a>);

impl<'a> Needle<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Needle(Entry::of(Element::Str(text)))
    }

    /// Whether this is the text that is sought.
    pub fn is(&self, text: &[u8]) -> bool {
        self.0.is_of(text)
    }

    /// Whether these bytes begin with the entry.
    #[inline]
    pub(super) fn begins(&self, bytes: &[u8]) -> bool {
        self.0.begins(bytes)
    }
}
