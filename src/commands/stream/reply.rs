//! IDs and entries as replies.

use crate::resp::reply::Reply;
use crate::store::value::stream::{StreamEntry, StreamId};

/// The longest text of an ID.
const ID_MAX_BYTES: usize = 2 * 20 + 1;

/// An ID as its text, without an allocation.
pub struct IdText {
    bytes: [u8; ID_MAX_BYTES],
    len: usize,
}

impl IdText {
    pub fn of(id: StreamId) -> IdText {
        let mut text = IdText { bytes: [0; ID_MAX_BYTES], len: 0 };
        text.push(itoa::Buffer::new().format(id.ms).as_bytes());
        text.push(b"-");
        text.push(itoa::Buffer::new().format(id.seq).as_bytes());
        text
    }

    fn push(&mut self, part: &[u8]) {
        let free = self.bytes.get_mut(self.len..).unwrap_or_default();
        free.iter_mut().zip(part).for_each(|(place, byte)| *place = *byte);
        self.len += part.len();
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// Writes an ID.
pub fn put_id(reply: &mut Reply<'_>, id: StreamId) {
    reply.bulk(IdText::of(id).as_bytes());
}

/// Writes an entry: its ID, its fields and values.
pub fn put_entry(reply: &mut Reply<'_>, entry: &StreamEntry<'_>) {
    let mut digits = itoa::Buffer::new();
    reply.array(2);
    put_id(reply, entry.id);
    reply.array(2 * entry.len);
    for (field, value) in entry.fields() {
        reply.bulk(field.text(&mut digits));
        reply.bulk(value.text(&mut digits));
    }
}

/// Writes entries, no more than so many; gives how many.
pub fn put_entries<'a>(
    reply: &mut Reply<'_>,
    entries: impl Iterator<Item = StreamEntry<'a>>,
    most: usize,
) -> usize {
    let array = reply.begin_array();
    let mut count = 0;
    for entry in entries.take(most) {
        put_entry(reply, &entry);
        count += 1;
    }
    reply.end_array(array, count);
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_two_numbers_with_a_dash() {
        for id in [StreamId::MIN, StreamId::new(1_700_000_000_000, 3), StreamId::MAX] {
            assert_eq!(IdText::of(id).as_bytes(), id.to_string().as_bytes());
        }
    }
}
