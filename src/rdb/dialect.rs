//! What the reader of an RDB understands.

/// Of the layouts of a value, which are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Those that every Redis since 5.0 reads: element by element.
    Plain,
    /// Those of Redis 7.0 too: packs as they stand.
    #[default]
    Packed,
}
