//! The doors to read by. None of them copies a node that a snapshot holds too.

use crate::base::ids::DbIndex;
use crate::base::time::UnixMillis;
use crate::commands::error::CommandError;
use crate::store::database::Database;
use crate::store::entry::Entry;
use crate::store::found::Found;

use super::expiry::{Aftermath, ExpiryRule};
use super::key_type::KeyType;
use super::view::Keys;

/// What a look-up counts for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// Hit or miss, and listeners hear of a miss.
    Yes,
    /// Hit or miss.
    Silently,
}

impl Keys<'_> {
    /// The value of a key, to answer with: counts hit or miss, and as a use.
    ///
    /// # Errors
    /// WRONGTYPE.
    #[inline]
    pub fn read<T: KeyType>(&mut self, key: &[u8]) -> Result<Option<T::Ref<'_>>, CommandError> {
        match self.read_entry(key) {
            None => Ok(None),
            Some(entry) => T::read(entry).map(Some).ok_or(CommandError::WrongType),
        }
    }

    /// Checks the type of a key that a command will change later, after another one: a command that
    /// fails changes nothing. Not counted.
    ///
    /// # Errors
    /// WRONGTYPE.
    pub fn expect<T: KeyType>(&mut self, key: &[u8]) -> Result<(), CommandError> {
        match self.peek(key) {
            Some(entry) if T::read(entry).is_none() => Err(CommandError::WrongType),
            _ => Ok(()),
        }
    }

    /// [`Keys::read`] of whatever is there.
    #[inline]
    pub fn read_entry(&mut self, key: &[u8]) -> Option<&Entry> {
        let (uses, count) = (self.uses, self.stats.hits);
        let found = self.count(key, Counted::Yes);
        if let Some(entry) = found {
            uses.stamp(entry, count);
        }
        found
    }

    /// Looks a key up to tell something about it: counts hit or miss, leaves the access time.
    /// TYPE, TTL, EXISTS.
    pub fn look(&mut self, key: &[u8]) -> Option<&Entry> {
        self.count(key, Counted::Yes)
    }

    /// [`Keys::look`] of which no listener hears. OBJECT.
    pub fn inspect(&mut self, key: &[u8]) -> Option<&Entry> {
        self.count(key, Counted::Silently)
    }

    /// Looks a key up without counting or stamping.
    #[inline]
    pub fn peek(&mut self, key: &[u8]) -> Option<&Entry> {
        self.peek_in(self.db, key)
    }

    /// [`Keys::peek`] in another database.
    pub fn peek_in(&mut self, db: DbIndex, key: &[u8]) -> Option<&Entry> {
        let Keys { dataset, stats, observers, effects, garbage, .. } = self;
        match find(&mut dataset[db], key, self.rule, self.now) {
            Ok(found) => found,
            Err(None) => None,
            Err(Some(gone)) => {
                Aftermath { stats, observers, effects, garbage }.of(db, gone);
                None
            }
        }
    }

    #[inline]
    fn count(&mut self, key: &[u8], counted: Counted) -> Option<&Entry> {
        let Keys { dataset, stats, observers, effects, garbage, .. } = self;
        match find(&mut dataset[self.db], key, self.rule, self.now) {
            Ok(Some(entry)) => {
                stats.hits += 1;
                return Some(entry);
            }
            Ok(None) | Err(None) => {}
            Err(Some(gone)) => Aftermath { stats, observers, effects, garbage }.of(self.db, gone),
        }
        stats.misses += 1;
        if counted == Counted::Yes {
            observers.missed(effects, (self.db, key));
        }
        None
    }
}

/// The entry of a key.
///
/// # Errors
/// Its deadline has passed; it was taken out if it is ours to delete.
#[inline]
fn find<'d>(
    database: &'d mut Database,
    key: &[u8],
    rule: ExpiryRule,
    now: UnixMillis,
) -> Result<Option<&'d Entry>, Option<Entry>> {
    let Some(found) = Found::find(database, |database| database.get(key)) else { return Ok(None) };
    if !rule.hides(found.value(), now) {
        return Ok(Some(found.into_value()));
    }
    Err(match rule {
        ExpiryRule::Delete => found.into_owner().remove(key),
        ExpiryRule::Hide | ExpiryRule::Ignore => None,
    })
}
