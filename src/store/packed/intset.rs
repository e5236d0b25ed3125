//! Numbers in ascending order, each once, as Redis's intset has them.
//!
//! ```text
//! | width u32: 2, 4 or 8 | count u32 | number | number | ... |   all little-endian, signed
//! 0                      4           8                    8 + width * count
//! ```
//! The width is that of the widest number that ever was in the set: one that needs more makes all
//! of them wider, and none makes them narrower when it goes. Only a set that has become empty
//! begins anew.
//!
//! Costs: a number is sought by halving, the one of an index is at hand; a change moves what is
//! behind it.
//!
//! ```
//! use understudy::store::packed::{Full, Intset};
//!
//! let mut set = Intset::from_values([5, -3])?;
//! assert!(set.insert(70_000)? && !set.insert(5)?);
//! assert!(set.contains(-3) && set.remove(-3));
//! assert_eq!(set.iter().collect::<Vec<_>>(), [5, 70_000]);
//! # Ok::<(), Full>(())
//! ```

mod check;
mod edit;
mod iter;
mod layout;
mod set;
#[cfg(test)]
mod tests;

pub use iter::Iter;
pub use set::Intset;
