//! How an RDB is delimited on the wire.

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Framing {
    /// `$<length>`: for replicas that did not say `capa eof`, or when the RDB is in a file.
    Length,
    /// `$EOF:<mark>`: sent while it is made.
    Mark,
}
