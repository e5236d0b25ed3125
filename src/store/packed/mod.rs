//! Small collections as Redis packs them: one run of bytes, behind one thin pointer.
//!
//! | type | holds | in an RDB |
//! |---|---|---|
//! | [`Listpack`] | any elements in order: of a list, hash, set, sorted set, block of a stream | as it stands: types 16, 17, 18 and 20, streams |
//!
//! The bytes are exactly those of Redis, so that a value is saved and loaded by copying them. Each
//! has one form only: what came from outside is checked byte by byte before it becomes one, and
//! what could also be written shorter is written anew. So two of equal contents are equal bytes,
//! nothing that reads them can fail, and elements are sought by comparing bytes.
//!
//! A pack takes one allocation of exactly the allocator's size class for its bytes, none while it
//! is empty, and has no other fields: not a capacity, since that follows from the length, and not a
//! length, since Redis's header has it. The pointer is aligned to [`ALIGN`] bytes, which leaves
//! whoever keeps it four bits for a tag. A clone is a copy.

mod element;
mod limits;
pub mod listpack;
mod malformed;
mod thin;

pub use element::Element;
pub use limits::{Full, MAX_BYTES};
pub use listpack::Listpack;
pub use malformed::Malformed;
pub use thin::ALIGN;
