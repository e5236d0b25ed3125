//! The numbers that a block's entries are made of.

/// Of an entry's flags: it was deleted.
pub(super) const DELETED: i64 = 1;
/// Of an entry's flags: its fields are those of the block's head.
pub(super) const SAME_FIELDS: i64 = 2;
/// Elements of an entry before its fields: flags, and the two parts of its ID.
pub(super) const FIXED_ELEMENTS: usize = 3;
