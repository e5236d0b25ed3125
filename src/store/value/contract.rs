//! What every type of value answers to.

use crate::store::digest::Digest;
use crate::store::event::EventClass;

/// What is the same for all values of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Type {
    /// As `TYPE` names it.
    pub name: &'static str,
    /// The number that Redis has for it, which goes into digests.
    pub number: u32,
    /// The class of the events that tell of its changes.
    pub events: EventClass,
}

/// Strings, which are kept inline when they are short.
pub const STRING: Type = Type { name: "string", number: 0, events: EventClass::String };

/// A value that an entry keeps out of line, behind one pointer.
///
/// A clone shares what it can: it is taken when an entry changes that a snapshot holds too, and by
/// COPY. So it must cost the same whatever the size, and a change must copy no more than the part
/// that it changes.
pub trait Value: Clone + Send + Sync + 'static {
    const TYPE: Type;

    /// As `OBJECT ENCODING` names it.
    fn encoding_name(&self) -> &'static str;

    /// Whether dropping it takes longer than handing it to the garbage thread.
    fn is_slow_to_drop(&self) -> bool;

    /// The bytes allocated behind the pointer, rounded as the allocator does, also those that
    /// others share. Asked before and after each change, so it must be quick.
    fn memory_bytes(&self) -> usize;

    /// Fetches from memory what looking up elements of these names will read, if it is so large
    /// that they are hardly in the processor's caches.
    fn prefetch(&self, _names: &[&[u8]]) {}

    /// Adds the contents to a digest, as `DEBUG DIGEST` of Redis does.
    fn digest(&self, digest: &mut Digest);
}

/// A value made of elements: its key comes to be with the first one and goes with the last.
pub trait Collection: Value + Default {
    fn is_empty(&self) -> bool;
}
