//! Elements in order, as Redis's listpack has them.
//!
//! ```text
//! | total bytes u32 | entries u16 | entry | entry | ... | 0xff |
//! 0                 4             6                     total - 1
//! ```
//! The number of entries is 65,535 if there are as many or more; they are counted then. `entry`
//! draws an entry.
//!
//! Costs: both ends at once, any other place by walking from the nearer end, a few nanoseconds an
//! entry. A change moves what is behind it.
//!
//! # How the types use it
//!
//! ```
//! use understudy::store::packed::{Element, Full, Listpack};
//!
//! // HSET: a field is every second element.
//! let mut hash = Listpack::new();
//! hash.insert_all(None, &[Element::of(b"field"), Element::of(b"1")])?;
//! if let Some(field) = hash.find(b"field", 2)
//!     && let Some(value) = hash.after(field)
//! {
//!     assert_eq!(hash.get(value).int(), Some(1));
//!     hash.replace(value, 2)?;
//! }
//! // HGETALL
//! for (field, value) in hash.iter().pairs() {
//!     assert_eq!((field, value), (Element::Str(b"field"), Element::Int(2)));
//! }
//! // HDEL
//! if let Some(field) = hash.find(b"field", 2) {
//!     hash.remove_entries(field, 2);
//! }
//! assert!(hash.is_empty());
//! # Ok::<(), Full>(())
//! ```

mod build;
mod check;
mod choose;
mod edit;
mod entry;
mod head;
mod index;
mod iter;
mod needle;
mod pack;
mod repeats;
#[cfg(test)]
mod tests;

pub use build::Builder;
pub use choose::Sample;
pub use index::Index;
pub use iter::{Entries, Iter, Pairs, Position};
pub use needle::Needle;
pub use pack::Listpack;
