//! A walk over all entries of a database, by who looks at each for longer than it takes to find.

use super::database::DatabaseSnapshot;
use super::entry::Entry;
use super::tree::SnapshotPart;
use super::value::{ObjectRef, ValueRef};

/// How many entries are brought near before they are looked at.
const ENTRIES_AHEAD: usize = 16;

/// Calls `each` for all entries, until the first error.
///
/// The snapshot is let go part by part as it is walked over: who writes to the data meanwhile copies
/// only what is still to come, so that the copies take a quarter at most of what all of them would.
pub fn each_entry<E>(
    database: DatabaseSnapshot,
    mut each: impl FnMut(&Entry) -> Result<(), E>,
) -> Result<(), E> {
    database.into_parts().try_for_each(|part| each_entry_of(&part, &mut each))
}

fn each_entry_of<E>(
    part: &SnapshotPart,
    each: &mut impl FnMut(&Entry) -> Result<(), E>,
) -> Result<(), E> {
    let mut entries = part.iter();
    let mut some = Vec::with_capacity(ENTRIES_AHEAD);
    loop {
        some.clear();
        some.extend(entries.by_ref().take(ENTRIES_AHEAD));
        if some.is_empty() {
            return Ok(());
        }
        fetch_values(&some);
        some.iter().try_for_each(|entry| each(entry))?;
    }
}

/// Reads the last byte of each value that lies in one piece. The iterator has fetched only where
/// an entry begins, and while the processor waits for one value it can ask for the next, which the
/// longer work of encoding would keep it from.
fn fetch_values(entries: &[&Entry]) {
    let last = |entry: &&Entry| match entry.value() {
        ValueRef::Str(text) => text.last().copied(),
        ValueRef::Object(ObjectRef::String(text)) => {
            text.as_str().whole().and_then(|text| text.last().copied())
        }
        _ => None,
    };
    std::hint::black_box(entries.iter().filter_map(last).fold(0, u8::wrapping_add));
}
