//! Classes of what happens to keys.

/// As `notify-keyspace-events` tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventClass {
    /// Of keys of any type: DEL, EXPIRE, RENAME.
    Generic,
    String,
    List,
    Set,
    Hash,
    SortedSet,
    Stream,
    Module,
    Expired,
    Evicted,
    /// A key that was not there is.
    New,
    /// A key that was looked up is not there.
    KeyMiss,
}
