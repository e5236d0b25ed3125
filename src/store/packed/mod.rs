//! Small collections as Redis packs them: one run of bytes, behind one thin pointer.
//!
//! | type | holds | in an RDB |
//! |---|---|---|
//! | [`Listpack`] | any elements in order: of a list, hash, set, sorted set, block of a stream | as it stands: types 16, 17, 18 and 20, streams |
//! | [`Intset`] | numbers, each once, in ascending order: a small set | as it stands: type 11 |
//! | [`Ziplist`] | what listpacks replaced; borrowed, to read | types 10, 12, 13 and the blocks of 14 |
//! | [`Zipmap`] | what ziplists replaced for hashes; borrowed, to read | type 9 |
//!
//! The bytes are exactly those of Redis, so that a value is saved and loaded by copying them. What
//! came from outside is checked byte by byte before it becomes a pack, so nothing that reads one can
//! fail. Each element of a listpack has one form only, what could also be written shorter is
//! written anew: two of equal contents are equal bytes, and elements are sought by comparing bytes.
//!
//! A pack takes one allocation of exactly the allocator's size class for its bytes, none while it
//! is empty, and has no other fields: not a capacity, since that follows from the length, and not a
//! length, since Redis's header has it. The pointer is aligned to [`ALIGN`] bytes, which leaves
//! whoever keeps it four bits for a tag. A clone is a copy.

mod element;
pub mod intset;
mod limits;
pub mod listpack;
mod malformed;
mod thin;
pub mod ziplist;
pub mod zipmap;

pub use element::Element;
pub use intset::Intset;
pub use limits::{Full, MAX_BYTES};
pub use listpack::Listpack;
pub use malformed::Malformed;
pub use thin::ALIGN;
pub use ziplist::Ziplist;
pub use zipmap::Zipmap;
