//! What BY and GET look up for an element: a string, or a field of a hash.
//!
//! ```text
//! weight_*           the string at weight_<element>
//! object_*->field    the field of the hash at object_<element>
//! #                  the element itself
//! ```

use crate::commands::keys::Keys;
use crate::store::packed::Element;
use crate::store::value::ValueRef;
use crate::store::value::hash::Hash;

pub(super) enum Pattern<'a> {
    Element,
    /// Without a star: nothing is found.
    Fixed,
    Key {
        before: &'a [u8],
        after: &'a [u8],
        field: Option<&'a [u8]>,
    },
}

impl<'a> Pattern<'a> {
    pub(super) fn parse(pattern: &'a [u8]) -> Pattern<'a> {
        if pattern == b"#" {
            return Pattern::Element;
        }
        let Some(star) = pattern.iter().position(|&byte| byte == b'*') else {
            return Pattern::Fixed;
        };
        let (before, rest) = pattern.split_at(star);
        let rest = rest.get(1..).unwrap_or_default();
        // An arrow with nothing behind it is a part of the key.
        let arrow = rest.windows(2).position(|pair| pair == b"->");
        let parts = arrow.map(|at| (rest.split_at(at).0, rest.split_at(at + 2).1));
        let (after, field) = match parts {
            Some((after, field)) if !field.is_empty() => (after, Some(field)),
            _ => (rest, None),
        };
        Pattern::Key { before, after, field }
    }

    /// What is there for an element, which itself no key has.
    pub(super) fn value<'k>(
        &self,
        keys: &'k mut Keys<'_>,
        element: Element<'_>,
    ) -> Option<ValueRef<'k>> {
        let Pattern::Key { before, after, field } = self else { return None };
        let mut key = Vec::with_capacity(before.len() + element.text_len() + after.len());
        key.extend_from_slice(before);
        element.put(&mut key);
        key.extend_from_slice(after);
        let entry = keys.read_entry(&key)?;
        match field {
            Some(field) => entry.object::<Hash>()?.get(field),
            None => Some(entry.value()).filter(ValueRef::is_str),
        }
    }

    /// The bytes of it, or of the element.
    pub(super) fn text(&self, keys: &mut Keys<'_>, element: Element<'_>) -> Option<Vec<u8>> {
        if matches!(self, Pattern::Element) {
            return Some(element.to_vec());
        }
        let value = self.value(keys, element)?;
        let mut digits = itoa::Buffer::new();
        let string = value.as_str(&mut digits)?;
        let mut text = Vec::with_capacity(string.len());
        string.pieces().for_each(|piece| text.extend_from_slice(piece));
        Some(text)
    }
}
