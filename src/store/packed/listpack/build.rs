//! Making a pack of many elements, or of bytes from outside.

use super::check::check;
use super::entry::Entry;
use super::head::{EMPTY_BYTES, END, HEAD_BYTES};
use super::iter::Entries;
use super::pack::Listpack;
use crate::store::packed::element::Element;
use crate::store::packed::limits::{Full, MAX_BYTES};
use crate::store::packed::malformed::Malformed;

/// Takes elements one after the other and gives a pack of them. Its memory can be used again for
/// the next pack.
#[derive(Debug, Default)]
pub struct Builder {
    entries: Vec<u8>,
    count: usize,
}

impl Builder {
    pub fn new() -> Self {
        Builder::default()
    }

    /// Appends an element.
    pub fn push<'a>(&mut self, element: impl Into<Element<'a>>) -> Result<(), Full> {
        let entry = Entry::of(element.into());
        if entry.len() > MAX_BYTES - self.total_bytes() {
            return Err(Full);
        }
        entry.parts().iter().for_each(|part| self.entries.extend_from_slice(part));
        self.count += 1;
        Ok(())
    }

    /// The number of elements so far.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none yet.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The bytes that the pack would have.
    pub fn total_bytes(&self) -> usize {
        EMPTY_BYTES + self.entries.len()
    }

    /// The pack of all elements since the last call.
    pub fn finish(&mut self) -> Listpack {
        self.entries.push(END);
        let pack = Listpack::of_entries(&self.entries, self.count);
        self.entries.clear();
        self.count = 0;
        pack
    }
}

impl Listpack {
    /// A pack of elements in their order.
    pub fn from_elements<'a, E: Into<Element<'a>>>(
        elements: impl IntoIterator<Item = E>,
    ) -> Result<Listpack, Full> {
        let mut builder = Builder::new();
        elements.into_iter().try_for_each(|element| builder.push(element))?;
        Ok(builder.finish())
    }

    /// A copy of what a file or a peer sent, after a check of every byte.
    ///
    /// Redis checks as much only if `sanitize-dump-payload` says so. Here nothing could be read
    /// safely without. What could be written shorter is, and the number of entries is put right if
    /// the header does not tell it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Listpack, Malformed> {
        let found = check(bytes)?;
        let entries_and_end = &bytes[HEAD_BYTES..];
        if found.is_shortest {
            return Ok(Listpack::of_entries(entries_and_end, found.count));
        }
        let entries = &entries_and_end[..entries_and_end.len() - 1];
        let mut builder = Builder::new();
        for (_, element) in Entries::of(entries, HEAD_BYTES) {
            // The shortest form is not longer than what was there, so there is room.
            let _ = builder.push(element);
        }
        Ok(builder.finish())
    }
}
